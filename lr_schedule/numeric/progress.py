"""Progress in, values out: what `__call__` does with numbers that are no plain floats, and with arrays."""

from __future__ import annotations

import bisect
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import array_api_compat
import numpy as np

from lr_schedule.fields import is_numeral, to_number
from lr_schedule.numeric import floats

TICK = 2.0**-40
"""How far ``1 - p`` may lie below the share ``k / T`` that a caller meant: a few roundings, in a short part of a nested
schedule many, but far less than any step."""

ROUNDINGS = 4.0
"""The same for an array, in units of its dtype's precision."""

BLOCK = 65_536
"""Points evaluated at a time: the intermediate results of a formula then stay in the processor's cache."""

_namespaces: dict[type, Any] = {}


def to_progress(value: Any) -> float:
    """Return one progress in [0, 1] for any kind of number; NaN is a ValueError, what is no number a TypeError."""
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


def is_array(value: Any) -> bool:
    """Tell whether `value` is an array (0-d included), rather than one number."""
    return hasattr(value, "dtype") and hasattr(value, "shape") and not isinstance(value, np.generic)


def namespace_of(array: Any) -> Any:
    """Return the array API namespace of `array`, or raise the TypeError that says what is accepted."""
    kind = type(array)
    if kind.__module__.startswith("torch"):  # torch.compile traces this line, and warns of what the other path does
        from lr_schedule.numeric import torch_namespace

        return torch_namespace
    if kind not in _namespaces:
        try:
            _namespaces[kind] = array_api_compat.array_namespace(array)
        except TypeError:
            message = f"progress_remaining must be a number or an array (numpy, torch, jax), not {kind.__name__}"
            raise TypeError(message) from None
    return _namespaces[kind]


def is_traced(array: Any, xp: Any) -> bool:
    """Tell whether `array` stands for values that are not known yet (``jax.jit``, ``torch.compile``, vmap)."""
    framework = xp.__name__
    if framework.endswith("torch"):
        import torch

        return torch.compiler.is_compiling() or bool(torch._C._functorch.is_functorch_wrapped_tensor(array))
    if framework.startswith("jax"):
        import jax

        return isinstance(array, jax.core.Tracer)
    return False


def clamp(progress: Any, xp: Any) -> Any:
    """Return an array of progress clamped to [0, 1]; NaN is a ValueError where values are known, else counts as 0."""
    if is_traced(progress, xp):
        return xp.where(progress > 0.0, xp.where(progress < 1.0, progress, 1.0), 0.0)
    if math.prod(progress.shape) == 0:
        return progress
    lowest, highest = xp.min(progress), xp.max(progress)
    if lowest >= 0.0 and highest <= 1.0:
        return progress
    if lowest != lowest:
        raise ValueError("progress_remaining must be between 0 and 1, but the array holds NaN")
    return xp.clip(progress, 0.0, 1.0)


def evaluate(curve: Callable[[Any, Any], Any], progress: Any) -> Any:
    """Return ``curve(progress, xp)`` for an array, with the kind, dtype, shape and device of `progress`."""
    xp = namespace_of(progress)
    if not xp.isdtype(progress.dtype, "real floating"):
        raise TypeError(f"an array of progress_remaining must hold floats, not {progress.dtype}")
    if not isinstance(progress, np.ndarray):
        return curve(clamp(progress, xp), xp)
    points = progress.reshape(-1)
    values = np.empty_like(points)
    with np.errstate(all="ignore"):
        for start in range(0, points.size, BLOCK):
            block = slice(start, start + BLOCK)
            values[block] = curve(clamp(points[block], xp), xp)
    return values.reshape(progress.shape)


def as_curve(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return `func` as a method ``(self, progress, xp)``; without `xp` it is asked for each point of an array."""
    if "xp" in inspect.signature(func).parameters:
        return func

    def curve(self: Any, progress: Any, xp: Any = floats) -> Any:
        if xp is floats:
            return func(self, progress)
        if is_traced(progress, xp):
            message = "takes one float at a time; give it an argument xp=floats to run on traced arrays"
            raise TypeError(f"{func.__qualname__} {message}")
        values = [float(func(self, float(point))) for point in progress.reshape(-1)]
        return xp.reshape(_array_like(progress, values, xp), progress.shape)

    return curve


def require_values(values: Any, xp: Any) -> Any:
    """Return an array of values, all finite and not negative, or raise ValueError."""
    if is_traced(values, xp) or bool(xp.all((values >= 0.0) & (values < math.inf))):
        return values
    raise ValueError("a schedule gave a value that is NaN, infinite or negative")


def require_value(value: Any, progress: float, source: object) -> float:
    """Return one value as a float, finite and not negative, or raise ValueError."""
    number = to_number(value)
    if 0.0 <= number < math.inf:
        return number
    raise ValueError(f"{source!r} gave {number} at progress_remaining {progress}; values are finite and not negative")


def tick(elapsed: Any, xp: Any) -> float:
    """Return how far `elapsed` may lie below a place that it was meant to reach."""
    return TICK if xp is floats else max(TICK, ROUNDINGS * float(xp.finfo(elapsed.dtype).eps))


def whole_periods(elapsed: Any, period: float, xp: Any) -> Any:
    """Return how many whole periods are over; one that is over but for rounding counts."""
    return xp.floor((elapsed + tick(elapsed, xp)) / period)


def count_reached(places: Sequence[float], elapsed: Any, xp: Any) -> Any:
    """Return how many of the ascending `places` are reached; one that is reached but for rounding counts."""
    if xp is floats:
        return bisect.bisect_right(places, elapsed + TICK)
    return xp.searchsorted(_array_like(elapsed, places, xp), elapsed + tick(elapsed, xp), side="right")


def pick(values: Sequence[float], index: Any, like: Any, xp: Any) -> Any:
    """Return ``values[index]``, for an array of indices with the dtype and device of `like`."""
    if xp is floats:
        return values[index]
    return _array_like(like, values, xp)[index]


def _array_like(like: Any, values: Sequence[float], xp: Any) -> Any:
    return xp.asarray(values, dtype=like.dtype, device=getattr(like, "device", None))
