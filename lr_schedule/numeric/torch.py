"""The array API namespace of torch tensors: array-api-compat without what torch.compile cannot trace."""

from typing import Any

import torch
from array_api_compat import torch as compat
from torch import clamp as clip  # torch.compile breaks off at the keyword handling of array-api-compat's clip

__all__ = ["clip"]


# Looked up again at each use: torch.compile does not trace a namespace that is copied and kept in a variable.
def __getattr__(name: str) -> Any:
    return getattr(compat, name)


def require_plain(progress: torch.Tensor) -> torch.Tensor:
    """Return a tensor whose values can be computed with, or raise the TypeError that says what it should be."""
    if progress.layout is not torch.strided:
        raise TypeError(f"a tensor of progress_remaining must be dense, not {progress.layout}; use to_dense()")
    if progress.element_size() < 2:
        raise TypeError(f"a tensor of progress_remaining must have 16 bits or more per value, not {progress.dtype}")
    if progress.is_meta and not torch.compiler.is_compiling():
        raise TypeError("a tensor of progress_remaining must hold values; one on the device meta has none")
    return progress


def with_gradient_of(progress: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return the values with a gradient where progress asks for one: that of a level curve is 0."""
    return values + 0.0 * progress if progress.requires_grad and not values.requires_grad else values
