"""Periods and cycles: the division of a curve into equal parts, or into parts that become longer."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import PositiveNumber
from lr_schedule.kinds.checks import require
from lr_schedule.numeric.places import TICK, count_reached, index_reached, pick, whole_periods

MOST_CYCLES = 1_000_000


class InPeriods(BaseLRSchedule):
    """Base of the types that count time in periods of decay_fraction; without it, the curve is a single period."""

    __slots__ = ("_periods",)

    decay_fraction: PositiveNumber | None = None

    _periods: ClassVar[float]

    def prepare(self) -> None:
        """Set the number of periods in the curve."""
        self._derive(_periods=self._span / (self.decay_fraction or self._span))

    def _whole_periods(self, progress_remaining: Any, xp: Any) -> Any:
        return whole_periods(1.0 - progress_remaining, 1.0 / self._periods, xp)


class CycleLengths:
    """Cycles one after another, each `multiplier` times as long as the one before.

    Args:
        span: Fraction of the run for all cycles together.
        multiplier: Length of a cycle divided by the length of the one before (>= 1).
        first: Fraction of the run for the first cycle (None: it follows from `count`).
        count: Number of cycles that fill the span (None: it follows from `first`).
    """

    def __init__(self, span: float, multiplier: float, first: float | None, count: int | None) -> None:
        self.is_even = multiplier == 1.0
        if count is not None:
            possible = count * math.log(multiplier) <= math.log(1e12)
            require(possible, "cycles", count, "makes the first cycle too short; reduce it or cycle_multiplier")
            first = span / (count if self.is_even else (multiplier**count - 1.0) / (multiplier - 1.0))
        self.first = first or span
        # With a count, t is divided by the span first: at the end, the number of cycles is then exactly whole.
        self.unit, self.per_unit = (span, float(count)) if count is not None else (self.first, 1.0)
        if self.is_even:
            self.last = float(max(-int(-(span - TICK) // self.first), 1) - 1)
            return
        possible = math.log1p((multiplier - 1.0) / self.first) <= MOST_CYCLES * math.log(multiplier)
        require(possible, "first_cycle_fraction", self.first, f"makes more than {MOST_CYCLES:,} cycles")
        starts = [0.0]
        while starts[-1] < span - TICK:
            starts.append(starts[-1] + self.first * multiplier ** (len(starts) - 1))
        # The last cycle ends exactly at the end of the curve: a rounding error below it would start another cycle.
        self.starts = (*starts[:-1], span if starts[-1] <= span + TICK else starts[-1])
        self.last = float(len(starts) - 2)

    def cycle_at(self, t: Any, xp: Any) -> tuple[Any, Any]:
        """Return the number of the cycle at the elapsed fraction t, and the fraction of that cycle that is over."""
        if self.is_even:
            n = xp.clip(whole_periods(t, self.first, xp), 0.0, self.last)
            return n, xp.clip(t / self.unit * self.per_unit - n, 0.0, 1.0)
        index = index_reached(self.starts[1:-1], t, xp)
        start, end = pick(self.starts, index, t, xp), pick(self.starts, index + 1, t, xp)
        return count_reached(self.starts[1:-1], t, xp), xp.clip((t - start) / (end - start), 0.0, 1.0)
