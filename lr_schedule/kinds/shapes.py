"""Shapes that several types share; ``left`` is the fraction of a part of the run that remains, from 1 down to 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from lr_schedule.numeric.places import index_reached, pick, tick

HALF_PI = math.pi / 2


def blend(left: Any, start: Any, end: Any) -> Any:
    """Return the value between `start` and `end` when `left` remains; at both ends it is exact."""
    return left * start + (1.0 - left) * end


def half_wave(left: Any, xp: Any) -> Any:
    """Return ``(1 - cos(pi * left)) / 2``: level at both ends, steepest in the middle."""
    sine = xp.sin(HALF_PI * left)  # the square of a sine keeps the digits near 0 that 1 - cos loses
    return sine * sine  # not sine ** 2, which numpy and Python round differently


def one_minus_power(base: Any, one_minus_base: Any, exponent: float, xp: Any) -> Any:
    """Return ``1 - base ** exponent`` for a base in [0, 1], with full precision and a gradient at both ends.

    Args:
        base: The base, with full precision where it is small.
        one_minus_base: Its difference from 1, with full precision where that is small.
        exponent: The exponent.
        xp: The array namespace of the base.
    """
    # For an array, both forms are computed: the second must stay away from its pole, where the gradient would be NaN.
    small = xp.where(one_minus_base < 0.5, one_minus_base, 0.5)
    return xp.where(base < 0.5, 1.0 - base**exponent, -xp.expm1(exponent * xp.log1p(-small)))


def time_to_power(t: Any, k: float, xp: Any) -> Any:
    """Return ``t ** k``, or 0 where t is 0 up to a rounding error, which a k below 1 would enlarge to many steps."""
    if k >= 1.0:
        return t**k
    smallest = tick(t, xp)
    inside = xp.clip(t, smallest, 1.0)
    # A square root is rounded in the same way for floats and arrays; a power of 0.5 is not.
    return xp.where(t > smallest, xp.sqrt(inside) if k == 0.5 else inside**k, 0.0)


def slowed(left: Any, k: float, xp: Any) -> Any:
    """Return the fraction that remains of a curve whose elapsed fraction is ``t ** k`` (k-decay)."""
    t = 1.0 - left
    if k >= 1.0:
        return one_minus_power(t, left, k, xp)
    smallest = tick(t, xp)
    return xp.where(t > smallest, one_minus_power(xp.clip(t, smallest, 1.0), left, k, xp), 1.0)


def exponential(left: Any, start: float, end: float) -> Any:
    """Return the value of an exponential decay from `start` to `end`, both > 0."""
    return start**left * end ** (1.0 - left)


DecayShape = Literal[
    "linear", "cosine", "mirrored_cosine", "1-sqrt", "sqrt", "1-square", "square", "exponential", "inverse_linear"
]
"""Shapes of a decay; Dremov et al. 2025 call `1-sqrt` and `1-square` `sqrt` and `square`."""

BY_RATIO = ("exponential", "inverse_linear")
"""Shapes that can neither start nor end at 0."""


def decayed(shape: str, left: Any, start: float, end: float, xp: Any) -> Any:
    """Return the value between `start` and `end` when the fraction `left` of a decay of that shape remains."""
    t = 1.0 - left
    if shape == "exponential":
        return exponential(left, start, end)
    if shape == "inverse_linear":
        both = blend(left, end, start)
        left, t = left * end / both, t * start / both
    elif shape in ("1-sqrt", "sqrt"):  # 1 - sqrt(t) would lose digits near t = 1
        root = time_to_power(t, 0.5, xp)
        left, t = left / (1.0 + root), root
    elif shape in ("1-square", "square"):
        left, t = left * (1.0 + t), t * t
    elif shape == "cosine":
        left, t = half_wave(left, xp), half_wave(t, xp)
    elif shape == "mirrored_cosine":
        left, t = 2.0 * left - half_wave(left, xp), 2.0 * t - half_wave(t, xp)
    return falling_or_rising(left, t, start, end)


def shaped(shape: str, way: Any, low: float, high: float, xp: Any) -> Any:
    """Return the value at a fraction of the way from low to high, on a cosine or a line; it is exact at low."""
    return blend(half_wave(way, xp) if shape == "cosine" else way, high, low)


def falling_or_rising(left: Any, covered: Any, start: float, end: float) -> Any:
    """Return the value between `start` and `end` when `left` remains and the rest is `covered`.

    Near the smaller of the two values, the weight of the larger one is near 0 and needs full precision: `left` if the
    curve falls, `covered` if it rises.
    """
    return blend(left, start, end) if start >= end else blend(covered, end, start)


def interpolated(places: Sequence[float], heights: Sequence[float], t: Any, xp: Any) -> Any:
    """Return the value at t on the straight lines through points."""
    n = index_reached(places, t, xp)
    a, b = pick(places, n - 1, t, xp), pick(places, n, t, xp)
    u, v = pick(heights, n - 1, t, xp), pick(heights, n, t, xp)
    return blend(xp.clip((t - a) / (b - a), 0.0, 1.0), v, u)


def covered_in_growing_cycles(t: Any, length: float, *, again: bool, xp: Any) -> Any:
    """Return the elapsed fraction of a decay of that length; with `again`, of a cycle up to the next multiple of it."""
    cycles = xp.clip(xp.ceil((t - tick(t, xp)) / length), 1.0, math.inf) if again else 1.0
    return xp.clip(t / (length * cycles), 0.0, 1.0)


def zigzag(cycles: Any, top: float, xp: Any) -> Any:
    """Return the height, from 0 to 1, of a rise in the fraction `top` of each cycle and a fall in the rest of it."""
    position = cycles - xp.floor(cycles)
    return xp.minimum(position / top, (1.0 - position) / (1.0 - top))
