"""RLlib's schedules, by their documented formulas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.oracles.table import Formula, Row, values_of

LIBRARY = "ray.rllib.utils.schedules"


def Scheduler(fixed_value_or_schedule: Sequence[tuple[int, float]]) -> Formula:  # noqa: N802
    """Lines between [timestep, value] pairs, then the last value: what a list makes in an algorithm's config."""

    def value(step: int) -> float:
        for (start, first), (end, last) in pairwise(fixed_value_or_schedule):
            if start <= step < end:
                return first + (step - start) / (end - start) * (last - first)
        return fixed_value_or_schedule[-1][1]

    return value


def PolynomialSchedule(  # noqa: N802
    schedule_timesteps: int, final_p: float, initial_p: float = 1.0, power: float = 2.0
) -> Formula:
    """A power of the share of the timesteps that is left."""
    n = schedule_timesteps
    return lambda step: final_p + (initial_p - final_p) * (1.0 - min(step, n) / n) ** power


def ExponentialSchedule(schedule_timesteps: int, initial_p: float = 1.0, decay_rate: float = 0.1) -> Formula:  # noqa: N802
    """The decay rate has been applied once after so many timesteps."""
    return lambda step: initial_p * decay_rate ** (step / schedule_timesteps)


values = values_of(Scheduler, PolynomialSchedule, ExponentialSchedule)

ROWS = [
    Row(
        "Scheduler([[0, 0.1], [300, 0.05], [800, 0.01]])",
        "{type: piecewise_linear, step_points: [[0, 0.1], [300, 0.05], [800, 0.01]]}",
        "`lr: [[0, 0.1], ...]` in the config of an algorithm makes this scheduler; RLlib counts environment steps, so "
        "`total_steps` is the number of environment steps",
    ),
    Row(
        "PolynomialSchedule(600, 0.01, initial_p=0.1, power=2.0)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.01, power: 2, end_steps: 600}",
    ),
    Row(
        "ExponentialSchedule(600, initial_p=0.1, decay_rate=0.05)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.05, decay_steps: 600}",
        "after the end of the run, RLlib continues; ours stays constant",
    ),
]
