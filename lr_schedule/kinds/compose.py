"""Schedules made of schedules: one after another, multiplied, repeated, delayed, clipped.

A part is anything that `BaseLRSchedule.create` accepts: a number, a mapping, a list, a schedule, a Python function.
Each part has its own progress, from 1.0 at its start to 0.0 at its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.reading import Config, has_total_steps
from lr_schedule.errors import Problems, ScheduleConfigError, under
from lr_schedule.fields import Count, OpenFraction, Reads, Value, required, to_number
from lr_schedule.kinds.checks import require
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import TICK, index_reached, whole_periods
from lr_schedule.steps import NO_TOTAL_STEPS, take_total_steps


class Phase(NamedTuple):
    """A schedule and its fraction of the run."""

    schedule: BaseLRSchedule
    fraction: float

    def written_fields(self) -> dict[str, Any]:
        """Return the fields of the schedule and the fraction, in one mapping."""
        fields = self.schedule.written_fields()
        return {**(fields if isinstance(fields, dict) else {"schedule": fields}), "fraction": self.fraction}


def _read_phase(cfg: Any, total_steps: float | None) -> Phase:
    """Return the schedule and the fraction of the run that a mapping with ``fraction`` or ``steps`` describes."""
    if type(cfg) is not dict and not isinstance(cfg, Mapping):
        message = "must be a mapping with 'fraction' or 'steps'; give a number or function under its key 'schedule'"
        raise ScheduleConfigError.at((), cfg, message)
    given = dict(cfg)
    if "total_steps" in given and not has_total_steps(given):
        total_steps = take_total_steps(given, total_steps)
    fraction = _read_fraction(given, total_steps)
    own_steps = None if total_steps is None else total_steps * fraction
    if given.keys() != {"schedule"}:
        return Phase(BaseLRSchedule.create(given, own_steps), fraction)
    with under("schedule"):
        return Phase(BaseLRSchedule.create(given["schedule"], own_steps), fraction)


def _read_fraction(given: dict[str, Any], total_steps: float | None) -> float:
    """Remove ``fraction`` or ``steps`` from `given`, and return the fraction of the run."""
    if ("fraction" in given) == ("steps" in given):
        raise ScheduleConfigError.at("fraction", given.get("fraction"), "give either fraction or steps for each part")
    key = "fraction" if "fraction" in given else "steps"
    received = given.pop(key)
    if key == "steps" and total_steps is None:
        raise ScheduleConfigError.at(key, received, NO_TOTAL_STEPS)
    try:
        fraction = to_number(received) if key == "fraction" else to_number(received) / (total_steps or 1.0)
    except TypeError:
        fraction = math.nan
    if not TICK <= fraction <= 1.0:
        limit = "1" if key == "fraction" else f"total_steps, {total_steps}"
        raise ScheduleConfigError.at(key, received, f"must be a number > 0 and <= {limit}")
    return fraction


def _each_by(read: Callable[[Any, float | None], Any]) -> Callable[[Any, float | None], list[Any]]:
    """Return a function that reads each schedule of a list with `read`, and raises one error for all problems."""

    def read_all(parts: Any, total_steps: float | None) -> list[Any]:
        if type(parts) is not list and (isinstance(parts, (str, Mapping)) or not isinstance(parts, Sequence)):
            raise ScheduleConfigError.at((), parts, "must be a list of schedules")
        if not parts:
            raise ScheduleConfigError.at((), list(parts), "must have at least one schedule")
        problems, found = Problems(), []
        for index, part in enumerate(parts):
            with problems.gathered(index):
                found.append(read(part, total_steps))
        problems.raise_any()
        return found

    return read_all


Part = Annotated[Config, Reads(BaseLRSchedule.create, "schedule")]
Parts = Annotated[Sequence[Any], Reads(_each_by(BaseLRSchedule.create), "schedules")]
Phases = Annotated[Sequence[Any], Reads(_each_by(_read_phase), "phases")]


class SequentialLRSchedule(BaseLRSchedule):
    """One schedule after another, each for its own fraction of the run.

    Use it if no single type has the shape that you need, such as a plateau and then a cosine. For a warmup in front,
    set warmup_fraction instead, which almost every type has; for straight lines, `piecewise_linear` is shorter.

    A list of mappings is the short form. At the point where two parts meet, the value is that of the later part.

    Formula:
        ``part(p')``, where part is the schedule of the current part of the run and p' is the fraction of this part that
        is left.

    Args:
        parts: List of phases. Each is a mapping with the keys of one schedule and with ``fraction`` or ``steps``, the
            length of the phase. Give a number or a function under the key ``schedule`` of the mapping. The fractions
            must sum to 1. Required.

    Example:
        >>> hold = {"type": "constant", "initial_value": 0.001, "fraction": 0.5}
        >>> fall = {"type": "linear", "initial_value": 0.001, "fraction": 0.5}
        >>> SequentialLRSchedule(parts=[hold, fall])(0.25)
        0.0005
    """

    __slots__ = ("_bounds", "_tops")

    type = "sequential"
    omitted_fields = ("initial_value",)

    _bounds: ClassVar[tuple[float, ...]]
    _tops: ClassVar[tuple[float, ...]]

    parts: Phases = required()

    def prepare(self) -> None:
        """Set the boundaries of the parts, including 0 and 1."""
        written: Any = self.parts
        fractions = [part["fraction"] for part in written]
        total = math.fsum(fractions)
        message = f"the fractions of the parts must sum to 1, not to {total:.13g}"
        # Fractions with few digits do not sum to exactly 1; the tolerance is below the length of the shortest part.
        require(abs(total - 1.0) <= min(1e-9, min(fractions) / 2.0), "parts", fractions, message)
        # fsum rounds each boundary once, for any number of parts; a running sum would accumulate errors.
        bounds = (*(math.fsum(fractions[:n]) for n in range(len(fractions))), 1.0)
        self._derive(_bounds=bounds, _tops=tuple(1.0 - bound for bound in bounds))

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        if xp is floats:
            return self._part(index_reached(self._bounds, 1.0 - progress_remaining, xp) - 1, progress_remaining, xp)
        from lr_schedule.numeric import arrays

        return arrays.evaluate_parts(self._part, self._bounds, progress_remaining, xp)

    def _part(self, n: int, p: Any, xp: Any) -> Any:
        n = min(n, len(self._schedules) - 1)
        top, bottom = self._tops[n], self._tops[n + 1]
        left = (p - bottom) / (top - bottom)
        return self._schedules[n]._evaluate(xp.clip(left, 0.0, 1.0), xp)


class ProductLRSchedule(BaseLRSchedule):
    """The product of several schedules over the same run.

    Use it to scale a schedule by a factor, or to combine a decay over the run with a cycle or a staircase within it. In
    Python, ``0.5 * schedule`` makes one.

    Formula:
        ``parts[0](p) * parts[1](p) * ...``

    Args:
        parts: List of the factors. Each is a schedule, and there is at least one. Required.

    Raises:
        ValueError: In a call, if the product is too large for a float.

    Example:
        >>> ProductLRSchedule(parts=[0.5, {"type": "linear", "initial_value": 0.001}])(0.5)
        0.00025
    """

    type = "product"
    omitted_fields = ("initial_value",)
    trusted = False

    parts: Parts = required()

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        value = 1.0
        for part in self._schedules:
            value = value * part._evaluate(progress_remaining, xp)
        return value


class RepeatLRSchedule(BaseLRSchedule):
    """A schedule that is repeated; all repetitions take equal fractions of the run.

    Use it if the task changes at equal intervals, as in a curriculum, and each stage needs the same curve; or to
    restart a type that has no cycles of its own. For cosines whose cycles become longer, use `cosine_restarts`.

    Formula:
        ``schedule(p')``, where p' is the fraction of the current repetition that is left.

    Args:
        times: Number of repetitions. Range: whole number in [1, 1_000_000]. Default: 2.
        schedule: The schedule to repeat. Its keys in steps count from the start of a repetition. Required.

    Example:
        >>> RepeatLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, times=2)(0.75)
        0.0005
    """

    type = "repeat"
    omitted_fields = ("initial_value",)

    times: Count = 2
    schedule: Part = required()

    @classmethod
    def steps_of_parts(cls, given: Mapping[str, Any], total_steps: float) -> float:
        """Return the number of steps in one repetition."""
        return super().steps_of_parts(given, total_steps) / to_number(given.get("times", cls.times))

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        t = 1.0 - progress_remaining
        n = xp.clip(whole_periods(t, 1.0 / self.times, xp), 0.0, self.times - 1.0)
        return self._schedules[0]._evaluate(
            xp.clip(progress_remaining * self.times - (self.times - 1.0 - n), 0.0, 1.0), xp
        )


class DelayLRSchedule(BaseLRSchedule):
    """A schedule that starts late; until it starts, the value is its first value.

    Use it to keep a value constant until the agent has learned something, and only then to let it fall: for example, an
    entropy coefficient that is constant in the first half of the run. For a short decay at the end of a run,
    `warmup_stable_decay` sets the length of the decay instead.

    Formula:
        ``schedule(p')``, where p' is 1 up to ``t = delay_fraction`` and ``p / (1 - delay_fraction)`` after it.

    Args:
        delay_fraction: Fraction of the run before the schedule starts. Range: (0, 1). Required. In steps:
            ``delay_steps``.
        schedule: The schedule to delay. Its keys in steps count from its own start. Required.

    Example:
        >>> DelayLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, delay_fraction=0.5)(0.25)
        0.0005
    """

    type = "delay"
    omitted_fields = ("initial_value",)

    delay_fraction: OpenFraction = required()
    schedule: Part = required()

    @classmethod
    def steps_of_parts(cls, given: Mapping[str, Any], total_steps: float) -> float:
        """Return the number of steps that are left after the delay."""
        return super().steps_of_parts(given, total_steps) * (1.0 - to_number(given.get("delay_fraction", 0.0)))

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        left = xp.clip(progress_remaining / (1.0 - self.delay_fraction), 0.0, 1.0)
        return self._schedules[0]._evaluate(left, xp)


class ClipLRSchedule(BaseLRSchedule):
    """A schedule whose value is clipped to a minimum and a maximum.

    Use it for a type without final_value, such as `inverse_sqrt` or a product: for example, to keep the learning rate
    of SAC above a minimum. If the type has a final_value, set that instead: the curve then ends there and has no kink.

    Formula:
        ``min(max(schedule(p), minimum), maximum)``

    Args:
        schedule: The schedule to clip. Required.
        minimum: Smallest value. Range: >= 0. Default: 0.0.
        maximum: Largest value, at least minimum. By default, there is none. Range: >= 0. Default: None.

    Example:
        >>> ClipLRSchedule(schedule={"type": "linear", "initial_value": 0.001}, minimum=0.0001)(0.0)
        0.0001
    """

    type = "clip"
    omitted_fields = ("initial_value",)

    schedule: Part = required()
    minimum: Value = 0.0
    maximum: Value | None = None

    def check(self) -> None:
        """Reject a maximum below the minimum."""
        super().check()
        fits = self.maximum is None or self.maximum >= self.minimum
        require(fits, "maximum", self.maximum, f"must be >= minimum, which is {self.minimum}")

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        maximum = math.inf if self.maximum is None else self.maximum
        return xp.clip(self._schedules[0]._evaluate(progress_remaining, xp), self.minimum, maximum)
