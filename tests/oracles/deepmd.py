"""deepmd.pt.utils.learning_rate, by its documented formulas."""

from __future__ import annotations

import math

from tests.oracles.table import Formula, Row, values_of

LIBRARY = "deepmd.pt.utils.learning_rate"


def _warmed_up(start: float, warmup: int, factor: float, decay: Formula) -> Formula:
    def value(step: int) -> float:
        if step < warmup:
            return start * factor + start * (1.0 - factor) * step / warmup
        return decay(step - warmup)

    return value


def _stop(start: float, stop_lr: float | None, stop_lr_ratio: float | None) -> float:
    return start * (stop_lr_ratio or 0.0) if stop_lr is None else stop_lr


def _warmup(num_steps: int, warmup_steps: int, warmup_ratio: float | None) -> int:
    return warmup_steps if warmup_ratio is None else int(warmup_ratio * num_steps)


def LearningRateExp(  # noqa: N802, PLR0913
    start_lr: float,
    num_steps: int,
    *,
    stop_lr: float | None = None,
    stop_lr_ratio: float | None = None,
    decay_steps: int = 5000,
    decay_rate: float | None = None,
    warmup_steps: int = 0,
    warmup_ratio: float | None = None,
    warmup_start_factor: float = 0.0,
    smooth: bool = False,
) -> Formula:
    """A factor per decay_steps, all at once or smoothly, not below the stop."""
    stop, warmup = _stop(start_lr, stop_lr, stop_lr_ratio), _warmup(num_steps, warmup_steps, warmup_ratio)
    rate = decay_rate or math.exp(math.log(stop / start_lr) * decay_steps / (num_steps - warmup))

    def decay(step: int) -> float:
        return max(start_lr * rate ** (step / decay_steps if smooth else step // decay_steps), stop)

    return _warmed_up(start_lr, warmup, warmup_start_factor, decay)


def LearningRateCosine(  # noqa: N802
    start_lr: float,
    num_steps: int,
    *,
    stop_lr: float | None = None,
    stop_lr_ratio: float | None = None,
    warmup_steps: int = 0,
    warmup_ratio: float | None = None,
    warmup_start_factor: float = 0.0,
) -> Formula:
    """Half a cosine wave after the warmup."""
    stop, warmup = _stop(start_lr, stop_lr, stop_lr_ratio), _warmup(num_steps, warmup_steps, warmup_ratio)

    def decay(step: int) -> float:
        return stop + (start_lr - stop) / 2.0 * (1.0 + math.cos(math.pi * step / (num_steps - warmup)))

    return _warmed_up(start_lr, warmup, warmup_start_factor, decay)


def LearningRateWSD(  # noqa: N802, PLR0913
    start_lr: float,
    num_steps: int,
    *,
    stop_lr: float | None = None,
    stop_lr_ratio: float | None = None,
    warmup_steps: int = 0,
    warmup_ratio: float | None = None,
    warmup_start_factor: float = 0.0,
    decay_phase_ratio: float = 0.1,
    decay_type: str = "inverse_linear",
) -> Formula:
    """A plateau, and a decay in the last fraction of all steps."""
    stop, warmup = _stop(start_lr, stop_lr, stop_lr_ratio), _warmup(num_steps, warmup_steps, warmup_ratio)
    length = int(decay_phase_ratio * num_steps)

    def decay(step: int) -> float:
        over = min(max((step - (num_steps - warmup - length)) / length, 0.0), 1.0)
        if decay_type == "inverse_linear":
            return 1.0 / (over / stop + (1.0 - over) / start_lr)
        if decay_type == "cosine":
            return stop + (start_lr - stop) / 2.0 * (1.0 + math.cos(math.pi * over))
        return start_lr + (stop - start_lr) * over

    return _warmed_up(start_lr, warmup, warmup_start_factor, decay)


values = values_of(LearningRateExp, LearningRateCosine, LearningRateWSD)

ROWS = [
    Row(
        "LearningRateExp(0.1, 1000, stop_lr=0.001, decay_steps=50)",
        "{type: exponential, initial_value: 0.1, final_value: 0.001, decay_steps: 50, staircase: true}",
        "if `decay_steps` is longer than the run, DeePMD shortens it; ours does not, and the value never changes",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr_ratio=0.01, decay_steps=50, smooth=True)",
        "{type: exponential, initial_value: 0.1, final_ratio: 0.01}",
        "a smooth decay to a given end does not depend on `decay_steps`",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr=0.001, decay_steps=120)",
        "{type: exponential, initial_value: 0.1, final_value: 0.001, decay_steps: 120, staircase: true}",
        "if the run does not end at a step of the staircase, both end slightly above `stop_lr`",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr=0.005, decay_steps=100, decay_rate=0.5)",
        "{type: exponential, initial_value: 0.1, final_value: 0.005, decay_rate: 0.5, decay_steps: 100, "
        "staircase: true}",
        "with a `decay_rate`, `stop_lr` is a lower bound",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr_ratio=0.05, decay_steps=100, decay_rate=0.5, smooth=True)",
        "{type: exponential, initial_value: 0.1, final_ratio: 0.05, decay_rate: 0.5, decay_steps: 100}",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr=0.001, decay_steps=50, warmup_steps=100)",
        "{type: exponential, initial_value: 0.1, final_value: 0.001, decay_steps: 50, staircase: true, "
        "warmup_steps: 100}",
    ),
    Row(
        "LearningRateExp(0.1, 1000, stop_lr=0.001, smooth=True, warmup_ratio=0.1, warmup_start_factor=0.2)",
        "{type: exponential, initial_value: 0.1, final_value: 0.001, warmup_fraction: 0.1, warmup_start_factor: 0.2}",
        "DeePMD rounds `warmup_ratio` down to whole steps",
    ),
    Row(
        "LearningRateCosine(0.1, 1000, stop_lr=0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001}",
    ),
    Row(
        "LearningRateCosine(0.1, 1000, stop_lr_ratio=0.01, warmup_ratio=0.1)",
        "{type: cosine, initial_value: 0.1, final_ratio: 0.01, warmup_fraction: 0.1}",
        "DeePMD rounds `warmup_ratio` down to whole steps",
    ),
    Row(
        "LearningRateCosine(0.1, 1000, stop_lr=0.001, warmup_steps=100, warmup_start_factor=0.2)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 100, warmup_start_factor: 0.2}",
    ),
    Row(
        "LearningRateWSD(0.1, 1000, stop_lr=0.001)",
        "{type: warmup_stable_decay, initial_value: 0.1, final_value: 0.001, warmup_steps: 0, decay_fraction: 0.1, "
        "decay_shape: inverse_linear}",
        "`decay_phase_ratio` and `decay_fraction` are both fractions of all steps, including the warmup",
    ),
    Row(
        "LearningRateWSD(0.1, 1000, stop_lr_ratio=0.01, decay_phase_ratio=0.2, decay_type='cosine', warmup_steps=100)",
        "{type: warmup_stable_decay, initial_value: 0.1, final_ratio: 0.01, warmup_steps: 100, decay_fraction: 0.2, "
        "decay_shape: cosine}",
    ),
]
