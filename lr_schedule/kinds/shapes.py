"""Shapes that several types share, each once; ``left`` is the fraction of a stretch that remains, from 1 down to 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lr_schedule.numeric.places import index_reached, pick, tick

HALF_PI = math.pi / 2


def blend(left: Any, start: Any, end: Any) -> Any:
    """Return the value between `start` and `end` when `left` remains; at either end it is exact."""
    return left * start + (1.0 - left) * end


def half_wave(left: Any, xp: Any) -> Any:
    """Return ``(1 - cos(pi * left)) / 2``: level at both ends, steepest in the middle."""
    sine = xp.sin(HALF_PI * left)  # a square of a sine keeps the digits near 0 that 1 - cos loses
    return sine * sine  # and not sine ** 2, which numpy and Python round differently


def slowed(left: Any, k: float, xp: Any) -> Any:
    """Return what remains of a curve whose elapsed time is ``t ** k``, without loss of digits (k-decay)."""
    return -xp.expm1(k * xp.log1p(-left))


def exponential(left: Any, start: float, end: float) -> Any:
    """Return the value of an exponential decay from `start` to `end`, both > 0."""
    return start**left * end ** (1.0 - left)


def one_minus_sqrt(left: Any, xp: Any) -> Any:
    """Return ``1 - sqrt(t)``, the shape of a cool-down."""
    t = 1.0 - left
    return xp.where(t > tick(left, xp), left / (1.0 + xp.sqrt(t)), 1.0)  # 1 - sqrt(t) would lose digits near t = 1


def decayed(shape: str, left: Any, start: float, end: float, xp: Any) -> Any:
    """Return the value between `start` and `end` when `left` of a decay of that shape remains."""
    if shape == "exponential":
        return exponential(left, start, end)
    if shape == "cosine":
        left = half_wave(left, xp)
    if shape == "1-sqrt":
        left = one_minus_sqrt(left, xp)
    return blend(left, start, end)


def shaped(shape: str, way: Any, low: float, high: float, xp: Any) -> Any:
    """Return the value at a fraction of the way from low to high, by a cosine or a line; exact next to low."""
    return blend(half_wave(way, xp) if shape == "cosine" else way, high, low)


def falling_or_rising(left: Any, covered: Any, start: float, end: float) -> Any:
    """Return the blend of a curve that says by itself what it has covered.

    A curve that rises from 0 starts at what ``1 - left`` is near p = 1, where that difference has no digits left.
    """
    return left * start + covered * end


def interpolated(places: Sequence[float], heights: Sequence[float], t: Any, xp: Any) -> Any:
    """Return the value at t on the straight lines through points."""
    n = index_reached(places, t, xp)
    a, b = pick(places, n - 1, t, xp), pick(places, n, t, xp)
    u, v = pick(heights, n - 1, t, xp), pick(heights, n, t, xp)
    return blend(xp.clip((t - a) / (b - a), 0.0, 1.0), v, u)


def left_in_growing_cycles(t: Any, length: float, *, again: bool, xp: Any) -> Any:
    """Return what remains of a stretch that, where it begins again, is stretched to the next multiple of its length."""
    cycles = xp.clip(xp.ceil((t - tick(t, xp)) / length), 1.0, math.inf) if again else 1.0
    return xp.clip(1.0 - t / (length * cycles), 0.0, 1.0)


def zigzag(cycles: Any, top: float, xp: Any) -> Any:
    """Return the height, from 0 to 1, of a rise in the fraction `top` of each cycle and a fall in the rest of it."""
    position = cycles - xp.floor(cycles)
    return xp.minimum(position / top, (1.0 - position) / (1.0 - top))
