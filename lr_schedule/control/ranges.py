"""Ranges of the values that a hyperparameter accepts, and a check that a schedule stays in them over the whole run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from lr_schedule.base import BaseLRSchedule
from lr_schedule.control.controller import Controller
from lr_schedule.control.following import Placed, controller_in
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Fraction, Number, NumberRule, PositiveNumber, Value, bounds_of, describe_number
from lr_schedule.steps import progress_at

Schedule = Callable[[float], Any]

CHECKED = 10_000
"""Number of points of a run at which a schedule is checked; in a shorter run, every step."""
CHECKED_FUNCTION = 1_000
"""The same for a Python function, which is called for one value at a time."""


@dataclass(frozen=True)
class Range:
    """The values that a hyperparameter accepts.

    Args:
        kind: A type of number in `lr_schedule.fields`, as in the annotation of a config key.
    """

    kind: Any

    @cached_property
    def _bounds(self) -> list[tuple[Any, Callable[[Any, Any], bool]]]:
        # Cached, because every value that is set is compared with them.
        return [(limit, holds) for _, limit, holds in bounds_of(self.kind)]

    def __contains__(self, value: float) -> bool:
        # Not all(...) with a generator, which would take twice the time: a run is checked at 10,000 points.
        for limit, holds in self._bounds:
            if not holds(value, limit):
                return False
        return math.isfinite(value)

    def __str__(self) -> str:
        return describe_number(self.kind)

    def up_to(self, largest: float) -> Range:
        """Return the range up to `largest`."""
        return Range(Annotated[self.kind, NumberRule(le=largest)])


ANY = Range(Number)
POSITIVE = Range(PositiveNumber)
NOT_NEGATIVE = Range(Value)
FRACTION = Range(Fraction)
AT_LEAST_1 = Range(Annotated[float, NumberRule(ge=1)])


def nearest_whole(number: float) -> int:
    """Return the whole number nearest to a value of a schedule."""
    # Halves up, not to even as round() does: a schedule passes each whole number for equally long.
    return math.floor(number + 0.5)


GIVES = "the schedule has this value"
MAY_GIVE = "with this minimum and maximum, the controller may have this value"


def checked(name: str, value: float, allowed: Range, progress: float, how: str = GIVES) -> float | int:
    """Return `value`, or raise an error that says what is allowed, and when the schedule is outside of it."""
    if value not in allowed:
        message = f"must be {allowed} over the whole run; {how} at progress_remaining {progress:.6g}"
        raise ScheduleConfigError.at((name,), value, message)
    return value


def check_values(name: str, schedule: Schedule, convert: Callable[[Any], Any], allowed: Range, total: float) -> None:
    """Raise ScheduleConfigError if a schedule leaves the range of a hyperparameter in a run of `total` steps.

    Args:
        name: Name of the hyperparameter.
        schedule: A schedule, a controller or a function of progress.
        convert: Converts a value of the schedule to the value that is set.
        allowed: The range.
        total: Length of the run in steps.
    """
    plain = isinstance(schedule, (BaseLRSchedule, Controller, Placed))
    # A run may have any finite length, and has at least one step.
    count = math.ceil(min(total, CHECKED if plain else CHECKED_FUNCTION))
    points = [progress_at(step, count) for step in range(count + 1)]
    how = GIVES if controller_in(schedule) is None else MAY_GIVE
    try:
        for values in _values(schedule, points):
            for progress, value in zip(points, values, strict=True):
                checked(name, convert(value), allowed, progress, how)
    except ScheduleConfigError:  # also a ValueError, but one that already has path and reason
        raise
    except Exception as error:  # any error of a user's function
        message = f"must return a number for every progress from 1 to 0; it raised {type(error).__name__}: {error}"
        raise ScheduleConfigError.at((name,), schedule, message) from error


def _values(schedule: Schedule, points: list[float]) -> Iterator[Iterable[Any]]:
    """Yield the values at points of progress; for a controller, the smallest and then the largest possible values."""
    if isinstance(schedule, Placed):
        yield from (map(schedule.place, values) for values in _values(schedule.schedule, points))
    elif isinstance(schedule, BaseLRSchedule):
        yield schedule(np.asarray(points)).tolist()
    elif isinstance(schedule, Controller):
        yield from (values.tolist() for values in schedule.extremes(np.asarray(points)))
    else:
        yield map(schedule, points)
