"""Shapes that several types share, each once; ``left`` is the fraction of a stretch that remains, from 1 down to 0."""

from __future__ import annotations

import math
from typing import Any

from lr_schedule.numeric.places import tick

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
