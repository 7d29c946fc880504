"""stable_baselines3.common.utils, asked for the remaining progress."""

from __future__ import annotations

from stable_baselines3.common import utils

from tests.oracles.table import TOTAL_STEPS, Row

LIBRARY = "stable_baselines3.common.utils"


def values(call: str, last: int) -> list[float]:
    """Return the values of the schedule that `call` makes."""
    schedule = eval(call, vars(utils).copy())
    return [schedule(1.0 - step / TOTAL_STEPS) for step in range(last + 1)]


ROWS = [
    Row("ConstantSchedule(0.1)", "0.1"),
    Row(
        "LinearSchedule(0.1, 0.001, end_fraction=1.0)",
        "{type: linear, initial_value: 0.1, final_value: 0.001}",
        "before the start (progress above 1), SB3 extrapolates; ours stays constant",
    ),
    Row(
        "LinearSchedule(1.0, 0.05, end_fraction=0.1)",
        "{type: linear, initial_value: 1.0, final_value: 0.05, end_fraction: 0.1}",
        "as above; this is the epsilon of DQN with `exploration_fraction: 0.1`",
    ),
    Row(
        "FloatSchedule(lambda progress_remaining: progress_remaining * 0.1)",
        "{type: linear, initial_value: 0.1}",
        "this function is in the docs of SB3, and `lin_0.1` in the Zoo makes it; after the end, it is negative, and "
        "ours stays constant",
    ),
]
