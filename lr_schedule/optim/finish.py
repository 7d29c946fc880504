"""A cool-down that starts at the current learning rate of an optimizer."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Value, read_number
from lr_schedule.kinds.finish import cool_down_from
from lr_schedule.kinds.warmup import WarmupStableDecayLRSchedule


def cool_down(source: Any, steps: float, to: float = 0.0, shape: str = "1-sqrt") -> WarmupStableDecayLRSchedule:
    """Return a schedule that starts exactly at the learning rate in use and decays from there.

    Use it to finish a run early that has a constant learning rate, or a WSD run on its plateau: pass the schedule to a
    new `ScheduleLR` with `steps` as its total_steps. For models of Stable-Baselines3, use `lr_schedule.sb3.cool_down`.

    Formula:
        The decay of `WarmupStableDecayLRSchedule`, over the whole run, from the rate of the optimizer.

    Args:
        source: A torch optimizer, or the learning rate itself, such as that of one of several param groups.
        steps: Length of the decay in calls of ``step()``. Must be above 0.
        to: Learning rate at the end of the decay. Must be 0 or above.
        shape: A decay_shape of `WarmupStableDecayLRSchedule`.

    Returns:
        The schedule, for a run of `steps`.

    Raises:
        ScheduleConfigError: An argument is wrong, or the param groups have different rates.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(2)], lr=0.1)
        >>> schedule = cool_down(optimizer, steps=100)
        >>> schedule(1.0), schedule(0.75), schedule(0.0)
        (0.1, 0.05, 0.0)

    Source:
        Haegele et al. 2024, arXiv 2405.18392 (the shape 1-sqrt).
    """
    return cool_down_from(rate_of(source), steps, to, shape)


def rate_of(source: Any) -> float:
    """Return the single learning rate of an optimizer, or the given number."""
    if isinstance(source, Optimizer):
        return rate_of_groups(source.param_groups)
    try:
        return read_number(Value, source, "source")
    except ScheduleConfigError:
        message = "must be a torch optimizer or a number; for a model or its zip file, use lr_schedule.sb3.cool_down"
        raise ScheduleConfigError.at("source", source, message) from None


def rate_of_groups(groups: list[dict[str, Any]]) -> float:
    """Return the single learning rate of param groups."""
    rates = list(dict.fromkeys(float(group["lr"]) for group in groups))
    if len(rates) > 1:
        message = (
            f"its param groups have different rates, {', '.join(map(str, rates))}; pass ScheduleLR a list: "
            "[cool_down(group['lr'], steps) for group in optimizer.param_groups]"
        )
        raise ScheduleConfigError.at("optimizer", rates, message)
    return rates[0]
