"""Arrays of progress: the namespace for a formula, and its evaluation at many points.

Only this module needs numpy and array-api-compat. It is imported when an array is first used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import array_api_compat
import numpy as np

from lr_schedule.numeric.places import index_reached, tick
from lr_schedule.numeric.progress import require_value

BLOCK = 65_536
"""Number of points evaluated at once, so that the intermediate results of a formula stay in the processor's cache."""

_namespaces: dict[type, Any] = {}


def namespace_of(array: Any) -> Any:
    """Return the array API namespace of `array`, or raise a TypeError that says what is accepted."""
    kind = type(array)
    if kind.__module__.startswith("torch"):  # torch.compile traces this line, and warns about the other path
        from lr_schedule.numeric import torch

        return torch
    if kind not in _namespaces:
        try:
            _namespaces[kind] = array_api_compat.array_namespace(array)
        except TypeError:
            message = f"progress_remaining must be a number or an array (numpy, torch, jax), not {kind.__name__}"
            raise TypeError(message) from None
    return _namespaces[kind]


def is_traced(array: Any, xp: Any) -> bool:
    """Tell whether the values of `array` are not known yet (``jax.jit``, ``torch.compile``, vmap)."""
    framework = xp.__name__
    if framework.endswith("torch"):
        import torch

        # torch 2.13 has no public function to check whether vmap or grad wraps a tensor.
        return torch.compiler.is_compiling() or bool(torch._C._functorch.is_functorch_wrapped_tensor(array))
    if framework.startswith("jax"):
        import jax

        return isinstance(array, jax.core.Tracer)
    return False


def clamp(progress: Any, xp: Any) -> Any:
    """Return an array of progress clamped to [0, 1]; NaN raises a ValueError, or counts as 0 in a traced array."""
    if is_traced(progress, xp):
        return xp.where(progress >= 0.0, xp.where(progress <= 1.0, progress, 1.0), 0.0)
    if math.prod(progress.shape) == 0:
        return progress
    lowest, highest = xp.min(progress), xp.max(progress)
    if lowest >= 0.0 and highest <= 1.0:
        return progress
    if lowest != lowest:
        raise ValueError("progress_remaining must be between 0 and 1, but the array contains NaN")
    return xp.clip(progress, 0.0, 1.0)


def evaluate(curve: Callable[[Any, Any], Any], progress: Any) -> Any:
    """Return ``curve(progress, xp)`` for an array, with the library, dtype, shape and device of `progress`."""
    xp = namespace_of(progress)
    if not xp.isdtype(progress.dtype, "real floating"):
        raise TypeError(f"an array of progress_remaining must contain floats, not {progress.dtype}")
    if xp.__name__.endswith("torch"):
        from lr_schedule.numeric import torch

        inside = clamp(torch.require_plain(progress), xp)
        return torch.with_gradient_of(inside, curve(inside, xp))
    if not isinstance(progress, np.ndarray):
        return curve(clamp(progress, xp), xp)
    if type(progress) is not np.ndarray and isinstance(progress, np.ma.MaskedArray):
        return np.ma.array(evaluate(curve, progress.filled(0.0)), mask=progress.mask.copy())
    points = progress.reshape(-1)
    values = np.empty_like(points)
    with np.errstate(all="ignore"):  # both branches of a `where` are computed, even the unused one
        for start in range(0, points.size, BLOCK):
            block = slice(start, start + BLOCK)
            values[block] = curve(clamp(points[block], xp), xp)
    return values.reshape(progress.shape)


def evaluate_parts(part: Callable[[int, Any, Any], Any], bounds: Sequence[float], progress: Any, xp: Any) -> Any:
    """Return ``part(n, progress, xp)`` for each point, where n is the index of the part that contains the point."""
    elapsed = 1.0 - progress
    if not isinstance(progress, np.ndarray):
        values = part(0, progress, xp)
        for n in range(1, len(bounds) - 1):  # traced values are not known, so each part is evaluated at all points
            values = xp.where(elapsed >= bounds[n] - tick(elapsed, xp), part(n, progress, xp), values)
        return values
    index = index_reached(bounds, elapsed, xp) - 1
    values = np.empty_like(progress)
    order = index.argsort(kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(index[order])) + 1):
        values[own] = part(int(index[own[0]]), progress[own], xp)
    return values


def as_values(values: Any, progress: Any, xp: Any, source: object) -> Any:
    """Return the values of a formula for an array, or raise an error if one is negative or not finite.

    Args:
        values: An array of real numbers, or one number for all points.
        progress: The points at which the formula was evaluated.
        xp: The array namespace of `progress`.
        source: The schedule that gave the values.
    """
    if not hasattr(values, "dtype"):
        values = xp.full_like(progress, require_value(values, "in an array", source))
    if not xp.isdtype(values.dtype, ("real floating", "integral")):
        raise TypeError(f"{source!r} gave an array of {values.dtype}; values must be finite and not negative")
    values = xp.broadcast_to(xp.astype(values, progress.dtype), progress.shape)
    wrong = ~((values >= 0.0) & (values < math.inf))
    if not is_traced(values, xp) and bool(xp.any(wrong)):
        require_value(float(values[wrong][0]), float(progress[wrong][0]), source)
    return values
