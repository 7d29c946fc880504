"""Right and wrong uses, as an editor sees them: type checkers must find each line marked wrong, and no other.

The file is checked and never run.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from typing_extensions import assert_type

from lr_schedule import (
    BaseLRSchedule,
    ConstantLRSchedule,
    CosineLRSchedule,
    CosineWarmupLRSchedule,
    CyclicLRSchedule,
    DelayLRSchedule,
    LinearLRSchedule,
    MultiStepLRSchedule,
    PiecewiseLinearLRSchedule,
    SequentialLRSchedule,
    StepLRSchedule,
    TorchLRSchedule,
    from_steps,
    from_torch,
    plot,
)
from lr_schedule.fields import Value


class SpikeLRSchedule(BaseLRSchedule):
    """A type as users write them."""

    type = "spike_in_types"
    peak_value: Value = 0.01
    sharpness: float = 1.0


class HasFloat:
    """No number, although Python makes a float of it."""

    def __float__(self) -> float:
        return 0.5


# Every form of a constructor is right: fields, a config by position, or both.
linear = LinearLRSchedule(initial_value=3e-4, final_value=1e-5, warmup_fraction=0.1)
LinearLRSchedule(3e-4)
LinearLRSchedule({"initial_value": 3e-4, "warmup_steps": 100, "total_steps": 1000})
LinearLRSchedule(3e-4, final_value=1e-5)
LinearLRSchedule(linear)
BaseLRSchedule(initial_value=1)
ConstantLRSchedule(0.1)
CosineLRSchedule(k=2)
StepLRSchedule(period_fraction=0.1)
StepLRSchedule({"period_steps": 10, "total_steps": 100})
MultiStepLRSchedule(milestone_fractions=[0.5, 0.75])
PiecewiseLinearLRSchedule(points=[[0, 0.001], (1, 0)])
CyclicLRSchedule(peak_value=0.01, up_fraction=0.1, mode="exp_range")
SequentialLRSchedule(parts=[{"type": "linear", "fraction": 0.5}, {"schedule": 0.1, "fraction": 0.5}])
DelayLRSchedule(schedule=lambda p: 0.1 * p, delay_fraction=0.5)
DelayLRSchedule(schedule=linear, delay_fraction=0.5)
TorchLRSchedule({"scheduler": "StepLR", "total_steps": 100, "step_size": 30})
spike = SpikeLRSchedule(peak_value=0.1, sharpness=2.0)

LinearLRSchedule(inital_value=1)  # wrong
LinearLRSchedule(final_value=None)  # wrong
BaseLRSchedule(initial_valu=1)  # wrong
CosineWarmupLRSchedule(warmup_fraction="x")  # wrong
CyclicLRSchedule(peak_value=0.01, up_fraction=0.1, mode="triangel")  # wrong
MultiStepLRSchedule(milestone_fractions=0.5)  # wrong
SpikeLRSchedule(peek_value=0.1)  # wrong
SpikeLRSchedule(sharpness="x")  # wrong
linear.initial_value = 2.0  # wrong
spike.sharpness = 2.0  # wrong
print(linear.final_valu)  # wrong

# A schedule gives what it is asked for.
points: npt.NDArray[np.float64] = np.linspace(0.0, 1.0, 5)
assert_type(linear(0.5), float)
assert_type(linear(1), float)
assert_type(linear(np.float32(0.5)), float)
assert_type(linear(points), npt.NDArray[np.float64])
assert_type(linear(torch.zeros(3)), torch.Tensor)
assert_type(linear.initial_value, float)
assert_type(spike.peak_value, float)
linear("0.5")  # wrong
linear([0.5])  # wrong
linear(None)  # wrong

# What makes a schedule, or a picture of one, says so.
assert_type(BaseLRSchedule.create("cosine_3e-4"), BaseLRSchedule)
assert_type(BaseLRSchedule.create({"type": "linear", "warmup_steps": 10}, total_steps=100), BaseLRSchedule)
assert_type(BaseLRSchedule.create([{"type": "linear", "fraction": 1}]), BaseLRSchedule)
for number in (0.1, 1, "3e-4", Decimal("0.1"), Fraction(1, 2), np.float32(0.1), np.array(0.1), torch.tensor(0.1)):
    BaseLRSchedule.create(number)
BaseLRSchedule.create(HasFloat())  # wrong
assert_type(0.5 * linear, BaseLRSchedule)
assert_type(linear.schedules, tuple[BaseLRSchedule, ...])
assert_type(linear.to_config(), dict[str, Any])
assert_type(linear.plot(), Axes)
assert_type(plot([linear, "cosine_3e-4"]), Axes)
assert_type(from_torch("StepLR", 100, step_size=30), BaseLRSchedule)
assert_type(from_steps(lambda step: 0.1 * 0.5**step, 100), BaseLRSchedule)
