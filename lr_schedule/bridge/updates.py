"""The values of a schedule that the updates of a run use, and warnings about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.steps import progress_at

FEW = 10
"""A warning appears if the updates use fewer different values than this, and the schedule has more."""


def update_ends(per_update: int, total: int) -> range:
    """Return the timesteps at which the updates of a run happen.

    The last one may be after the end of the run, because a rollout that has started is finished.

    Args:
        per_update: Timesteps from one update to the next (>= 1).
        total: Length of the run in timesteps (>= 1).

    Example:
        >>> list(update_ends(2048, total=5000))
        [2048, 4096, 6144]
    """
    return range(per_update, total + per_update, per_update)


def warnings_of(
    name: str,
    schedule: Callable[[float], Any],
    values: Sequence[Any],
    ends: Sequence[int],
    total: int,
    *,
    is_rate: bool,
    convert: Callable[[Any], Any] = float,
) -> Iterator[str]:
    """Yield a warning, in one sentence, for each mistake that raises no error.

    Args:
        name: Name of the scheduled hyperparameter.
        schedule: Its schedule.
        values: The values that the updates use, in order.
        ends: The timesteps at which the updates happen.
        total: Length of the run in timesteps (>= 1).
        is_rate: Whether it is a learning rate, so that an update with a value of 0 learns nothing.
        convert: Converts a value of the schedule to the value in use.

    Example:
        >>> from lr_schedule.base import BaseLRSchedule
        >>> list(warnings_of("clip_range", BaseLRSchedule(0.2), [0.2, 0.2], [2048, 4096], 4000, is_rate=False))
        []
    """
    if not len(ends):
        return
    warmup = schedule.warmup_fraction if isinstance(schedule, BaseLRSchedule) else 0.0
    if warmup > 0.0 and ends[0] >= warmup * total:
        text = f"{name}: the warmup ends at timestep {warmup * total:.10g}, before the first update at {ends[0]}"
        yield f"{text}, so no update uses it; make it longer, or rollouts or learning_starts shorter"
    # A schedule with few values (a staircase, whole numbers) does not lose any of them because of long rollouts.
    finest = {convert(schedule(progress_at(step, 1000))) for step in range(1001)}
    distinct = len(set(values))
    if distinct < FEW <= len(finest):
        used = (
            f"only {distinct} different values in {len(ends)} updates" if len(ends) > 1 else "only 1 value in 1 update"
        )
        yield f"{name}: {used}; shorter rollouts would use more values"
    if is_rate and values[-1] == 0.0 and finest != {0.0}:
        yield f"{name}: the value is 0 in the last update, which therefore learns nothing; set a final_value above 0"
