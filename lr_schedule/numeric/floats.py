"""The array namespace of a plain Python float: what ``xp`` is in a formula when progress is one number.

The names and meanings are those of the Python array API standard (2024.12), so that a formula written with ``xp``
runs unchanged on floats, numpy, torch and jax.
"""

import math
from math import exp, expm1, sin, sqrt

__all__ = ["ceil", "clip", "exp", "expm1", "floor", "log", "log1p", "minimum", "sin", "sqrt", "where"]


def log(x: float) -> float:
    """Return the natural logarithm, minus infinity at 0."""
    return math.log(x) if x > 0.0 else -math.inf


def log1p(x: float) -> float:
    """Return the natural logarithm of ``1 + x``, minus infinity at -1."""
    return math.log1p(x) if x > -1.0 else -math.inf


def ceil(x: float) -> float:
    """Return the smallest whole number not below `x`, as a float."""
    return -(-x // 1.0)


def floor(x: float) -> float:
    """Return the largest whole number not above `x`, as a float."""
    return x // 1.0


def minimum(x1: float, x2: float) -> float:
    """Return the smaller of two numbers."""
    return x1 if x1 <= x2 else x2


def clip(x: float, min: float, max: float) -> float:
    """Return `x`, or the nearer of two bounds where it lies outside them."""
    return min if x < min else max if x > max else x


def where(condition: bool, x1: float, x2: float) -> float:
    """Return `x1` where the condition holds, else `x2`."""
    return x1 if condition else x2
