"""A target with the schedule that it follows, checked over the whole run before anything is changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np
from stable_baselines3.common.utils import ConstantSchedule, FloatSchedule

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.twins import allowed_keys
from lr_schedule.control import Controller
from lr_schedule.control.create import MetricName
from lr_schedule.control.following import Placed, controller_in, create_followed
from lr_schedule.errors import Problem, Problems, ScheduleConfigError, under
from lr_schedule.fields import to_number
from lr_schedule.sb3 import algorithms, targets
from lr_schedule.sb3.controlled import Feed
from lr_schedule.sb3.places import Place
from lr_schedule.sb3.ranges import NOT_NEGATIVE, Range
from lr_schedule.sb3.targets import Target
from lr_schedule.steps import NO_TOTAL_STEPS, progress_at

Schedule = Callable[[float], Any]

CHECKED = 10_000
"""Points of a run at which a schedule is checked; every environment step where the run is shorter."""
CHECKED_FUNCTION = 1_000
"""The same for a Python function, which is asked for one value at a time."""


class Moment(Enum):
    """When a value is set; it is the schedule's value at the model's step count of that moment."""

    EVERY_STEP = auto()
    BEFORE_COLLECTING = auto()
    BEFORE_UPDATING = auto()


def moment_for(target: Target, algorithm: str) -> Moment:
    """Return the moment at which a target has to be set for `algorithm` to read it in time."""
    if target.every_step:
        return Moment.EVERY_STEP
    # ARS reads its values before it tells callbacks that a rollout begins: they are set when the one before ends.
    collecting = algorithm in target.read_while_collecting and algorithm != "ARS"
    return Moment.BEFORE_COLLECTING if collecting else Moment.BEFORE_UPDATING


@dataclass(frozen=True)
class ScheduledTarget:
    """A target, the schedule that it follows, and the places that its value goes to."""

    name: str
    schedule: Schedule
    target: Target
    allowed: Range
    places: tuple[Place, ...]
    moment: Moment
    feed: Feed | None = None
    """What feeds the schedule where it is a controller."""

    def value(self, progress: float) -> float | int:
        """Return the value at a progress as a plain number in the target's range, or raise."""
        return checked(self.name, self.target.convert(self.schedule(progress)), self.allowed, progress)

    def write(self, value: float) -> None:
        """Make `value` the one that the algorithm uses from now on."""
        for place in self.places:
            place.write(value)

    def check(self, total: float) -> None:
        """Raise ScheduleConfigError where a value of the run, over its whole length, is out of range."""
        check_values(self.name, self.schedule, self.target, self.allowed, total)


GIVES = "the schedule gives this"
MAY_GIVE = "with this minimum and maximum the controller may give this"


def checked(name: str, value: float, allowed: Range, progress: float, how: str = GIVES) -> float | int:
    """Return `value`, or raise the error that says what is allowed and when the schedule leaves it."""
    if value not in allowed:
        message = f"must be {allowed} over the whole run; {how} at progress_remaining {progress:.6g}"
        raise ScheduleConfigError.at((name,), value, message)
    return value


def check_values(name: str, schedule: Schedule, target: Target, allowed: Range, total: float) -> None:
    """Raise ScheduleConfigError where a schedule, over a run of `total` steps, leaves the range of its target."""
    plain = isinstance(schedule, (BaseLRSchedule, Controller, Placed))
    # A run may have any length that is a number, and has at least one step.
    count = math.ceil(min(total, CHECKED if plain else CHECKED_FUNCTION))
    points = [progress_at(step, count) for step in range(count + 1)]
    how = GIVES if controller_in(schedule) is None else MAY_GIVE
    try:
        for values in _values(schedule, points):
            for progress, value in zip(points, values, strict=True):
                checked(name, target.convert(value), allowed, progress, how)
    except ScheduleConfigError:  # a ValueError too, but one that says where and why already
        raise
    except Exception as error:  # whatever a function of the user raises
        message = f"must return a number for every progress from 1 to 0; it fails with {type(error).__name__}: {error}"
        raise ScheduleConfigError.at((name,), schedule, message) from error


def _values(schedule: Schedule, points: list[float]) -> Iterator[Iterable[Any]]:
    """Yield the values at points of progress; for a controller the smallest, and then the largest that are possible."""
    if isinstance(schedule, Placed):
        yield from (map(schedule.place, values) for values in _values(schedule.schedule, points))
    elif isinstance(schedule, BaseLRSchedule):
        yield schedule(np.asarray(points)).tolist()
    elif isinstance(schedule, Controller):
        yield from (values.tolist() for values in schedule.extremes(np.asarray(points)))
    else:
        yield map(schedule, points)


def read_schedule(name: str, cfg: Any, total_steps: float | None) -> tuple[Schedule, MetricName | None]:
    """Return what a target follows, and the metric that feeds it where it is a controller.

    A function is taken as it is. The target entropy is negative in practice, as no schedule is: it takes a number too,
    and a schedule with ``sign`` or ``range``.
    """
    if _is_function(cfg):
        return cfg, None
    if name == "target_entropy" and not (isinstance(cfg, Mapping) and {"sign", "range"} & cfg.keys()):
        try:
            return ConstantSchedule(to_number(cfg)), None
        except TypeError:
            message = (
                "must be a number or a function of progress; a schedule is never negative: give it the key sign: -1, "
                "or name the target target_entropy_magnitude"
            )
            raise ScheduleConfigError.at((name,), cfg, message) from None
    with under(name):
        return create_followed(cfg, total_steps)


def _is_function(cfg: Any) -> bool:
    return callable(cfg) and not isinstance(cfg, (type, Mapping, BaseLRSchedule, Controller))


def schedule_targets(
    schedules: Mapping[str, Any], model: Any, total: float, *, override_auto: bool
) -> list[ScheduledTarget]:
    """Return each target of `schedules` with its schedule and places, or raise for all that is wrong with them."""
    algorithm = algorithms.name_of(type(model))
    scheduled: list[ScheduledTarget] = []
    problems = Problems()
    for name, cfg in schedules.items():
        with problems.gathered():
            target = targets.find(name, algorithm, model)
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


def schedule_own_targets(model: Any, total: float, taken: Iterable[str]) -> Iterator[ScheduledTarget]:
    """Yield the targets, except those `taken`, for which the model was made with a schedule that is not constant."""
    algorithm = algorithms.name_of(type(model))
    for target in targets.TARGETS.values():
        if target.own and algorithm in target.algorithms and target.name not in taken:
            try:
                places = tuple(target.find_places(model))
            except ScheduleConfigError:  # what the model chooses itself has no schedule to follow
                continue
            # The first place of such a target is the attribute that holds the schedule; SB3 wraps it.
            own = getattr(model, places[0].name)  # type: ignore[attr-defined]
            inner = own.value_schedule if isinstance(own, FloatSchedule) else own
            if inner is not None and not isinstance(inner, ConstantSchedule):
                moment = moment_for(target, algorithm)
                item = ScheduledTarget(target.name, inner, target, NOT_NEGATIVE, places, moment)
                item.check(total)
                yield item


def check_configs(schedules: Mapping[str, Any]) -> None:
    """Raise ScheduleConfigError where a config is wrong for any model and any length of the run.

    What needs a length waits for one; a function is not called. A name that is wrong is told beside a config that is,
    and else waits for the model, of which can be said what it has.
    """
    problems, a_config_is_wrong = Problems(), False
    for name, cfg in schedules.items():
        with problems.gathered():
            targets.require_known(name)
        try:
            _check_config(name, cfg)
        except ScheduleConfigError as error:
            if not any(map(_needs_length, error.problems)):
                problems.found += error.problems
                a_config_is_wrong = True
    if a_config_is_wrong:
        problems.raise_any()


def _check_config(name: Any, cfg: Any) -> None:
    schedule, _ = read_schedule(name, cfg, None)
    if isinstance(schedule, (BaseLRSchedule, Controller, Placed)) and name in targets.TARGETS:
        target = targets.TARGETS[name]
        check_values(name, schedule, target, target.allowed, CHECKED)


def _needs_length(problem: Problem) -> bool:
    return problem.message == NO_TOTAL_STEPS or problem.path[-1:] == ("total_steps",)


def as_schedules(cfg_or_schedules: Any) -> dict[str, Any]:
    """Return a mapping from targets to schedules; a config or a schedule alone is that of the learning rate."""
    if not isinstance(cfg_or_schedules, Mapping):
        return {"learning_rate": cfg_or_schedules}
    constant_keys = {*allowed_keys(BaseLRSchedule), "total_steps"}
    is_constant = bool(cfg_or_schedules) and constant_keys.issuperset(cfg_or_schedules)
    if is_constant or any(key in cfg_or_schedules for key in ("type", "controller")):
        return {"learning_rate": cfg_or_schedules}
    return dict(cfg_or_schedules)
