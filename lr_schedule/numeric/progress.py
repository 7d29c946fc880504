"""Checks of `__call__`: which numbers are a progress, and which values a schedule may have."""

from __future__ import annotations

import math
import reprlib
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lr_schedule.fields import is_numeral, to_number

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    import numpy as np

    Number = float | Decimal | Fraction | np.number[Any]


class IsArray(Protocol):
    """An array of numpy, torch or jax; a type checker distinguishes it from a number by this protocol."""

    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> Any: ...


Array = TypeVar("Array", bound=IsArray)


def is_array(value: Any) -> bool:
    """Tell whether `value` is an array (0-d included), rather than one number."""
    if not hasattr(value, "dtype"):
        return False
    if getattr(value, "is_nested", False):  # it may have no shape
        raise TypeError("an array of progress_remaining must not be a nested tensor; pass each of its tensors")
    if not hasattr(value, "shape"):
        return False
    import numpy as np  # here, because a run that uses only floats does not need it

    return not isinstance(value, np.generic)


def to_progress(value: Any) -> float:
    """Return a progress clamped to [0, 1] for any type of number; NaN raises ValueError, other objects TypeError."""
    if isinstance(value, str) and is_numeral(value):
        raise TypeError(f"progress_remaining must be a number or an array of floats, not the string {value!r}")
    try:
        progress = to_number(value)
    except TypeError:
        message = f"progress_remaining must be a number or an array of floats, not {type(value).__name__}"
        raise TypeError(message) from None
    if math.isnan(progress):
        raise ValueError("progress_remaining must be a number between 0 and 1, not NaN")
    return min(max(progress, 0.0), 1.0)


def require_value(value: Any, progress: object, source: object) -> float:
    """Return the value of a formula as a float; if it is negative or not finite, raise an error with its source."""
    received = f"{source!r} gave {reprlib.repr(value)} at progress_remaining {progress}"
    try:
        number = to_number(None if isinstance(value, str) else value)
    except TypeError:
        raise TypeError(f"{received}; values must be finite numbers that are not negative") from None
    if 0.0 <= number < math.inf:
        return number
    raise ValueError(f"{received}; values must be finite and not negative")
