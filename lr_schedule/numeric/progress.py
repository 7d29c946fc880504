"""The door of `__call__`: which numbers are a progress, and which values a schedule may give."""

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
    """An array of numpy, torch or jax, as a type checker tells it from a number."""

    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> Any: ...


Array = TypeVar("Array", bound=IsArray)


def is_array(value: Any) -> bool:
    """Tell whether `value` is an array (0-d included), rather than one number."""
    if not hasattr(value, "dtype"):
        return False
    if getattr(value, "is_nested", False):  # and may have no shape to ask for
        raise TypeError("an array of progress_remaining must not be a nested tensor; give each tensor of it")
    if not hasattr(value, "shape"):
        return False
    import numpy as np  # here, as a run that asks with floats only never pays for it

    return not isinstance(value, np.generic)


def to_progress(value: Any) -> float:
    """Return one progress in [0, 1] for any type of number; NaN is a ValueError, what is no number a TypeError."""
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
    """Return what a formula gave as one value: a float, finite and not negative; else say what gave it, and where."""
    received = f"{source!r} gave {reprlib.repr(value)} at progress_remaining {progress}"
    try:
        number = to_number(None if isinstance(value, str) else value)
    except TypeError:
        raise TypeError(f"{received}; values are numbers, finite and not negative") from None
    if 0.0 <= number < math.inf:
        return number
    raise ValueError(f"{received}; values are finite and not negative")
