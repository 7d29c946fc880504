"""What a hyperparameter follows: a schedule or a controller, optionally mapped to a range of any sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.control.controller import Controller
from lr_schedule.control.create import MetricName, create_fed_controller, is_controlled
from lr_schedule.errors import ScheduleConfigError, under
from lr_schedule.fields import Number, read_number

LOOKED_AT = 1001
"""Number of points of the run at which a schedule with a range is checked."""


@dataclass(frozen=True)
class Placed:
    """A schedule from 0 to 1, mapped to two values: 0 becomes `first`, and 1 becomes `last`.

    Args:
        schedule: A schedule or a controller.
        first: The value if the schedule is 0 (any number).
        last: The value if the schedule is 1 (any number).
    """

    schedule: BaseLRSchedule | Controller
    first: float
    last: float

    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at a progress."""
        return self.place(self.schedule(progress_remaining))

    def place(self, fraction: Any) -> Any:
        """Return the value for a fraction of the way from `first` to `last`; both ends are exact."""
        return self.first * (1.0 - fraction) + self.last * fraction


Followed = BaseLRSchedule | Controller | Placed


def create_followed(cfg: Any, total_steps: float | None = None) -> tuple[Followed, MetricName | None]:
    """Return what a hyperparameter follows, and the metric if it is a controller.

    Args:
        cfg: A config for `BaseLRSchedule.create` or `create_controller`. A controller can have the key ``metric``. Both
            can have ``sign: -1``, for minus the value, or ``range: [first, last]``, which maps a schedule from 0 to 1
            to these two values.
        total_steps: Length of the run in steps, for keys that end in ``_steps`` (None if there are none).
    """
    given = dict(cfg) if isinstance(cfg, Mapping) else cfg
    ends = _take_ends(given) if isinstance(given, dict) else None
    metric: MetricName | None = None
    made: BaseLRSchedule | Controller
    if is_controlled(given):
        made, metric = create_fed_controller(given, total_steps)
    else:
        made = BaseLRSchedule.create(given, total_steps)
    return (made if ends is None else _placed(made, *ends)), metric


def controller_in(followed: Any) -> Controller | None:
    """Return the controller that a hyperparameter follows, or None if it follows a schedule."""
    inner = followed.schedule if isinstance(followed, Placed) else followed
    return inner if isinstance(inner, Controller) else None


def _take_ends(given: dict[str, Any]) -> tuple[float, float] | None:
    """Remove ``sign`` and ``range`` from a config, and return the values to which they map 0 and 1."""
    if "sign" in given and "range" in given:
        raise ScheduleConfigError.at("sign", given["sign"], "given together with range; give one of them")
    if "sign" in given:
        sign = given.pop("sign")
        if isinstance(sign, bool) or sign not in (1, -1):
            raise ScheduleConfigError.at("sign", sign, "must be 1 or -1")
        return None if sign == 1 else (0.0, -1.0)
    if "range" not in given:
        return None
    ends = given.pop("range")
    if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2:
        raise ScheduleConfigError.at("range", ends, "must be two numbers, the values for a schedule of 0 and of 1")
    with under("range"):
        first, last = (read_number(Number, end, index) for index, end in enumerate(ends))
    return first, last


def _placed(made: BaseLRSchedule | Controller, first: float, last: float) -> Placed:
    if (first, last) != (0.0, -1.0):
        for place in range(LOOKED_AT):
            progress = 1.0 - place / (LOOKED_AT - 1)
            highest = made.extremes(progress)[1] if isinstance(made, Controller) else made(progress)
            if highest > 1.0:
                message = (
                    f"needs a schedule from 0 to 1; this one is {highest:.6g} at progress_remaining {progress:.6g}"
                )
                raise ScheduleConfigError.at("range", [first, last], message)
    return Placed(made, first, last)
