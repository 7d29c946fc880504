"""Schedules that are known step by step: the value of the nearest step, found when first asked for and then kept.

Notation: ``k`` is a step, from 0 at the start of the run to ``total_steps`` at its end; ``p`` is progress_remaining.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config import reading as config
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import PositiveNumber, Value, to_number
from lr_schedule.numeric import floats
from lr_schedule.numeric import progress as numeric

if TYPE_CHECKING:
    import numpy.typing as npt

UNKNOWN = array("d", [math.nan])
INFINITY = math.inf

MOST_KEPT = 2**24
"""Steps of a run from which on the answers of a function are not kept: they would take more than 128 MiB."""


def read_total_steps(total_steps: Any) -> float:
    """Return a number of steps, which may be fractional, or raise the error that says what is wrong with it."""
    total = config.read_total_steps({"total_steps": total_steps}, None)
    if total is None:
        raise ScheduleConfigError.at("total_steps", total_steps, "must be a finite number > 0")
    return total


def nearest_step(elapsed_steps: float) -> int:
    """Return the step nearest to a number of steps that went through a progress, and so through a few roundings."""
    return int(elapsed_steps + 0.5)


class Record:
    """The values of a source at steps 0, 1, 2, ...: each found when first asked for, and kept in eight bytes.

    Args:
        value_at: Gives the value at a step.
        last_step: The last step that is ever asked for.
        in_order: Whether `value_at` must be asked for 0, 1, 2, ... in this order and once each (what is stepped must).
        name: What the source is called in messages.
    """

    __slots__ = ("_failure", "_found", "_keeps", "_last_step", "_lock", "_value_at", "in_order", "known", "name")

    def __init__(self, value_at: Callable[[int], Any], last_step: int, *, in_order: bool, name: str) -> None:
        self.known = array("d")  # NaN where a value is not known yet
        self.in_order = in_order
        self.name = name
        self._value_at = value_at
        self._last_step = last_step
        self._keeps = in_order or last_step < MOST_KEPT
        self._found = 0
        self._failure: ValueError | None = None
        self._lock = threading.RLock()

    def value(self, step: int) -> float:
        """Return the value at `step`; it is found now, after those before it where their order matters."""
        known = self.known
        if step < len(known) and known[step] == known[step]:
            return known[step]
        with self._lock:
            if self._failure is not None and step >= self._found:
                raise self._failure.with_traceback(None)
            if self._keeps and step >= len(known):
                room = min(max(step + 1, 2 * len(known)), self._last_step + 1)
                known.extend(UNKNOWN * (room - len(known)))
            k = self._found if self.in_order else step
            value = math.nan
            try:
                while k <= step:
                    value = self._value_at(k)
                    if type(value) is not float:
                        value = to_number(value)
                    if not 0.0 <= value < INFINITY:
                        raise ValueError(f"{value} is not finite and not negative")  # noqa: TRY301
                    if self._keeps:
                        known[k] = value
                    k += 1
            except BaseException as error:
                failure = ValueError(f"{self.name} failed at step {k}: {type(error).__name__}: {error}")
                self._failure = failure if self.in_order else None  # nobody knows how far a step has come
                if isinstance(error, Exception):
                    raise failure from error
                raise
            finally:
                self._found = k
            return known[step] if self._keeps else value

    def between(self, first: int, last: int) -> npt.NDArray[np.float64]:
        """Return the values at all steps from `first` to `last`."""
        if self.in_order:
            self.value(last)
            return np.asarray(self.known[first : last + 1])
        return np.asarray([self.value(step) for step in range(first, last + 1)])


def all_values(record: Record, last_step: int, framework: str = "numpy") -> Any:
    """Return the values of the whole run, also while a framework traces a computation and must not trace the source."""
    if framework.endswith("torch"):
        import torch

        return torch.from_numpy(record.between(0, last_step))
    if framework.startswith("jax"):
        import jax

        with jax.ensure_compile_time_eval():
            return record.between(0, last_step)
    return record.between(0, last_step)


all_values._dynamo_marked_constant = True  # type: ignore[attr-defined]  # what torch.compiler.assume_constant_result sets


class StepwiseLRSchedule(BaseLRSchedule):
    """What all schedules share that are known step by step."""

    __slots__ = ("_known", "_last_step", "_record", "_total_steps")

    omitted_fields: ClassVar[tuple[str, ...]] = (
        "initial_value",
        "warmup_fraction",
        "warmup_start_factor",
        "end_fraction",
    )

    total_steps: PositiveNumber

    _known: Any
    _last_step: int
    _record: Record
    _total_steps: float

    def _look_up_in(self, record: Record) -> None:
        last_step = nearest_step(self.total_steps)
        self._derive(_record=record, _known=record.known, _last_step=last_step, _total_steps=self.total_steps)

    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining`, as `BaseLRSchedule.__call__` does; a float takes a shorter way."""
        if type(progress_remaining) is float and 0.0 <= progress_remaining <= 1.0:
            step = int((1.0 - progress_remaining) * self._total_steps + 0.5)
            try:
                value = self._known[step]
            except IndexError:
                return self._record.value(step)
            return value if value == value else self._record.value(step)
        return super().__call__(progress_remaining)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        if xp is not floats:
            return self._look_up(progress_remaining, xp)
        return self._record.value(nearest_step((1.0 - progress_remaining) * self._total_steps))

    def _look_up(self, progress: Any, xp: Any) -> Any:
        if math.prod(progress.shape) == 0:
            return progress
        nearest = xp.clip(xp.floor((1.0 - progress) * self._total_steps + 0.5), 0.0, float(self._last_step))
        values: Any
        if numeric.is_traced(progress, xp):
            values, place = all_values(self._record, self._last_step, xp.__name__), xp.astype(nearest, xp.int32)
        elif self._record.in_order:
            first = xp.min(nearest)
            values = self._record.between(int(first), int(xp.max(nearest)))
            place = xp.astype(nearest - first, xp.int32)
        else:
            steps, place = xp.unique_inverse(nearest)
            values = [self._record.value(int(step)) for step in steps.tolist()]
        return numeric.pick(values, place, progress, xp)

    def __copy__(self) -> StepwiseLRSchedule:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StepwiseLRSchedule:
        return self


class TableLRSchedule(StepwiseLRSchedule):
    """A value for each step of the run; a progress between two steps gets the value of the nearest one.

    `from_steps` and `from_torch` make it; it is what a schedule becomes that has nothing else to be saved as.

    Formula:
        ``values[floor((1 - p) * total_steps + 1/2)]``

    Args:
        values: The values at steps 0, 1, 2, ... (finite, >= 0); one more than the steps of the run. Required.
        total_steps: Length of the run in these steps (finite, > 0; may be fractional). Required.

    Example:
        >>> TableLRSchedule(values=[0.3, 0.2, 0.1], total_steps=2)(0.5)
        0.2
    """

    type = "table"

    values: tuple[Value, ...]

    def check(self) -> None:
        """Refuse a table that does not fit the run."""
        super().check()
        needed = nearest_step(self.total_steps) + 1
        if len(self.values) != needed:
            message = f"must hold {needed} values, one for each step from 0 to {needed - 1}, not {len(self.values)}"
            raise ScheduleConfigError.at("values", self.values, message)

    def prepare(self) -> None:
        """Look values up in the table itself."""
        self._look_up_in(Record(self.values.__getitem__, len(self.values) - 1, in_order=True, name="the table"))


class SourceLRSchedule(StepwiseLRSchedule):
    """A schedule that asks a Python object, step by step; it is written down as the table of its values."""

    __slots__ = ("_maker",)

    _maker: str

    def __init__(self, record: Record, total_steps: float, maker: str) -> None:
        self._derive(_maker=maker)
        self._set_fields({"total_steps": total_steps})
        self._look_up_in(record)

    def written_fields(self) -> Any:
        """Return the schedule itself, so that its values are not asked for before something must be written."""
        return self

    def to_config(self) -> dict[str, Any]:
        """Return the table of the values of the whole run, as a config of type ``table``."""
        values = all_values(self._record, self._last_step)
        return {"type": TableLRSchedule.type, "values": values.tolist(), "total_steps": self.total_steps}

    def _key(self) -> Any:
        return TableLRSchedule(self.to_config())._key()

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = BaseLRSchedule.__hash__

    def __repr__(self) -> str:
        return f"{self._maker}(<{self._record.name}>, total_steps={self.total_steps!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TableLRSchedule, (self.to_config(),)
