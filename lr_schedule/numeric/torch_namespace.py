"""The array API namespace of torch tensors: that of array-api-compat, but for what torch.compile cannot trace in it."""

from typing import Any

from array_api_compat import torch as compat
from torch import clamp as clip

__all__ = ["clip"]


def __getattr__(name: str) -> Any:
    return getattr(compat, name)
