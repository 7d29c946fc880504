"""Writing numbers into the param groups of an optimizer; a tensor is filled in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from lr_schedule.config.group_keys import LR, GroupKey
from lr_schedule.fields import to_number


def set_lr(optimizer: Optimizer, value: Any) -> None:
    """Set the learning rate of an optimizer: one for all param groups, or one for each.

    Use it in your own training loop if you compute the value yourself. A rate that is a tensor is written in place, so
    a compiled optimizer or a CUDA graph stays valid. If the rate is a float, ``torch.compile`` compiles again for each
    new value.

    Args:
        optimizer: The optimizer.
        value: The rate, or a list or array of rates, one for each param group. Must be finite and not negative.

    Raises:
        ValueError: A rate is NaN, infinite or negative; the number of rates is not the number of param groups; or there
            are several rates for groups that share one tensor.
        TypeError: A rate is not a number.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.Adam([torch.zeros(2)], lr=torch.tensor(0.1))
        >>> set_lr(optimizer, 0.05)
        >>> optimizer.param_groups[0]["lr"]
        tensor(0.0500)
    """
    if getattr(value, "ndim", 0) == 1:
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        write_each(LR, optimizer.param_groups, [_to_rate(item) for item in value])
        return
    rate = _to_rate(value)
    for group in optimizer.param_groups:
        LR.write(group, rate)


def _to_rate(value: Any) -> float:
    try:
        rate = to_number(value)
    except TypeError:
        raise TypeError(f"a learning rate must be a number, not {value!r}") from None
    if not 0.0 <= rate < math.inf:
        raise ValueError(f"a learning rate must be finite and >= 0, not {value!r}")
    return rate


def write_each(key: GroupKey, groups: list[dict[str, Any]], values: Sequence[Any], *, relative: bool = False) -> None:
    """Set a key of each param group to its value; groups that share a tensor are an error: all would get the last."""
    called = "learning rates" if key == LR else f"values of {key.name}"
    if len(values) != len(groups):
        raise ValueError(f"got {len(values)} {called} for {len(groups)} param groups")
    tensors = [held for group in groups if isinstance(held := key.read(group), Tensor)]
    if len({id(tensor) for tensor in tensors}) < len(tensors):
        message = (
            f"param groups share one tensor as their {key.name}, so they cannot have different rates; make one for each"
        )
        raise ValueError(f"{message}, as in [{{'params': ..., {key.stem!r}: torch.tensor(0.1)}}, ...]")
    for group, value in zip(groups, values, strict=True):
        (key.scale if relative else key.write)(group, value)
