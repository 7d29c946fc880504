"""What the state of a scheduler says of its run, and in what a resumed run differs from it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.control.controller import Controller
from lr_schedule.errors import ScheduleConfigError


def config_of(schedule: BaseLRSchedule | Controller) -> dict[str, Any] | None:
    """Return the config of a schedule or controller; None where it has none, or no other than a table."""
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
    """Warn where the state of another run is loaded; one that says of none is taken for this one's."""
    found = list(_differences(now, saved))
    if found:
        message = f"the state is that of another run: {'; '.join(found)}. The schedules of now count, from its step on"
        warnings.warn(message, UserWarning, stacklevel=3)


def _differences(now: Mapping[str, Any], saved: Mapping[str, Any]) -> Iterator[str]:
    total = saved.get("total_steps")
    if isinstance(total, (int, float)) and total != now["total_steps"]:
        yield f"total_steps was {total:.10g}, and is {now['total_steps']:.10g} now"
    before = saved.get("schedules")
    if not isinstance(before, Mapping):
        return
    was_relative, is_relative = bool(saved.get("relative")), bool(now.get("relative"))
    if was_relative != is_relative:
        yield f"relative was {was_relative}, and is {is_relative} now"
    for name, old in before.items():
        if name not in now["schedules"]:
            yield f"{name} was scheduled, and is not now"
            continue
        new = now["schedules"][name]
        if len(old) != len(new) or any(a != b for a, b in zip(old, new, strict=True) if None not in (a, b)):
            yield f"the schedule of {name} was {_shown(old)}, and is {_shown(new)} now"
    for name in now["schedules"]:
        if name not in before:
            yield f"no {name} was scheduled, and is now"


def _shown(configs: list[Any]) -> str:
    return str(configs[0] if len(configs) == 1 else configs)
