"""optax.schedules, in 64 bits."""

from __future__ import annotations

import jax
import numpy as np
from optax import schedules

from tests.oracles.table import Row

LIBRARY = "optax.schedules"


def values(call: str, last: int) -> list[float]:
    """Return the values of the schedule that `call` makes."""
    with jax.enable_x64(True):
        schedule = eval(call, vars(schedules).copy())
        steps = jax.numpy.arange(last + 1)
        found: list[float] = np.asarray(jax.vmap(lambda n: jax.numpy.asarray(schedule(n), "float64"))(steps)).tolist()
        return found


ROWS = [
    Row("constant_schedule(0.1)", "0.1"),
    Row("linear_schedule(0.1, 0.01, 600)", "{type: linear, initial_value: 0.1, final_value: 0.01, end_steps: 600}"),
    Row("linear_schedule(0.01, 0.1, 600)", "{type: linear, initial_value: 0.01, final_value: 0.1, end_steps: 600}"),
    Row(
        "polynomial_schedule(0.1, 0.01, 2, 600)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.01, power: 2, end_steps: 600}",
    ),
    Row(
        "polynomial_schedule(0.1, 0.01, 3, 600, transition_begin=100)",
        "{type: delay, delay_steps: 100, schedule: "
        "{type: polynomial, initial_value: 0.1, final_value: 0.01, power: 3, end_steps: 600}}",
        "`transition_begin` becomes a `delay`",
    ),
    Row(
        "exponential_decay(0.1, 200, 0.5)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 200}",
    ),
    Row(
        "exponential_decay(0.1, 150, 0.5, staircase=True, end_value=0.005)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 150, staircase: true, "
        "final_value: 0.005}",
    ),
    Row(
        "exponential_decay(0.1, 200, 0.5, transition_begin=300)",
        "{type: delay, delay_steps: 300, schedule: "
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 200}}",
        "`transition_begin` becomes a `delay`",
    ),
    Row(
        "exponential_decay(0.001, 1000, 100.0)",
        "{type: exponential, initial_value: 0.001, final_value: 0.1}",
        "our `decay_rate` is at most 1; write the final value instead",
    ),
    Row(
        "cosine_decay_schedule(0.1, 800, alpha=0.05)",
        "{type: cosine, initial_value: 0.1, final_ratio: 0.05, end_steps: 800}",
    ),
    Row(
        "cosine_decay_schedule(0.1, 1000, exponent=2)",
        "{type: product, parts: [{type: cosine, initial_value: 0.1}, {type: cosine, initial_value: 1}]}",
        "there is no config for a fractional `exponent`, and none for an `exponent` with `alpha`",
    ),
    Row(
        "piecewise_constant_schedule(0.1, {300: 0.5, 700: 0.2})",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.01], milestone_steps: [300, 700]}",
        "ours has the values, optax has the factors between them",
    ),
    Row(
        "piecewise_interpolate_schedule('linear', 0.1, {300: 0.5, 800: 0.2})",
        "{type: piecewise_linear, step_points: [[0, 0.1], [300, 0.05], [800, 0.01]]}",
        "ours has the values, optax has the factors between them",
    ),
    Row(
        "piecewise_interpolate_schedule('cosine', 0.1, {300: 0.5, 1000: 0.2})",
        "[{type: cosine, initial_value: 0.1, final_value: 0.05, steps: 300}, "
        "{type: cosine, initial_value: 0.05, final_value: 0.01, steps: 700}]",
    ),
    Row(
        "linear_onecycle_schedule(1000, 0.1)",
        "{type: piecewise_linear, step_points: [[0, 0.004], [300, 0.1], [850, 0.004], [1000, 0.0000004]]}",
        "its phases are 30 %, 55 % and 15 % of the run; `one_cycle` with `phases: 3` has the phases of torch",
    ),
    Row(
        "cosine_onecycle_schedule(1000, 0.1)",
        "{type: one_cycle, initial_value: 0.1}",
    ),
    Row(
        "warmup_constant_schedule(0.01, 0.1, 200)",
        "{type: constant, initial_value: 0.1, warmup_steps: 200, warmup_start_factor: 0.1}",
    ),
    Row(
        "warmup_cosine_decay_schedule(0.01, 0.1, 200, 1000, 0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 200, warmup_start_factor: 0.1}",
        "`decay_steps` of optax and our `end_steps` both include the warmup",
    ),
    Row(
        "warmup_exponential_decay_schedule(0.0, 0.1, 200, 300, 0.5, staircase=True)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 300, staircase: true, "
        "warmup_steps: 200}",
    ),
    Row(
        "sgdr_schedule([dict(init_value=0.0, peak_value=0.1, decay_steps=400, warmup_steps=50, end_value=0.001), "
        "dict(init_value=0.001, peak_value=0.05, decay_steps=600, warmup_steps=60)])",
        "[{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 50, steps: 400}, "
        "{type: cosine, initial_value: 0.05, warmup_steps: 60, warmup_start_factor: 0.02, steps: 600}]",
    ),
    Row(
        "join_schedules([linear_schedule(0.01, 0.1, 200), constant_schedule(0.1), exponential_decay(0.1, 100, 0.5)], "
        "[200, 500])",
        "[{type: linear, initial_value: 0.01, final_value: 0.1, steps: 200}, "
        "{type: constant, initial_value: 0.1, steps: 300}, "
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 100, steps: 500}]",
        "ours has the length of each part, optax has the boundaries between them",
    ),
]
