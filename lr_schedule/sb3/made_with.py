"""The schedules that a model was made with."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from stable_baselines3.common.utils import ConstantSchedule, FloatSchedule

from lr_schedule.control.ranges import NOT_NEGATIVE
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.sb3 import algorithms, targets
from lr_schedule.sb3.scheduled import ScheduledTarget, moment_for


def schedule_own_targets(model: Any, total: float, taken: Iterable[str]) -> Iterator[ScheduledTarget]:
    """Yield the targets, except those `taken`, for which the model was made with a schedule that is not constant."""
    algorithm = algorithms.name_of(type(model))
    for target in targets.TARGETS.values():
        if target.own and algorithm in target.algorithms and target.name not in taken:
            try:
                places = tuple(target.find_places(model))
            except ScheduleConfigError:  # a value that the model itself chooses has no schedule
                continue
            # The first place of such a target is the attribute with the schedule, which SB3 wraps.
            own = getattr(model, places[0].name)  # type: ignore[attr-defined]
            inner = own.value_schedule if isinstance(own, FloatSchedule) else own
            if inner is not None and not isinstance(inner, ConstantSchedule):
                moment = moment_for(target, algorithm)
                item = ScheduledTarget(target.name, inner, target, NOT_NEGATIVE, places, moment)
                item.check(total)
                yield item


def warn_of_unread_learning_rate(model: Any) -> None:
    """Warn if the learning rate of the model has no effect, because it was set after the model was made."""
    if algorithms.name_of(type(model)) in algorithms.SBX_FIXED_RATE:
        return
    given, followed = _unwrapped(model.learning_rate), _unwrapped(model.lr_schedule)
    if given != followed:
        warnings.warn(
            f"model.learning_rate is {given!r}, but training uses model.lr_schedule, which is {followed!r}: SB3 "
            "reads learning_rate only when a model is made or loaded. Load the model with load(path, "
            "learning_rate=...), or give ScheduleCallback the target learning_rate",
            stacklevel=2,
        )


def _unwrapped(schedule: Any) -> Any:
    """Return the number or function inside the wrappers of SB3."""
    inner = schedule.value_schedule if isinstance(schedule, FloatSchedule) else schedule
    return inner.val if isinstance(inner, ConstantSchedule) else inner
