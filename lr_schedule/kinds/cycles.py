"""Curves that rise and fall, once or many times.

Notation: ``t`` is the elapsed share of the run since the warmup; a cycle or a phase is a length in the whole run.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import Count, NumberRule, OpenFraction, PositiveFraction, PositiveNumber, Value, required
from lr_schedule.kinds.checks import require, require_bounded_growth
from lr_schedule.kinds.periods import CycleLengths
from lr_schedule.kinds.shapes import half_wave, shaped, zigzag
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import TICK

CycleMultiplier = Annotated[float, NumberRule(ge=1, le=1000)]


class CosineRestartsLRSchedule(BaseLRSchedule):
    """Half a cosine wave again and again, each time from the top (SGDR).

    Give the length of the first cycle, or how many cycles are to fill the run.

    Formula:
        In cycle n, of length ``first_cycle_fraction * cycle_multiplier ** n`` and with c its share that is over:
        ``final_value + (initial_value * peak_multiplier ** n - final_value) * (1 + cos(pi * c)) / 2``. With ``cycles``,
        the first cycle has the length with which so many of them fill the run.

    Args:
        initial_value: Value at the start of the first cycle (finite, >= 0; 0.001).
        final_value: Value at the end of each cycle (finite, >= 0; 0.0).
        first_cycle_fraction: Share of the run that the first cycle takes (in (0, 1]; None). Twin:
            ``first_cycle_steps``.
        cycles: How many cycles fill the run, in place of first_cycle_fraction (1 to 1,000,000; None).
        cycle_multiplier: Length of a cycle over that of the one before (in [1, 1000]; 1.0).
        peak_multiplier: Peak of a cycle over that of the one before (finite, > 0; 1.0).

    Example:
        >>> CosineRestartsLRSchedule(initial_value=0.001, cycles=2).sample(5).round(6).tolist()
        [0.001, 0.0005, 0.001, 0.0005, 0.0]

    Source:
        Loshchilov and Hutter 2016, arXiv 1608.03983.
    """

    __slots__ = ("_lengths",)

    type = "cosine_restarts"
    one_of = ("cycles", "first_cycle_fraction")

    _lengths: ClassVar[CycleLengths]

    final_value: Value = 0.0
    first_cycle_fraction: PositiveFraction | None = None
    cycles: Count | None = None
    cycle_multiplier: CycleMultiplier = 1.0
    peak_multiplier: PositiveNumber = 1.0

    def prepare(self) -> None:
        """Set the lengths of the cycles."""
        lengths = CycleLengths(self._span, self.cycle_multiplier, self.first_cycle_fraction, self.cycles)
        require_bounded_growth("peak_multiplier", self.peak_multiplier, lengths.last, self.initial_value)
        self._derive(_lengths=lengths)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        n, over = self._lengths.cycle_at(self.elapsed(progress_remaining), xp)
        peak = self.initial_value * self.peak_multiplier**n  # it may lie on either side of final_value
        return half_wave(1.0 - over, xp) * peak + half_wave(over, xp) * self.final_value


class CyclicLRSchedule(BaseLRSchedule):
    """A zigzag between a lower and an upper value.

    Formula:
        ``initial_value + (peak_value - initial_value) * rise * scale``: rise goes from 0 to 1 in up_fraction and
        back in down_fraction; in cycle n scale is 1 (triangular), ``0.5 ** n`` (triangular2) or
        ``gamma ** (cycles elapsed)``.

    Args:
        initial_value: The lower bound, where each cycle starts (finite, >= 0; 0.001).
        peak_value: The upper bound (finite, >= initial_value; required).
        up_fraction: Share of the run that a rise takes (in (0, 1]; required). Twin in steps: ``up_steps``.
        down_fraction: Share of the run that a fall takes (in (0, 1]; None: as long as the rise). Twin: ``down_steps``.
        mode: ``triangular``, ``triangular2`` or ``exp_range`` (triangular).
        gamma: Factor on the height per cycle, for exp_range (in (0, 1]; 1.0).

    Example:
        >>> CyclicLRSchedule(initial_value=0.001, peak_value=0.003, up_fraction=0.25).sample(5).tolist()
        [0.001, 0.003, 0.001, 0.003, 0.001]

    Source:
        Smith 2015, arXiv 1506.01186.
    """

    __slots__ = ("_factor",)

    type = "cyclic"

    _factor: ClassVar[float]

    peak_value: Value = required()
    up_fraction: PositiveFraction = required()
    down_fraction: PositiveFraction | None = None
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    gamma: Annotated[float, NumberRule(gt=0, le=1)] = 1.0

    def check(self) -> None:
        """Refuse a peak below the lower bound."""
        super().check()
        message = f"must be >= initial_value, the lower bound, {self.initial_value}"
        require(self.peak_value >= self.initial_value, "peak_value", self.peak_value, message)

    def prepare(self) -> None:
        """Set the factor on the height per cycle."""
        self._derive(_factor={"triangular": 1.0, "triangular2": 0.5, "exp_range": self.gamma}[self.mode])

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        length = self.up_fraction + (self.down_fraction or self.up_fraction)
        cycles = self.elapsed(progress_remaining) / length
        scale = self._factor ** (cycles if self.mode == "exp_range" else xp.floor(cycles))
        height = (self.peak_value - self.initial_value) * zigzag(cycles, self.up_fraction / length, xp) * scale
        return self.initial_value + height


class OneCycleLRSchedule(BaseLRSchedule):
    """One rise to a large value and one long fall to almost nothing (super-convergence).

    Formula:
        From ``initial_value / div_factor`` up to initial_value in warmup_fraction, then down to
        ``initial_value / div_factor / final_div_factor``; with 3 phases, first back to ``initial_value / div_factor``
        in another warmup_fraction. Each phase is half a cosine wave or a line.

    Args:
        initial_value: The peak, torch's max_lr (finite, >= 0; 0.001).
        warmup_fraction: Share of the run that rises, torch's pct_start (in (0, 1), below 1 / 2 for 3 phases; 0.3).
            Twin in steps: ``warmup_steps``.
        div_factor: The peak over the first value (finite, >= 1; 25.0).
        final_div_factor: The first value over the last (finite, >= 1; 10000.0).
        phases: 2, or 3 with a fall back to the first value between (2).
        shape: ``cosine`` or ``linear`` (cosine).

    Example:
        >>> OneCycleLRSchedule(initial_value=0.025)(1.0)
        0.001

    Source:
        Smith and Topin 2017, arXiv 1708.07120.
    """

    type = "one_cycle"
    omitted_fields = ("warmup_start_factor", "warmup_shape")

    warmup_fraction: OpenFraction = 0.3
    div_factor: Annotated[float, NumberRule(ge=1)] = 25.0
    final_div_factor: Annotated[float, NumberRule(ge=1)] = 10_000.0
    phases: Literal[2, 3] = 2
    shape: Literal["cosine", "linear"] = "cosine"

    def check(self) -> None:
        """Refuse three phases that are longer than the run."""
        super().check()
        fits = self.phases == 2 or self.end_fraction - 2.0 * self.warmup_fraction >= TICK
        message = f"must be below half of end_fraction, {self.end_fraction}, for 3 phases"
        require(fits, "warmup_fraction", self.warmup_fraction, message)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        p, peak, first = progress_remaining, self.initial_value, self.initial_value / self.div_factor
        last = first / self.final_div_factor
        if self.phases == 2:
            return shaped(self.shape, p, last, peak, xp)
        t = self.elapsed(p)
        fall = shaped(self.shape, xp.clip(1.0 - t / self.warmup_fraction, 0.0, 1.0), first, peak, xp)
        left = xp.clip(p * self._span / (self._span - self.warmup_fraction), 0.0, 1.0)
        return xp.where(t < self.warmup_fraction, fall, shaped(self.shape, left, last, first, xp))

    def _ramp(self, warmed: Any, xp: Any) -> Any:
        return shaped(self.shape, warmed, self.initial_value / self.div_factor, self.initial_value, xp)
