"""Curves from initial_value to final_value, which they reach at the end of the run.

Notation: ``p`` is progress_remaining (1.0 at the start, 0.0 at the end) and ``t = 1 - p`` is the elapsed fraction.
Every type also has the keys of `BaseLRSchedule`, such as ``warmup_fraction``. In the types with a ``final_value``, you
can give ``final_ratio`` instead: the final value divided by the initial value.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import QUIET, NumberRule, PositiveNumber, Value
from lr_schedule.kinds.checks import require
from lr_schedule.kinds.periods import InPeriods
from lr_schedule.kinds.shapes import (
    HALF_PI,
    blend,
    covered_in_growing_cycles,
    exponential,
    falling_or_rising,
    half_wave,
    one_minus_power,
    slowed,
    time_to_power,
)
from lr_schedule.numeric import floats

DecayRate = Annotated[float, NumberRule(gt=0, le=1)]
Exponent = Annotated[float, NumberRule(ge=0)]
Bound = Annotated[float, NumberRule(ge=-100, le=100)]


class LinearLRSchedule(BaseLRSchedule):
    """A straight line from initial_value to final_value.

    Use it to anneal the learning rate and the clip range of PPO on a long run, as the PPO paper does on Atari. For SAC,
    end at a tenth of initial_value. On a run that is short for its task, prefer a constant.

    Formula:
        ``p * initial_value + (1 - p) * final_value``

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. Range: >= 0. Default: 0.0.

    Example:
        >>> LinearLRSchedule(initial_value=0.001, final_value=0.0005)(0.5)
        0.00075

    Source:
        Schulman et al. 2017, arXiv 1707.06347, table 5.
    """

    type = "linear"

    final_value: Value = 0.0

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        return progress_remaining * self.initial_value + (1.0 - progress_remaining) * self.final_value


class PolynomialLRSchedule(BaseLRSchedule):
    """A power of progress_remaining, from initial_value to final_value.

    Use it instead of `linear` to spend more of the run at small values (a power above 1) or at large values (a power
    below 1).

    Formula:
        ``(initial_value - final_value) * (1 - s ** k) ** power + final_value``, where s is t. With decay_fraction, s is
        ``min(t / decay_fraction, 1)``. With ``cycle`` as well, the decay starts again at each multiple of
        decay_fraction and ends at the next one: s is ``t / (decay_fraction * max(ceil(t / decay_fraction), 1))``.

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. Range: >= 0. Default: 0.0.
        power: Exponent of the curve. Range: >= 0. Default: 2.0.
        k: Exponent of the elapsed fraction; above 1, the value stays high for longer. Range: > 0. Default: 1.0.
        decay_fraction: Fraction of the run in which the value reaches final_value; above 1, the run ends before that.
            By default, the curve ends with the run. Range: > 0. Default: None. In steps: ``decay_steps``.
        cycle: Whether to decay again after decay_fraction, in cycles that become longer. If not, the value stays at
            final_value. Default: False.

    Example:
        >>> PolynomialLRSchedule(initial_value=0.001)(0.5)
        0.00025

    Source:
        Keras PolynomialDecay for ``cycle``; Zhang and Li 2020, arXiv 2004.05909, for ``k``.
    """

    type = "polynomial"

    final_value: Value = 0.0
    power: Exponent = 2.0
    k: Annotated[PositiveNumber, QUIET] = 1.0
    decay_fraction: Annotated[PositiveNumber | None, QUIET] = None
    cycle: Annotated[bool, QUIET] = False

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        p, t = progress_remaining, 1.0 - progress_remaining
        if self.decay_fraction is not None:
            t = covered_in_growing_cycles(self.elapsed(p), self.decay_fraction, again=self.cycle, xp=xp)
            p = 1.0 - t
        left = p if self.k == 1.0 else slowed(p, self.k, xp)
        if self.initial_value >= self.final_value:
            return blend(left**self.power, self.initial_value, self.final_value)
        return blend(
            one_minus_power(left, time_to_power(t, self.k, xp), self.power, xp), self.final_value, self.initial_value
        )


class CosineAnnealingLRSchedule(BaseLRSchedule):
    """Half a cosine wave from initial_value to final_value: level at both ends, steepest in the middle.

    Use it if the value is to stay near its start and near its end for longer than on a line. In seven of the eight
    studies of this project, no difference from `linear` was seen; in the eighth (SAC), the cosine was worse.

    Formula:
        ``final_value + (initial_value - final_value) * (1 + cos(pi * t ** k)) / 2``

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. Range: >= 0. Default: 0.0.
        k: Exponent of the elapsed fraction; above 1, the value stays high for longer. Range: > 0. Default: 1.0.

    Example:
        >>> CosineAnnealingLRSchedule(initial_value=0.001).sample(3).round(6).tolist()
        [0.001, 0.0005, 0.0]

    Source:
        Loshchilov and Hutter 2016, arXiv 1608.03983, equation 5; Zhang and Li 2020, arXiv 2004.05909, for ``k``.
    """

    __slots__ = ("_is_plain",)

    type = "cosine"

    _is_plain: ClassVar[bool]

    final_value: Value = 0.0
    k: Annotated[PositiveNumber, QUIET] = 1.0

    def prepare(self) -> None:
        """Set whether the curve falls and has no k: with this flag, a call takes a tenth less time."""
        self._derive(_is_plain=self.k == 1.0 and self.initial_value >= self.final_value)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        p = progress_remaining
        if self._is_plain:
            sine = xp.sin(HALF_PI * p)  # `half_wave` and `blend` inlined: calling them would take a fifth longer
            left = sine * sine
            return left * self.initial_value + (1.0 - left) * self.final_value
        left, covered = half_wave(slowed(p, self.k, xp), xp), half_wave(time_to_power(1.0 - p, self.k, xp), xp)
        return falling_or_rising(left, covered, self.initial_value, self.final_value)


CosineLRSchedule = CosineAnnealingLRSchedule
"""The cosine schedule under the name of its type."""


class ExponentialLRSchedule(InPeriods):
    """A decay by a constant factor per unit of time.

    Use it for a value that falls by orders of magnitude, such as an exploration rate from 1 to 0.01: each power of ten
    takes equally long, while a line spends most of the run at large values.

    Formula:
        ``initial_value * decay_rate ** (t / decay_fraction)``, or final_value if that is larger. Without decay_rate:
        ``initial_value ** p * final_value ** t``. With ``staircase``, ``t / decay_fraction`` is rounded down.

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        decay_rate: Factor per decay_fraction. Without it, the factor that leads to final_value; without both, 0.1.
            Range: (0, 1]. Default: None.
        final_value: Value at the end of training. With decay_rate, the smallest value of the curve; then it must be at
            most initial_value. Range: >= 0. Default: None.
        decay_fraction: Fraction of the run in which the value is multiplied by decay_rate once; above 1, the run ends
            before that. By default, the whole curve. Range: > 0. Default: None. In steps: ``decay_steps``.
        staircase: Whether to decay in one step at the end of each decay_fraction. Default: False.

    Example:
        >>> round(ExponentialLRSchedule(initial_value=0.001, final_value=0.00001)(0.5), 9)
        0.0001
    """

    __slots__ = ("_is_plain",)

    type = "exponential"

    _is_plain: ClassVar[bool]

    decay_rate: DecayRate | None = None
    final_value: Value | None = None
    staircase: Annotated[bool, QUIET] = False

    @classmethod
    def complete(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Add the default decay_rate, 0.1, if neither decay_rate nor final_value is given."""
        is_open = given.get("decay_rate") is None and given.get("final_value") is None
        return {**given, "decay_rate": 0.1} if is_open else given

    def check(self) -> None:
        """Reject a final_value that no rate reaches, or that is above initial_value."""
        super().check()
        first, last = self.initial_value, self.final_value or 0.0
        if self.decay_rate is None:
            message = "without decay_rate, final_value and initial_value must be > 0; no rate leads to or from 0"
            require(min(first, last) > 0.0, "final_value", last, message)
        else:
            require(last <= first, "final_value", last, f"with decay_rate, must be <= initial_value, which is {first}")

    def prepare(self) -> None:
        """Set whether the curve has a rate only: with this flag, a call takes a seventh less time."""
        super().prepare()
        self._derive(_is_plain=not self.staircase and self.final_value is None)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        if self._is_plain:
            return self.initial_value * self.decay_rate ** ((1.0 - progress_remaining) * self._periods)
        if self.staircase:
            periods = self._whole_periods(progress_remaining, xp)
        else:
            periods = (1.0 - progress_remaining) * self._periods
        if self.decay_rate is None:
            return exponential(1.0 - periods / self._periods, self.initial_value, self.final_value or 0.0)
        value = self.initial_value * self.decay_rate**periods
        return value if self.final_value is None else xp.clip(value, self.final_value, math.inf)


class RexLRSchedule(BaseLRSchedule):
    """Reflected exponential: a decay that is slow at first and becomes faster towards the end.

    Use it instead of `linear` if there are few steps: it stays above a line. It was tested in supervised learning.

    Formula:
        ``final_value + (initial_value - final_value) * p / (1 / 2 + p / 2)``

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. Range: >= 0. Default: 0.0.

    Example:
        >>> RexLRSchedule(initial_value=0.003)(0.5)
        0.002

    Source:
        Chen, Wolfe and Kyrillidis 2021, arXiv 2107.04197.
    """

    type = "rex"

    final_value: Value = 0.0

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        p = progress_remaining
        return 2.0 * p / (1.0 + p) * self.initial_value + (1.0 - p) / (1.0 + p) * self.final_value


class TanhLRSchedule(BaseLRSchedule):
    """A decay along a hyperbolic tangent: level, then a smooth drop, then level again.

    Use it to choose how long the value stays high, with lower, and low, with upper; in `cosine`, these are equal.

    Formula:
        ``final_value + (initial_value - final_value) / 2 * (1 - tanh(lower + (upper - lower) * t))``. The first value
        is slightly below initial_value and the last slightly above final_value: the curve never reaches its limits.

    Args:
        initial_value: Limit that the curve approaches at its start. Range: >= 0. Default: 0.001.
        final_value: Limit that the curve approaches at its end. Range: >= 0. Default: 0.0.
        lower: Argument of the hyperbolic tangent at the start. The lower it is, the longer the value stays high. Range:
            [-100, 100]. Default: -6.0.
        upper: Argument of the hyperbolic tangent at the end, above lower. The higher it is, the longer the value stays
            low. Range: [-100, 100]. Default: 3.0.

    Example:
        >>> round(TanhLRSchedule(initial_value=0.001)(1 / 3), 9)
        0.0005

    Source:
        Hsueh, Li and Wu 2018, arXiv 1806.01593.
    """

    type = "tanh"

    final_value: Value = 0.0
    lower: Bound = -6.0
    upper: Bound = 3.0

    def check(self) -> None:
        """Reject a lower that is not below upper."""
        super().check()
        require(self.lower < self.upper, "lower", self.lower, f"must be below upper, which is {self.upper}")

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        x = self.lower + (self.upper - self.lower) * (1.0 - progress_remaining)
        return self.initial_value / (1.0 + xp.exp(2.0 * x)) + self.final_value / (1.0 + xp.exp(-2.0 * x))
