"""keras.optimizers.schedules, in 64 bits."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras.optimizers import schedules

from tests.oracles.table import Row

__all__ = ["LIBRARY", "ROWS", "schedules", "values"]

LIBRARY = "keras.optimizers.schedules"


def values(call: str, last: int) -> list[float]:
    """Return the values of the schedule that `call` makes."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        schedule = eval(call, vars(schedules).copy())
        return [float(schedule(step)) for step in range(last + 1)]
    finally:
        keras.config.set_floatx(before)


ROWS = [
    Row(
        "ExponentialDecay(0.1, decay_steps=200, decay_rate=0.5)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 200}",
        "after the end of the run, Keras continues; ours stays constant",
    ),
    Row(
        "ExponentialDecay(0.1, decay_steps=200, decay_rate=0.5, staircase=True)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 200, staircase: true}",
        "as above",
    ),
    Row(
        "PiecewiseConstantDecay([300, 700], [0.1, 0.05, 0.01])",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.01], milestone_steps: [301, 701]}",
        "at a boundary, Keras still has the old value and ours has the new one: add 1 to each boundary",
    ),
    Row(
        "PolynomialDecay(0.1, decay_steps=300, end_learning_rate=0.01, power=2.0)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.01, power: 2, end_steps: 300}",
    ),
    Row(
        "PolynomialDecay(0.1, decay_steps=300, end_learning_rate=0.01, power=2.0, cycle=True)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.01, power: 2, decay_steps: 300, cycle: true}",
        "after the end of the run, Keras continues; ours stays constant",
    ),
    Row(
        "InverseTimeDecay(0.1, decay_steps=100, decay_rate=0.5)",
        "{type: inverse_time, initial_value: 0.1, decay_rate: 0.5, decay_steps: 100}",
        "as above",
    ),
    Row(
        "InverseTimeDecay(0.1, decay_steps=100, decay_rate=0.5, staircase=True)",
        "{type: inverse_time, initial_value: 0.1, decay_rate: 0.5, decay_steps: 100, staircase: true}",
        "as above",
    ),
    Row(
        "CosineDecay(0.1, decay_steps=800, alpha=0.05)",
        "{type: cosine, initial_value: 0.1, final_ratio: 0.05, end_steps: 800}",
    ),
    Row(
        "CosineDecay(0.01, decay_steps=700, alpha=0.05, warmup_target=0.1, warmup_steps=200)",
        "{type: cosine, initial_value: 0.1, final_ratio: 0.05, warmup_steps: 200, warmup_start_factor: 0.1, "
        "end_steps: 900}",
        "our `end_steps` includes the warmup, and `decay_steps` of Keras does not; our `initial_value` is "
        "`warmup_target`",
    ),
    Row(
        "CosineDecayRestarts(0.1, first_decay_steps=150, t_mul=2.0, m_mul=0.5)",
        "{type: cosine_restarts, initial_value: 0.1, first_cycle_steps: 150, cycle_multiplier: 2, "
        "peak_multiplier: 0.5}",
        "after the end of the run, Keras continues; ours stays constant",
    ),
    Row(
        "CosineDecayRestarts(0.1, first_decay_steps=250, t_mul=1.0, alpha=0.01)",
        "{type: cosine_restarts, initial_value: 0.1, final_ratio: 0.01, first_cycle_steps: 250}",
        "at the last step, Keras has started another cycle; ours ends the last one",
        last=999,
    ),
    Row(
        "CosineDecayRestarts(0.1, first_decay_steps=250, t_mul=3.0, m_mul=0.5, alpha=0.1)",
        "[{type: cosine, initial_value: 0.1, final_value: 0.01, steps: 250}, "
        "{type: cosine, initial_value: 0.055, final_value: 0.01, steps: 750}]",
        "with both `alpha` and `m_mul`, Keras shrinks only the part of the peak above `alpha`: write a list of cycles",
        last=999,
    ),
]
