"""The array API namespace of torch tensors: that of array-api-compat, but for what torch.compile cannot trace in it."""

from typing import Any

from array_api_compat import torch as compat
from torch import clamp as clip  # torch.compile breaks off at the keyword handling of array-api-compat's clip

__all__ = ["clip"]


# Looked up anew at each use: torch.compile does not trace a namespace that is copied and kept in a variable.
def __getattr__(name: str) -> Any:
    return getattr(compat, name)
