"""The array namespace of a plain Python float: a formula gets it as ``xp`` when progress is one number.

It has the elementwise functions and constants of the Python array API standard (2024.12), so that a formula with ``xp``
runs unchanged on floats, numpy, torch and jax. As in the standard, a function without a finite value returns NaN or an
infinity and raises no error, because both branches of a `where` are computed.
"""

import builtins
import math
import operator
from collections.abc import Callable, Mapping
from math import asinh, atan, atan2, copysign, e, hypot, inf, isfinite, isinf, isnan, nan, nextafter, pi, tanh
from operator import add, ge, gt, le, lt, mul, ne, neg, pos, sub

Function = Callable[[float], float]


def _total(
    function: Function, poles: Mapping[float, float] | None = None, beyond: Function = lambda x: inf
) -> Function:
    """Return `function` with a value for every float: its value at a pole, NaN if undefined, `beyond` on overflow."""
    at_poles = poles or {}

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return at_poles.get(x, nan)
        except OverflowError:
            return beyond(x)

    return total


abs = builtins.abs
subtract, multiply, negative, positive = sub, mul, neg, pos
equal, not_equal, less, less_equal, greater, greater_equal = operator.eq, ne, lt, le, gt, ge

acos, asin, acosh = _total(math.acos), _total(math.asin), _total(math.acosh)
atanh = _total(math.atanh, {1.0: inf, -1.0: -inf})
cos, sin, tan = _total(math.cos), math.sin, _total(math.tan)  # `sin` is not wrapped, for speed; it only lacks infinity
cosh, sinh = _total(math.cosh), _total(math.sinh, beyond=lambda x: copysign(inf, x))
exp, expm1 = _total(math.exp), _total(math.expm1)
log, log2, log10 = (_total(function, {0.0: -inf}) for function in (math.log, math.log2, math.log10))
log1p = _total(math.log1p, {-1.0: -inf})
sqrt = _total(math.sqrt)


def ceil(x: float) -> float:
    """Return the smallest whole number not below `x`, as a float."""
    return -(-x // 1.0)


def floor(x: float) -> float:
    """Return the largest whole number not above `x`, as a float."""
    return x // 1.0


def trunc(x: float) -> float:
    """Return `x` without its decimals, as a float."""
    return x // 1.0 if x >= 0.0 else -(-x // 1.0)


def round(x: float) -> float:
    """Return the nearest whole number as a float; of two equally near ones, the even one."""
    return float(builtins.round(x)) if isfinite(x) else x


def sign(x: float) -> float:
    """Return -1, 0 or 1."""
    return x if x != x else float((x > 0.0) - (x < 0.0))


def signbit(x: float) -> bool:
    """Tell whether `x` is negative, or a negative zero."""
    return copysign(1.0, x) < 0.0


def square(x: float) -> float:
    """Return ``x * x``."""
    return x * x


def divide(x1: float, x2: float) -> float:
    """Return the quotient; a division by zero gives an infinity, and ``0 / 0`` gives NaN."""
    return x1 / x2 if x2 else nan if x1 == 0.0 else copysign(x1, x1 * copysign(1.0, x2)) * inf


def reciprocal(x: float) -> float:
    """Return ``1 / x``."""
    return divide(1.0, x)


def floor_divide(x1: float, x2: float) -> float:
    """Return the quotient, rounded down."""
    return x1 // x2 if x2 else divide(x1, x2)


def remainder(x1: float, x2: float) -> float:
    """Return the remainder of a division that is rounded down; it has the sign of the divisor."""
    return x1 % x2 if x2 else nan


def pow(x1: float, x2: float) -> float:
    """Return ``x1 ** x2``; NaN for a root of a negative number."""
    try:
        return math.pow(x1, x2)
    except ValueError:
        return nan if x1 else copysign(inf, x1) if x2 % 2.0 == 1.0 else inf
    except OverflowError:
        return -inf if x1 < 0.0 and x2 % 2.0 == 1.0 else inf


def logaddexp(x1: float, x2: float) -> float:
    """Return ``log(exp(x1) + exp(x2))``, also if a power is too large for a float."""
    return x1 + math.log(2.0) if x1 == x2 else maximum(x1, x2) + math.log1p(exp(-abs(x1 - x2)))


def logical_and(x1: bool, x2: bool) -> bool:
    """Tell whether both are true."""
    return bool(x1 and x2)


def logical_or(x1: bool, x2: bool) -> bool:
    """Tell whether one or both are true."""
    return bool(x1 or x2)


def logical_xor(x1: bool, x2: bool) -> bool:
    """Tell whether exactly one is true."""
    return bool(x1) is not bool(x2)


def logical_not(x: bool) -> bool:
    """Tell whether `x` is false."""
    return not x


def minimum(x1: float, x2: float) -> float:
    """Return the smaller of two numbers; NaN if one of them is NaN."""
    return x1 if x1 <= x2 or x1 != x1 else x2


def maximum(x1: float, x2: float) -> float:
    """Return the larger of two numbers; NaN if one of them is NaN."""
    return x1 if x1 >= x2 or x1 != x1 else x2


def clip(x: float, min: float = -inf, max: float = inf) -> float:
    """Return `x`, or the nearer of two bounds if it is outside them."""
    return min if x < min else max if x > max else x


def where(condition: bool, x1: float, x2: float) -> float:
    """Return `x1` if the condition is true, else `x2`."""
    return x1 if condition else x2


def full_like(x: float, fill_value: float) -> float:
    """Return `fill_value` as a float."""
    return float(fill_value)


def zeros_like(x: float) -> float:
    """Return 0."""
    return 0.0


def ones_like(x: float) -> float:
    """Return 1."""
    return 1.0


__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "e",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "full_like",
    "greater",
    "greater_equal",
    "hypot",
    "inf",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "nan",
    "negative",
    "nextafter",
    "not_equal",
    "ones_like",
    "pi",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "where",
    "zeros_like",
]
