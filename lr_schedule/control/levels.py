"""Levels: targets, goals and bounds; each is one number for the whole run, or a schedule."""

from __future__ import annotations

import math
from typing import Annotated, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Reads, to_number


def _read_level(cfg: Any, total_steps: float | None) -> float | BaseLRSchedule | None:
    if cfg is None:
        return None
    try:
        number = to_number(cfg)
    except TypeError:
        return BaseLRSchedule.create(cfg, total_steps)
    if not math.isfinite(number):
        raise ScheduleConfigError.at((), cfg, "must be a finite number or a schedule")
    return number


Level = Annotated[Any, Reads(_read_level, "level")]
"""A number or a schedule."""


def at(level: Any, progress_remaining: Any) -> Any:
    """Return the level at a progress, or None if there is none."""
    return level(progress_remaining) if isinstance(level, BaseLRSchedule) else level
