"""Decays by one over a power of the elapsed time. They do not depend on the end of the run.

Notation: ``p`` is progress_remaining and ``t = 1 - p`` the elapsed fraction. Every type also has the keys of
`BaseLRSchedule`, such as ``warmup_fraction``.
"""

from __future__ import annotations

import math
import sys
from typing import Annotated, Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import QUIET, NumberRule, OpenFraction, PositiveNumber, Value
from lr_schedule.kinds.checks import LARGEST, require
from lr_schedule.kinds.periods import InPeriods
from lr_schedule.numeric import floats


class InverseTimeLRSchedule(InPeriods):
    """A decay by one over the elapsed time: fast at first, then slower and slower.

    Use it for tabular and linear methods: with a step_exponent above 0.5 and up to 1, the learning rate satisfies the
    conditions of Robbins and Monro for convergence. For networks that are trained with Adam, prefer `linear` or
    `warmup_stable_decay`.

    Formula:
        ``initial_value / (1 + decay_rate * (t / decay_fraction) ** step_exponent)``. With ``staircase``, ``t /
        decay_fraction`` is rounded down.

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        decay_rate: Number that is added to the divisor in each period; the divisor starts at 1. Range: >= 0. Default:
            1.0.
        decay_fraction: Fraction of the run for one period. If it is above 1, the run ends before the first period. By
            default, the period is as long as the curve. Range: > 0. Default: None. In steps: ``decay_steps``.
        step_exponent: Exponent of the number of elapsed periods. Range: > 0. Default: 1.0.
        staircase: Whether to decay in one step at the end of each period. Default: False.

    Example:
        >>> InverseTimeLRSchedule(initial_value=0.001)(0.0)
        0.0005

    Source:
        Robbins and Monro 1951, doi:10.1214/aoms/1177729586; Keras InverseTimeDecay.
    """

    type = "inverse_time"

    decay_rate: Value = 1.0
    step_exponent: PositiveNumber = 1.0
    staircase: Annotated[bool, QUIET] = False

    def check(self) -> None:
        """Reject a divisor that grows beyond the largest float."""
        super().check()
        growth = self.step_exponent * -math.log(self.decay_fraction or 1.0)
        require(growth <= LARGEST, "step_exponent", self.step_exponent, "makes the divisor grow beyond 1e300")

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        if self.staircase:
            periods = self._whole_periods(progress_remaining, xp)
        else:
            periods = (1.0 - progress_remaining) * self._periods
        return self.initial_value / (1.0 + self.decay_rate * periods**self.step_exponent)


class InverseSqrtLRSchedule(BaseLRSchedule):
    """A decay by one over the square root, or another power, of time; it does not depend on the end of the run.

    Use it if you do not know how long the run will be: with timescale_steps, the value at a step is the same for every
    length of the run. Zhai et al. (2021) end such a run with a short decay to 0, and so get results for several lengths
    from one run.

    With a warmup as long as the timescale, it is the schedule of fairseq. If the warmup_start_factor is 1 as well, it
    is the schedule of T5.

    Formula:
        ``initial_value / (t / timescale_fraction + shift) ** exponent``

    Args:
        initial_value: Value at the start of the curve if shift is 1. Range: >= 0. Default: 0.001.
        timescale_fraction: Fraction of the run for one unit of time. Range: > 0. Default: 0.1. In steps:
            ``timescale_steps``.
        shift: Number of units of time that count as elapsed at the start of the curve. Range: >= 1e-06. Default: 1.0.
        exponent: Power of the time by which the value is divided; 0.5 is the square root. Range: (0, 10]. Default: 0.5.

    Example:
        >>> InverseSqrtLRSchedule(initial_value=0.001, timescale_fraction=0.25)(0.25)
        0.0005

    Source:
        Zhai et al. 2021, arXiv 2106.04560 (reciprocal square root); Raffel et al. 2019, arXiv 1910.10683; Shen et
        al. 2024, arXiv 2408.13359 (power scheduler: exponent 0.51, below a bound that `clip` sets).
    """

    __slots__ = ("_timescale",)

    type = "inverse_sqrt"

    _timescale: ClassVar[float]

    timescale_fraction: PositiveNumber = 0.1
    shift: Annotated[float, NumberRule(ge=1e-6)] = 1.0
    exponent: Annotated[float, NumberRule(gt=0, le=10), QUIET] = 0.5

    def check(self) -> None:
        """Reject a first value beyond the largest float."""
        super().check()
        growth = math.log(self.initial_value or 1.0) - self.exponent * math.log(self.shift)
        require(growth < math.log(sys.float_info.max), "shift", self.shift, "makes the first value infinite")

    def prepare(self) -> None:
        """Set the fraction of the run for one unit of time."""
        self._derive(_timescale=self.timescale_fraction)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        time = self.elapsed(progress_remaining) / self._timescale + self.shift
        return self.initial_value / (xp.sqrt(time) if self.exponent == 0.5 else time**self.exponent)


class NoamLRSchedule(InverseSqrtLRSchedule):
    """The schedule of the first Transformer: a linear warmup, then a decay by the square root of time.

    Use it to train an agent with attention as the first Transformer was trained. It is `inverse_sqrt` with the length
    of the warmup as its timescale; to set the two separately, use `inverse_sqrt` itself.

    Formula:
        ``initial_value * t / warmup_fraction`` up to the peak, then ``initial_value * sqrt(warmup_fraction / t)``. In
        the paper, the peak is ``(d_model * warmup_steps) ** -0.5``.

    Args:
        initial_value: Value at the peak, the end of the warmup. Range: >= 0. Default: 0.001.
        warmup_fraction: Fraction of the run for the warmup. Range: (0, 1). Default: 0.1. In steps: ``warmup_steps``.

    Example:
        >>> NoamLRSchedule(initial_value=0.001, warmup_fraction=0.1)(0.6)
        0.0005

    Source:
        Vaswani et al. 2017, arXiv 1706.03762, equation 3.
    """

    type = "noam"
    omitted_fields = ("timescale_fraction", "shift", "exponent")

    warmup_fraction: OpenFraction = 0.1

    def prepare(self) -> None:
        """Set the fraction of the run for one unit of time."""
        self._derive(_timescale=self.warmup_fraction)
