"""A decay that starts at the current step of a run."""

from __future__ import annotations

from typing import Any, get_args

from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.fields import PositiveNumber, Value, read_number
from lr_schedule.kinds.shapes import BY_RATIO, DecayShape
from lr_schedule.kinds.warmup import WarmupStableDecayLRSchedule


def cool_down_from(rate: float, steps: Any, to: Any, shape: Any, done: float = 0.0) -> WarmupStableDecayLRSchedule:
    """Return a schedule that keeps a rate for the steps that are done, and then decays in `steps` more."""
    left, end = read_number(PositiveNumber, steps, "steps"), read_number(Value, to, "to")
    shapes = get_args(DecayShape)
    if shape not in shapes:
        message = f"no shape of a decay{did_you_mean(shape, shapes)} Allowed: {', '.join(shapes)}"
        raise ScheduleConfigError.at("shape", shape, message)
    for name, value in (("rate", rate), ("to", end)) if shape in BY_RATIO else ():
        if value == 0.0:
            raise ScheduleConfigError.at(name, value, f"must be above 0 for an {shape.replace('_', ' ')} shape")
    # Computed like the progress in a trainer, so that the decay starts exactly at this step and at this rate.
    fraction = 1.0 - done / (done + left)
    return WarmupStableDecayLRSchedule(
        initial_value=rate, final_value=end, warmup_fraction=0.0, decay_fraction=fraction, decay_shape=shape
    )
