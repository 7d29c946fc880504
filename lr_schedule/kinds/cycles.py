"""Curves that rise and fall, once or many times.

Notation: ``t`` is the elapsed fraction of the run since the end of the warmup. The length of a cycle or a phase is a
fraction of the whole run.
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
    """Half a cosine wave, repeated; each cycle starts at its peak again (SGDR).

    Use it to get several policies from one run: save the model at the end of each cycle, where the value is lowest. In
    supervised learning, restarts can improve the result; we know of no study that shows this for PPO or SAC.

    Formula:
        In cycle n, of length ``first_cycle_fraction * cycle_multiplier ** n``: ``final_value + (initial_value *
        peak_multiplier ** n - final_value) * (1 + cos(pi * c)) / 2``, where c is the elapsed fraction of the cycle.
        With ``cycles``, the first cycle is as long as needed for that many cycles to fill the run.

    Args:
        initial_value: Value at the start of the first cycle. Range: >= 0. Default: 0.001.
        final_value: Value at the end of each cycle. Range: >= 0. Default: 0.0.
        first_cycle_fraction: Fraction of the run for the first cycle. Give either this key or cycles, not both. Range:
            (0, 1]. Default: None. In steps: ``first_cycle_steps``.
        cycles: Number of cycles in the run. Give either this key or first_cycle_fraction, not both. Range: whole number
            in [1, 1_000_000]. Default: None.
        cycle_multiplier: Length of a cycle divided by the length of the cycle before it. Range: [1, 1_000]. Default:
            1.0.
        peak_multiplier: Peak of a cycle divided by the peak of the cycle before it. Range: > 0. Default: 1.0.

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
        peak = self.initial_value * self.peak_multiplier**n  # may be above or below final_value
        return half_wave(1.0 - over, xp) * peak + half_wave(over, xp) * self.final_value


class CyclicLRSchedule(BaseLRSchedule):
    """A zigzag between a lower and an upper value.

    Use it if you know the range of good values but not the best one: Smith (2015) cycles the learning rate of image
    classifiers through such a range instead of tuning it. With an up_fraction of 1, the value rises once, as in the
    paper's test of which learning rates work.

    Formula:
        ``initial_value + (peak_value - initial_value) * rise * scale``. The rise goes from 0 to 1 in up_fraction and
        back to 0 in down_fraction. In cycle n, the scale is 1 (triangular), ``0.5 ** n`` (triangular2) or ``gamma **
        (cycles elapsed)`` (exp_range).

    Args:
        initial_value: The lower value, where each cycle starts. Range: >= 0. Default: 0.001.
        peak_value: The upper value, at least initial_value. Range: >= 0. Required.
        up_fraction: Fraction of the run for one rise. Range: (0, 1]. Required. In steps: ``up_steps``.
        down_fraction: Fraction of the run for one fall. By default, the fall is as long as the rise. Range: (0, 1].
            Default: None. In steps: ``down_steps``.
        mode: How the height changes from cycle to cycle. It stays the same (``triangular``), halves (``triangular2``)
            or is multiplied by gamma (``exp_range``). Range: ``triangular``, ``triangular2``, ``exp_range``. Default:
            ``triangular``.
        gamma: Factor of the height per cycle in the mode ``exp_range``. Range: (0, 1]. Default: 1.0.

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
        """Reject a peak below the lower value."""
        super().check()
        message = f"must be >= initial_value, which is {self.initial_value}"
        require(self.peak_value >= self.initial_value, "peak_value", self.peak_value, message)

    def prepare(self) -> None:
        """Set the factor of the height per cycle."""
        self._derive(_factor={"triangular": 1.0, "triangular2": 0.5, "exp_range": self.gamma}[self.mode])

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        length = self.up_fraction + (self.down_fraction or self.up_fraction)
        cycles = self.elapsed(progress_remaining) / length
        scale = self._factor ** (cycles if self.mode == "exp_range" else xp.floor(cycles))
        height = (self.peak_value - self.initial_value) * zigzag(cycles, self.up_fraction / length, xp) * scale
        return self.initial_value + height


class OneCycleLRSchedule(BaseLRSchedule):
    """One rise to a large value and one long fall to almost zero (super-convergence).

    Use it to try a peak well above the best constant value, in a run of known length: Smith and Topin (2017) train
    image classifiers faster in this way. The studies of this project did not include it. If the value must not fall to
    almost zero, use `cosine_warmup` with a final_value.

    Formula:
        A rise from ``initial_value / div_factor`` to initial_value in warmup_fraction, then a fall to ``initial_value /
        div_factor / final_div_factor``. With 3 phases, the value first falls back to ``initial_value / div_factor``, in
        another warmup_fraction. Each phase is half a cosine wave or a line.

    Args:
        initial_value: The peak (``max_lr`` in torch). Range: >= 0. Default: 0.001.
        warmup_fraction: Fraction of the run for the rise (``pct_start`` in torch). With 3 phases, it must be below 1/2.
            Range: (0, 1). Default: 0.3. In steps: ``warmup_steps``.
        div_factor: The peak divided by the first value. Range: >= 1. Default: 25.0.
        final_div_factor: The first value divided by the last value. Range: >= 1. Default: 10000.0.
        phases: Number of phases. With 3, the value falls back to the first value before the last phase. Range: ``2``,
            ``3``. Default: 2.
        shape: Shape of each phase. Range: ``cosine``, ``linear``. Default: ``cosine``.

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
        """Reject three phases that are longer than the run."""
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
