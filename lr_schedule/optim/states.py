"""The run that a saved state belongs to, and the differences of a resumed run from it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.control.controller import Controller
from lr_schedule.errors import ScheduleConfigError


def config_of(schedule: BaseLRSchedule | Controller) -> dict[str, Any] | None:
    """Return the config of a schedule or controller; None if it has none, or only a table."""
    if schedule.type == "table":
        return None
    parts = [schedule.schedule] if isinstance(schedule, Controller) else schedule.schedules
    if not isinstance(schedule.written_fields(), dict) or any(config_of(_as_schedule(part)) is None for part in parts):
        return None
    try:
        return schedule.to_config()
    except ScheduleConfigError:
        return None


def _as_schedule(part: Any) -> BaseLRSchedule:
    return part if isinstance(part, BaseLRSchedule) else BaseLRSchedule.create(part)


def warn_of_differences(now: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """Warn if the state of another run is loaded; a state without such information counts as one of this run."""
    found = list(_differences(now, saved))
    if found:
        message = f"the state is from another run: {'; '.join(found)}. The current schedules apply from its step on"
        warnings.warn(message, UserWarning, stacklevel=3)


def _differences(now: Mapping[str, Any], saved: Mapping[str, Any]) -> Iterator[str]:
    total = saved.get("total_steps")
    if isinstance(total, (int, float)) and total != now["total_steps"]:
        yield f"total_steps was {total:.10g}, now it is {now['total_steps']:.10g}"
    before = saved.get("schedules")
    if not isinstance(before, Mapping):
        return
    was_relative, is_relative = bool(saved.get("relative")), bool(now.get("relative"))
    if was_relative != is_relative:
        yield f"relative was {was_relative}, now it is {is_relative}"
    for name, old in before.items():
        if name not in now["schedules"]:
            yield f"{name} was scheduled, now it is not"
            continue
        new = now["schedules"][name]
        if len(old) != len(new) or any(a != b for a, b in zip(old, new, strict=True) if None not in (a, b)):
            yield f"the schedule of {name} was {_shown(old)}, now it is {_shown(new)}"
    for name in now["schedules"]:
        if name not in before:
            yield f"{name} was not scheduled, now it is"


def _shown(configs: list[Any]) -> str:
    return str(configs[0] if len(configs) == 1 else configs)
