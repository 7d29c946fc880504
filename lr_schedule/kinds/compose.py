"""Schedules made of schedules: one after another, multiplied, repeated, delayed, kept within bounds.

A part is anything that `BaseLRSchedule.create` takes: a number, a mapping, a list, a schedule, a Python function. Each
part sees a progress of its own, from 1.0 at its start to 0.0 at its end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, InstanceOf, ValidationInfo, WithJsonSchema

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config import reading as config
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import DEFINITION, Count, OpenFraction, Value, to_number
from lr_schedule.numeric import floats
from lr_schedule.numeric.progress import TICK, count_reached, tick, whole_periods


def _read_schedule(cfg: Any, info: ValidationInfo) -> BaseLRSchedule:
    """Return the schedule that `cfg` stands for; its steps are counted in the share of the run that is its own."""
    total_steps = (info.context or {}).get("total_steps")
    share = (1.0 - info.data.get("delay_fraction", 0.0)) / info.data.get("times", 1)
    return BaseLRSchedule.create(cfg, None if total_steps is None else total_steps * share)


class Phase(NamedTuple):
    """A schedule and the share of the run in which it counts."""

    schedule: BaseLRSchedule
    fraction: float

    def written_fields(self) -> dict[str, Any]:
        """Return the fields of the schedule with the fraction among them."""
        fields = self.schedule.written_fields()
        return {**(fields if isinstance(fields, dict) else {"schedule": fields}), "fraction": self.fraction}


def _read_phase(cfg: Any, info: ValidationInfo) -> Phase:
    """Return the schedule and the share of the run that a mapping with ``fraction`` or ``steps`` stands for."""
    if isinstance(cfg, Phase):
        return cfg
    if not isinstance(cfg, Mapping):
        message = "must be a mapping with a fraction or steps; a number or function goes under its key 'schedule'"
        raise ScheduleConfigError.at((), cfg, message)
    given, total_steps = dict(cfg), (info.context or {}).get("total_steps")
    if not config.has_total_steps(given):
        total_steps = config.read_total_steps({"total_steps": given.pop("total_steps", None)}, total_steps)
    fraction = _read_share(given, total_steps)
    schedule = given["schedule"] if set(given) == {"schedule"} else given
    part_steps = None if total_steps is None else total_steps * fraction
    return Phase(BaseLRSchedule.create(schedule, part_steps), fraction)


def _read_share(given: dict[str, Any], total_steps: float | None) -> float:
    """Take ``fraction`` or ``steps`` out of `given`, and return the share of the run."""
    if ("fraction" in given) == ("steps" in given):
        raise ScheduleConfigError.at("fraction", given.get("fraction"), "give either fraction or steps for each part")
    key = "fraction" if "fraction" in given else "steps"
    received = given.pop(key)
    if key == "steps" and total_steps is None:
        message = "needs total_steps, in the config or as create(cfg, total_steps=...)"
        raise ScheduleConfigError.at(key, received, message)
    try:
        share = to_number(received) if key == "fraction" else to_number(received) / (total_steps or 1.0)
    except TypeError:
        share = math.nan
    if not TICK <= share <= 1.0:
        limit = "1" if key == "fraction" else f"total_steps, {total_steps}"
        raise ScheduleConfigError.at(key, received, f"must be a number > 0 and <= {limit}")
    return share


def _require_parts(parts: Any) -> Any:
    if isinstance(parts, (str, Mapping)) or not isinstance(parts, Sequence):
        raise ScheduleConfigError.at((), parts, "must be a list of schedules")
    if not parts:
        raise ScheduleConfigError.at((), list(parts), "must hold at least one schedule")
    return list(parts)


def _reference(name: str) -> WithJsonSchema:
    return WithJsonSchema({DEFINITION: name})


Part = Annotated[InstanceOf[BaseLRSchedule], BeforeValidator(_read_schedule), _reference("schedule")]
PhasePart = Annotated[InstanceOf[Phase], BeforeValidator(_read_phase), _reference("phase")]
Parts = Annotated[list[Part], Field(min_length=1), BeforeValidator(_require_parts)]
Phases = Annotated[list[PhasePart], Field(min_length=1), BeforeValidator(_require_parts)]


class SequentialLRSchedule(BaseLRSchedule):
    """One schedule after another, each in its own share of the run.

    A bare list of mappings is the short form. Where two parts meet, the later one counts.

    Formula:
        ``part(p')``, with ``p'`` the share that is left of the part in which progress lies.

    Args:
        parts: Mappings, each a schedule with its ``fraction`` of the run or its ``steps`` beside the keys of its type
            (what is no mapping stands under a key ``schedule``). Fractions sum to 1. Required, at least one.

    Example:
        >>> hold = {"type": "constant", "initial_value": 0.001, "fraction": 0.5}
        >>> fall = {"type": "linear", "initial_value": 0.001, "fraction": 0.5}
        >>> SequentialLRSchedule(parts=[hold, fall])(0.25)
        0.0005
    """

    __slots__ = ("_bounds", "_tops")

    type = "sequential"
    omitted_fields = ("initial_value",)

    _bounds: tuple[float, ...]
    _tops: tuple[float, ...]

    parts: Phases

    def prepare(self) -> None:
        """Set the places where the parts meet, 0 and 1 included."""
        written: Any = self.parts
        fractions = [part["fraction"] for part in written]
        if not math.isclose(sum(fractions), 1.0, rel_tol=0.0, abs_tol=1e-9):
            message = f"the fractions of the parts must sum to 1, not to {sum(fractions):.10g}"
            raise ScheduleConfigError.at("parts", fractions, message)
        exact = list(accumulate(map(Fraction, fractions)))
        bounds = (0.0, *map(float, exact[:-1]), 1.0)
        self._derive(_bounds=bounds, _tops=tuple(1.0 - bound for bound in bounds))

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        if xp is floats:
            return self._part(count_reached(self._bounds, 1.0 - progress_remaining, xp) - 1, progress_remaining, xp)
        if isinstance(progress_remaining, np.ndarray):
            return self._each_part_its_own(progress_remaining, xp)
        value, elapsed = self._part(0, progress_remaining, xp), 1.0 - progress_remaining
        for n in range(1, len(self._parts)):
            later = elapsed >= self._bounds[n] - tick(elapsed, xp)
            value = xp.where(later, self._part(n, progress_remaining, xp), value)
        return value

    def _each_part_its_own(self, p: npt.NDArray[Any], xp: Any) -> npt.NDArray[Any]:
        """Return the values at known points, of which each part is asked for its own only."""
        values, index = np.empty_like(p), count_reached(self._bounds, 1.0 - p, xp) - 1
        order = index.argsort(kind="stable")
        for own in np.split(order, np.flatnonzero(np.diff(index[order])) + 1):
            values[own] = self._part(int(index[own[0]]), p[own], xp)
        return values

    def _part(self, n: int, p: Any, xp: Any) -> Any:
        n = min(n, len(self._parts) - 1)
        top, bottom = self._tops[n], self._tops[n + 1]
        left = (p - bottom) / (top - bottom)
        return self._parts[n]._evaluate(xp.clip(left, 0.0, 1.0), xp)


class ProductLRSchedule(BaseLRSchedule):
    """Schedules multiplied with each other, all over the whole run; ``0.5 * schedule`` makes one.

    Formula:
        ``parts[0](p) * parts[1](p) * ...``

    Args:
        parts: The factors, each a schedule. Required, at least one.

    Raises:
        ValueError: When asked, where the product is too large for a float.

    Example:
        >>> ProductLRSchedule(parts=[0.5, {"type": "linear", "initial_value": 0.001}])(0.5)
        0.00025
    """

    type = "product"
    omitted_fields = ("initial_value",)
    trusted = False

    parts: Parts

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        value = 1.0
        for part in self._parts:
            value = value * part._evaluate(progress_remaining, xp)
        return value


class RepeatLRSchedule(BaseLRSchedule):
    """A schedule that runs several times over, each time in an equal share of the run.

    Formula:
        ``schedule(p')``, with ``p'`` the share that is left of the repetition in which progress lies.

    Args:
        times: How often (1 to 1,000,000; 2).
        schedule: What to repeat; its steps are those of one repetition. Required.

    Example:
        >>> RepeatLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, times=2)(0.75)
        0.0005
    """

    type = "repeat"
    omitted_fields = ("initial_value",)

    times: Count = 2
    schedule: Part

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        t = 1.0 - progress_remaining
        n = xp.clip(whole_periods(t, 1.0 / self.times, xp), 0.0, self.times - 1.0)
        return self._parts[0]._evaluate(xp.clip(progress_remaining * self.times - (self.times - 1.0 - n), 0.0, 1.0), xp)


class DelayLRSchedule(BaseLRSchedule):
    """A schedule that starts late: its first value holds for a share of the run.

    Formula:
        ``schedule(p')``, with ``p'`` 1 up to ``t = delay_fraction``, then ``p / (1 - delay_fraction)``.

    Args:
        delay_fraction: Share of the run before it starts (in (0, 1); required). Twin in steps: ``delay_steps``.
        schedule: What to delay; its steps count from there. Required.

    Example:
        >>> DelayLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, delay_fraction=0.5)(0.25)
        0.0005
    """

    type = "delay"
    omitted_fields = ("initial_value",)

    delay_fraction: OpenFraction
    schedule: Part

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        left = xp.clip(progress_remaining / (1.0 - self.delay_fraction), 0.0, 1.0)
        return self._parts[0]._evaluate(left, xp)


class ClipLRSchedule(BaseLRSchedule):
    """A schedule kept within bounds.

    Formula:
        ``min(max(schedule(p), minimum), maximum)``

    Args:
        schedule: What to keep within bounds. Required.
        minimum: Lower bound (finite, >= 0; 0.0).
        maximum: Upper bound (finite, >= minimum; None: no bound).

    Example:
        >>> ClipLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, minimum=0.0001)(0.0)
        0.0001
    """

    type = "clip"
    omitted_fields = ("initial_value",)

    schedule: Part
    minimum: Value = 0.0
    maximum: Value | None = None

    def check(self) -> None:
        """Refuse a maximum below the minimum."""
        super().check()
        if self.maximum is not None and self.maximum < self.minimum:
            raise ScheduleConfigError.at("maximum", self.maximum, f"must be >= minimum, which is {self.minimum}")

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        maximum = math.inf if self.maximum is None else self.maximum
        return xp.clip(self._parts[0]._evaluate(progress_remaining, xp), self.minimum, maximum)
