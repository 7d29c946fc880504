"""Steps down (or up) at given fractions of the run, and straight lines between such fractions.

Notation: ``t`` is the elapsed fraction of the whole run. Milestones, points and periods are fractions of the whole run,
including the warmup. At a milestone, the value is already the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import Fraction, OpenFraction, PositiveFraction, PositiveNumber, ValidatedAs, Value, required
from lr_schedule.kinds.checks import require, require_ascending, require_bounded_growth
from lr_schedule.kinds.shapes import interpolated
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import count_reached, index_reached, pick, whole_periods

Milestones = Annotated[Sequence[float], ValidatedAs(tuple[OpenFraction, ...])]
Points = Annotated[Sequence[Sequence[float]], ValidatedAs(tuple[tuple[Fraction, Value], ...], min_length=1)]
Values = Annotated[Sequence[float], ValidatedAs(tuple[Value, ...])]


class StepLRSchedule(BaseLRSchedule):
    """A staircase: at the end of each period, the value is multiplied by gamma.

    Use it to train with a rule such as "divide by 10 every 30 epochs", or to see in the learning curve what each drop
    does. For the same decay without jumps, use `exponential`.

    Formula:
        ``initial_value * gamma ** floor(t / period_fraction)``

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        period_fraction: Fraction of the run between two steps of the staircase. Range: (0, 1]. Required. In steps:
            ``period_steps``.
        gamma: Factor at each step of the staircase. Range: > 0. Default: 0.1.

    Example:
        >>> StepLRSchedule(initial_value=0.001, period_fraction=0.5, gamma=0.5).sample(5).tolist()
        [0.001, 0.001, 0.0005, 0.0005, 0.00025]
    """

    type = "step"

    period_fraction: PositiveFraction = required()
    gamma: PositiveNumber = 0.1

    def check(self) -> None:
        """Reject a value that grows beyond the largest float."""
        super().check()
        require_bounded_growth("gamma", self.gamma, 1.0 / self.period_fraction, self.initial_value)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        return self.initial_value * self.gamma ** whole_periods(
            self.elapsed(progress_remaining), self.period_fraction, xp
        )


class MultiStepLRSchedule(BaseLRSchedule):
    """A staircase with steps of any length: at each milestone, the value is multiplied by gamma.

    Use it to drop the learning rate at known points of the run: AlphaZero does so three times, to a tenth each. If the
    factors differ, use `piecewise_constant`.

    Formula:
        ``initial_value * gamma ** n``, where n is the number of milestones reached.

    Args:
        initial_value: Value at the start of training. Range: >= 0. Default: 0.001.
        milestone_fractions: Milestones, as fractions of the whole run in ascending order. Range: each in (0, 1).
            Required. In steps: ``milestone_steps``.
        gamma: Factor at each milestone. Range: > 0. Default: 0.1.

    Example:
        >>> MultiStepLRSchedule(initial_value=0.001, milestone_fractions=[0.5, 0.75], gamma=0.5)(0.4)
        0.0005

    Source:
        Silver et al. 2017, arXiv 1712.01815 (AlphaZero).
    """

    type = "multi_step"

    milestone_fractions: Milestones = required()
    gamma: PositiveNumber = 0.1

    def check(self) -> None:
        """Reject milestones that are not in ascending order, and a value that grows beyond the largest float."""
        super().check()
        require_ascending("milestone_fractions", self.milestone_fractions)
        require_bounded_growth("gamma", self.gamma, len(self.milestone_fractions), self.initial_value)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        t = self.warmup_fraction + self.elapsed(progress_remaining)
        return self.initial_value * self.gamma ** count_reached(self.milestone_fractions, t, xp)


class PiecewiseConstantLRSchedule(BaseLRSchedule):
    """A constant value up to the first milestone, and another one from each milestone on.

    Use it for values that you choose for each stage of the run, such as the stages of a curriculum. If each value is
    the same multiple of the one before it, `multi_step` is shorter. If the value is to change gradually, use
    `piecewise_linear`.

    Formula:
        ``values[n]``, where n is the number of milestones reached.

    Args:
        values: List of values, one more than there are milestones. Range: each >= 0. Required.
        milestone_fractions: Milestones at which the next value starts, as fractions of the whole run in ascending
            order. Range: each in (0, 1). Required. In steps: ``milestone_steps``.

    Example:
        >>> PiecewiseConstantLRSchedule(values=[0.001, 0.0001], milestone_fractions=[0.8])(0.2)
        0.0001
    """

    type = "piecewise_constant"
    omitted_fields = ("initial_value",)

    values: Values = required()
    milestone_fractions: Milestones = required()

    def check(self) -> None:
        """Reject milestones that are not in ascending order, or not one fewer than the values."""
        super().check()
        require_ascending("milestone_fractions", self.milestone_fractions)
        count = len(self.milestone_fractions)
        message = f"must have {count + 1} values, one more than there are milestones"
        require(len(self.values) == count + 1, "values", list(self.values), message)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        t = self.warmup_fraction + self.elapsed(progress_remaining)
        return pick(self.values, index_reached(self.milestone_fractions, t, xp), t, xp)


class PiecewiseLinearLRSchedule(BaseLRSchedule):
    """Straight lines between points; before the first point and after the last one, the value is constant.

    Use it to copy a schedule from RLlib, or to give a curve by a few points: for example, the epsilon of DQN from 1 to
    0.1 in the first tenth of the run, and from there to 0.01. For a single line, `linear` is shorter.

    Formula:
        Between the points ``(a, u)`` and ``(b, v)``: ``u + (v - u) * (t - a) / (b - a)``.

    Args:
        points: List of pairs ``[fraction, value]``, at least one. The fractions are those of the whole run, in
            ascending order. Range: pairs of [0, 1] and >= 0. Required. In steps: ``step_points``.

    Example:
        >>> PiecewiseLinearLRSchedule(points=[[0, 0.001], [0.5, 0.0005], [1, 0]])(0.25)
        0.00025

    Source:
        RLlib gives a scheduled hyperparameter in this form.
    """

    __slots__ = ("_heights", "_places")

    type = "piecewise_linear"
    omitted_fields = ("initial_value",)

    _places: ClassVar[tuple[float, ...]]
    _heights: ClassVar[tuple[float, ...]]

    points: Points = required()

    def check(self) -> None:
        """Reject points that are not in ascending order."""
        super().check()
        require_ascending("points", [place for place, _ in self.points])

    def prepare(self) -> None:
        """Split the points into fractions and values, and add a constant part before the first and after the last."""
        places, values = zip((-1.0, self.points[0][1]), *self.points, (2.0, self.points[-1][1]), strict=True)
        self._derive(_places=places, _heights=values)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        return interpolated(self._places, self._heights, self.warmup_fraction + self.elapsed(progress_remaining), xp)
