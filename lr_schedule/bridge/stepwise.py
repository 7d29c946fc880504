"""Schedules with one value for each step: the value is computed when it is first needed, and then kept.

Notation: ``k`` is a step, from 0 at the start of the run to ``total_steps`` at its end; ``p`` is progress_remaining.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Annotated, Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.bridge.record import Record, all_values
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import PositiveNumber, ValidatedAs, Value, required
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import pick
from lr_schedule.steps import nearest_step


class StepwiseLRSchedule(BaseLRSchedule):
    """Base of the schedules that have one value for each step."""

    __slots__ = ("_known", "_last_step", "_record", "_total_steps")

    omitted_fields: ClassVar[tuple[str, ...]] = (
        "initial_value",
        "warmup_fraction",
        "warmup_start_factor",
        "warmup_shape",
        "end_fraction",
    )

    total_steps: PositiveNumber = required()

    _known: ClassVar[Any]
    _last_step: ClassVar[int]
    _record: ClassVar[Record]
    _total_steps: ClassVar[float]

    def _look_up_in(self, record: Record) -> None:
        last_step = nearest_step(self.total_steps)
        self._derive(_record=record, _known=record.known, _last_step=last_step, _total_steps=self.total_steps)

    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining`, as `BaseLRSchedule.__call__` does; for a float, it is faster."""
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
        from lr_schedule.numeric import arrays

        nearest = xp.clip(xp.floor((1.0 - progress) * self._total_steps + 0.5), 0.0, float(self._last_step))
        values: Any
        if arrays.is_traced(progress, xp):
            values, place = all_values(self._record, self._last_step, xp.__name__), xp.astype(nearest, xp.int32)
        elif self._record.in_order:
            first = xp.min(nearest)
            values = self._record.between(int(first), int(xp.max(nearest)))
            place = xp.astype(nearest - first, xp.int32)
        else:
            steps, place = xp.unique_inverse(nearest)
            values = [self._record.value(int(step)) for step in steps.tolist()]
        return pick(values, place, progress, xp)

    def __copy__(self) -> StepwiseLRSchedule:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StepwiseLRSchedule:
        return self


class TableLRSchedule(StepwiseLRSchedule):
    """One value for each step of the run; between two steps, the value is that of the nearer one.

    Use it for values that another program has computed. For a curve in a log, `from_log` gives a shorter config. The
    schedules of `from_steps` and `from_torch` are saved in this form if they have no other config.

    Formula:
        ``values[floor((1 - p) * total_steps + 1/2)]``

    Args:
        values: List of the values at steps 0, 1, 2, ..., one more than the run has steps. Range: each >= 0. Required.
        total_steps: Length of the run in these steps. It may be fractional. Range: > 0. Required.

    Example:
        >>> TableLRSchedule(values=[0.3, 0.2, 0.1], total_steps=2)(0.5)
        0.2
    """

    type = "table"

    values: Annotated[Sequence[float], ValidatedAs(tuple[Value, ...])] = required()

    def check(self) -> None:
        """Reject a table whose length does not fit the run."""
        needed = nearest_step(self.total_steps) + 1
        if len(self.values) != needed:
            message = f"must have {needed} values, one for each step from 0 to {needed - 1}, not {len(self.values)}"
            raise ScheduleConfigError.at("values", self.values, message)

    def prepare(self) -> None:
        """Prepare to look up values in the table."""
        self._look_up_in(Record(self.values.__getitem__, len(self.values) - 1, in_order=True, name="the table"))


class SourceLRSchedule(StepwiseLRSchedule):
    """A schedule whose values a Python object computes step by step; its config is the table of these values."""

    __slots__ = ("_maker",)

    _maker: ClassVar[str]

    def __init__(self, record: Record, total_steps: float, maker: str) -> None:
        self._derive(_maker=maker)
        self._set_fields({"total_steps": total_steps})
        self._look_up_in(record)

    def written_fields(self) -> Any:
        """Return the schedule itself, so that its values are not computed before a config is needed."""
        return self

    def to_config(self) -> dict[str, Any]:
        """Return a config of type ``table`` with the values of the whole run."""
        values = all_values(self._record, self._last_step)
        return {"type": TableLRSchedule.type, "values": values.tolist(), "total_steps": self.total_steps}

    def _what_is_compared(self) -> Hashable:
        return TableLRSchedule(self.to_config())._key()

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = BaseLRSchedule.__hash__

    def __repr__(self) -> str:
        return f"{self._maker}(<{self._record.name}>, total_steps={self.total_steps!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return BaseLRSchedule.create, (self.to_config(),)
