"""A target with the schedule that it follows, checked over the whole run before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from stable_baselines3.common.utils import ConstantSchedule

from lr_schedule.base import BaseLRSchedule
from lr_schedule.control import Controller
from lr_schedule.control.create import MetricName
from lr_schedule.control.following import controller_in, create_followed
from lr_schedule.control.ranges import Range, Schedule, check_values, checked
from lr_schedule.errors import Problems, ScheduleConfigError, under
from lr_schedule.fields import to_number
from lr_schedule.sb3 import algorithms, lookup, targets
from lr_schedule.sb3.controlled import Feed
from lr_schedule.sb3.places import Place
from lr_schedule.sb3.targets import Target


class Moment(Enum):
    """The moment when a value is set; the value is that of the schedule at the step count of this moment."""

    EVERY_STEP = auto()
    BEFORE_COLLECTING = auto()
    BEFORE_UPDATING = auto()


def moment_for(target: Target, algorithm: str) -> Moment:
    """Return the moment at which a target must be set so that `algorithm` reads it in time."""
    if target.every_step:
        return Moment.EVERY_STEP
    # ARS reads its values before it notifies callbacks of a new rollout, so they are set at the end of the last one.
    collecting = algorithm in target.read_while_collecting and algorithm != "ARS"
    return Moment.BEFORE_COLLECTING if collecting else Moment.BEFORE_UPDATING


@dataclass(frozen=True)
class ScheduledTarget:
    """A target, the schedule that it follows, and the places of its value."""

    name: str
    schedule: Schedule
    target: Target
    allowed: Range
    places: tuple[Place, ...]
    moment: Moment
    feed: Feed | None = None
    """The metric, if the schedule is a controller."""

    def value(self, progress: float) -> float | int:
        """Return the value at a progress as a plain number; raise an error if it is out of the target's range."""
        return checked(self.name, self.target.convert(self.schedule(progress)), self.allowed, progress)

    def write(self, value: float) -> None:
        """Make the algorithm use `value` from now on."""
        for place in self.places:
            place.write(value)

    def check(self, total: float) -> None:
        """Raise ScheduleConfigError if any value in the run is out of range."""
        check_values(self.name, self.schedule, self.target.convert, self.allowed, total)


def read_schedule(name: str, cfg: Any, total_steps: float | None) -> tuple[Schedule, MetricName | None]:
    """Return what a target follows, and the metric if it is a controller.

    A function is returned unchanged. The target entropy is usually negative, but a schedule never is. So it can also
    be a number, or a schedule with ``sign`` or ``range``.
    """
    if _is_function(cfg):
        return cfg, None
    if name == "target_entropy" and not (isinstance(cfg, Mapping) and {"sign", "range"} & cfg.keys()):
        try:
            return ConstantSchedule(to_number(cfg)), None
        except TypeError:
            message = (
                "must be a number or a function of progress, because a schedule is never negative; add the key "
                "sign: -1 to the schedule, or use the target target_entropy_magnitude"
            )
            raise ScheduleConfigError.at((name,), cfg, message) from None
    with under(name):
        return create_followed(cfg, total_steps)


def _is_function(cfg: Any) -> bool:
    return callable(cfg) and not isinstance(cfg, (type, Mapping, BaseLRSchedule, Controller))


def schedule_targets(
    schedules: Mapping[str, Any], model: Any, total: float, *, override_auto: bool
) -> list[ScheduledTarget]:
    """Return each target of `schedules` with its schedule and places, or raise an error with all problems."""
    algorithm = algorithms.name_of(type(model))
    scheduled: list[ScheduledTarget] = []
    problems = Problems()
    for name, cfg in schedules.items():
        with problems.gathered():
            target = lookup.find(name, algorithm, model)
            if override_auto and name == "ent_coef" and algorithm in algorithms.ENTROPY:
                target = targets.TARGET_WITH_LEARNED_ALPHA
            schedule, metric = read_schedule(name, cfg, total)
            controller = controller_in(schedule)
            feed = None if controller is None or metric is None else Feed(name, controller, metric, model)
            places, moment = tuple(target.find_places(model)), moment_for(target, algorithm)
            item = ScheduledTarget(name, schedule, target, target.range_for(model), places, moment, feed)
            item.check(total)
            scheduled.append(item)
    problems.raise_any()
    return scheduled
