"""Schedules for reinforcement learning: a learning rate, or any other hyperparameter, as a function of progress."""

from lr_schedule.base import BaseLRSchedule, ConstantLRSchedule
from lr_schedule.bridge.logs import from_log
from lr_schedule.bridge.sources import from_steps
from lr_schedule.bridge.stepwise import TableLRSchedule
from lr_schedule.bridge.torch_schedulers import TorchLRSchedule, from_torch
from lr_schedule.config.schema import json_schema
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.kinds.compose import (
    ClipLRSchedule,
    DelayLRSchedule,
    ProductLRSchedule,
    RepeatLRSchedule,
    SequentialLRSchedule,
)
from lr_schedule.kinds.cycles import CosineRestartsLRSchedule, CyclicLRSchedule, OneCycleLRSchedule
from lr_schedule.kinds.decay import (
    CosineAnnealingLRSchedule,
    CosineLRSchedule,
    ExponentialLRSchedule,
    LinearLRSchedule,
    PolynomialLRSchedule,
    RexLRSchedule,
    TanhLRSchedule,
)
from lr_schedule.kinds.inverse import InverseSqrtLRSchedule, InverseTimeLRSchedule, NoamLRSchedule
from lr_schedule.kinds.staircase import (
    MultiStepLRSchedule,
    PiecewiseConstantLRSchedule,
    PiecewiseLinearLRSchedule,
    StepLRSchedule,
)
from lr_schedule.kinds.warmup import CosineWarmupLRSchedule, TriStageLRSchedule, WarmupStableDecayLRSchedule
from lr_schedule.numeric import floats as floats
from lr_schedule.plotting import plot

__version__ = "0.1.0"

__all__ = [
    "BaseLRSchedule",
    "ClipLRSchedule",
    "ConstantLRSchedule",
    "CosineAnnealingLRSchedule",
    "CosineLRSchedule",
    "CosineRestartsLRSchedule",
    "CosineWarmupLRSchedule",
    "CyclicLRSchedule",
    "DelayLRSchedule",
    "ExponentialLRSchedule",
    "InverseSqrtLRSchedule",
    "InverseTimeLRSchedule",
    "LinearLRSchedule",
    "MultiStepLRSchedule",
    "NoamLRSchedule",
    "OneCycleLRSchedule",
    "PiecewiseConstantLRSchedule",
    "PiecewiseLinearLRSchedule",
    "PolynomialLRSchedule",
    "ProductLRSchedule",
    "RepeatLRSchedule",
    "RexLRSchedule",
    "ScheduleConfigError",
    "SequentialLRSchedule",
    "StepLRSchedule",
    "TableLRSchedule",
    "TanhLRSchedule",
    "TorchLRSchedule",
    "TriStageLRSchedule",
    "WarmupStableDecayLRSchedule",
    "from_log",
    "from_steps",
    "from_torch",
    "json_schema",
    "plot",
]
