"""What the updates of a run use of a schedule, and what goes wrong there without an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.steps import progress_at

FEW = 10
"""Distinct values below which a schedule that moves more finely is worth a warning."""


def update_ends(per_update: int, total: int) -> range:
    """Return the timesteps at which the updates of a run happen.

    The last may lie past its end: a rollout that has begun is finished.

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
    """Yield what goes wrong without an error, one sentence each.

    Args:
        name: What is scheduled.
        schedule: Its schedule.
        values: The values that the updates use, in their order.
        ends: The timesteps at which the updates happen.
        total: Length of the run in timesteps (>= 1).
        is_rate: Whether it is a learning rate, with which nothing is learned where it is 0.
        convert: Makes what is used of a value of the schedule (a float).

    Example:
        >>> from lr_schedule.base import BaseLRSchedule
        >>> list(warnings_of("clip_range", BaseLRSchedule(0.2), [0.2, 0.2], [2048, 4096], 4000, is_rate=False))
        []
    """
    if not len(ends):
        return
    warmup = schedule.warmup_fraction if isinstance(schedule, BaseLRSchedule) else 0.0
    if warmup > 0.0 and ends[0] >= warmup * total:
        text = f"{name}: the warmup is over at timestep {warmup * total:.10g}, before the first update at {ends[0]}"
        yield f"{text}, so that no update uses it; make it longer, or rollouts or learning_starts shorter"
    # A schedule with few values of its own (a staircase, whole numbers) loses none of them to long rollouts.
    finest = {convert(schedule(progress_at(step, 1000))) for step in range(1001)}
    distinct = len(set(values))
    if distinct < FEW <= len(finest):
        yield f"{name}: only {distinct} different values in {len(ends)} updates; shorter rollouts follow it more finely"
    if is_rate and values[-1] == 0.0 and distinct > 1:
        yield f"{name}: it is 0 in the last update, which therefore learns nothing; give it a final_value above 0"
