"""The array API namespace of torch tensors: array-api-compat, except for code that torch.compile cannot trace."""

from typing import Any

import torch
from array_api_compat import torch as compat
from torch import clamp as clip  # torch.compile cannot trace the keyword handling in array-api-compat's clip

__all__ = ["clip"]


# Looked up at each use, because torch.compile does not trace a namespace that is copied to a variable.
def __getattr__(name: str) -> Any:
    return getattr(compat, name)


def require_plain(progress: torch.Tensor) -> torch.Tensor:
    """Return a tensor that formulas can use, or raise a TypeError that says what is allowed."""
    if progress.layout is not torch.strided:
        raise TypeError(f"a tensor of progress_remaining must be dense, not {progress.layout}; use to_dense()")
    if progress.element_size() < 2:
        raise TypeError(f"a tensor of progress_remaining must have 16 bits or more per value, not {progress.dtype}")
    if progress.is_meta and not torch.compiler.is_compiling():
        raise TypeError("a tensor of progress_remaining must contain values; one on the device meta has none")
    return progress


def with_gradient_of(progress: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return the values with a gradient if progress requires one; for a constant curve, it is 0."""
    return values + 0.0 * progress if progress.requires_grad and not values.requires_grad else values
