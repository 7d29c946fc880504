"""Periods: a decay that goes on by the same rule in each equal stretch of the run."""

from __future__ import annotations

from typing import Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import PositiveFraction
from lr_schedule.numeric.places import whole_periods


class InPeriods(BaseLRSchedule):
    """What types share that count time in periods of decay_fraction; without one, the curve is a single period."""

    __slots__ = ("_periods",)

    decay_fraction: PositiveFraction | None = None

    _periods: ClassVar[float]

    def prepare(self) -> None:
        """Set how many periods the curve takes."""
        self._derive(_periods=self._span / (self.decay_fraction or self._span))

    def _whole_periods(self, progress_remaining: Any, xp: Any) -> Any:
        return whole_periods(1.0 - progress_remaining, 1.0 / self._periods, xp)
