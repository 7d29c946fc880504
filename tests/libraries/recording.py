"""What an optimizer of torch works with when it makes a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook


@contextmanager
def recorded(read: Callable[[Optimizer], Any]) -> Iterator[list[Any]]:
    """Record, before each step that any optimizer makes, what is read from it."""
    seen: list[Any] = []

    def record(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        seen.append(read(optimizer))

    handle = register_optimizer_step_pre_hook(record)
    try:
        yield seen
    finally:
        handle.remove()


def rate_of(optimizer: Optimizer) -> float:
    """Return the learning rate that all param groups of an optimizer have."""
    (rate,) = {float(group["lr"]) for group in optimizer.param_groups}
    return rate
