"""The formulas of the table of cases, written from the papers and not from the package, for numbers of mpmath.

Each takes the exact elapsed share t of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import cos, floor, mp, mpf, pi

mp.dps = 50

A, B = mpf(0.003), mpf(0.0001)
"""The initial and final value of most cases, exactly as the floats 0.003 and 0.0001 have them."""


def half_wave(start: Any, end: Any, share: Any) -> Any:
    """Return half a cosine wave from start to end."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


def warmed(warmup: float, curve: Callable[[Any], Any], factor: float = 0.0, end: float = 1.0) -> Callable[[Any], Any]:
    """Return the formula of a linear warmup to the first value of curve, which takes the time up to end."""
    w, f, e = mpf(warmup), mpf(factor), mpf(end)

    def value(t: Any) -> Any:
        return curve(mpf(0)) * (f + (1 - f) * t / w) if t < w else curve(min((t - w) / (e - w), 1))

    return value


def wsd(left: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a plateau at A up to 3/4 of the run, then a decay that has left(s) of its height at its share s."""
    return lambda t: A if t < 0.75 else B + (A - B) * left((t - mpf(0.75)) * 4)


def one_cycle(up: Any, phases: int, curve: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Any]:
    """Return one cycle to A with div_factor 10 and final_div_factor 100."""
    low, last = A / 10, A / 1000
    up = mpf(up)

    def value(t: Any) -> Any:
        if t < up:
            return curve(low, A, t / up)
        if phases == 2:
            return curve(A, last, (t - up) / (1 - up))
        return curve(A, low, (t - up) / up) if t < 2 * up else curve(low, last, (t - 2 * up) / (1 - 2 * up))

    return value


def line(start: Any, end: Any, share: Any) -> Any:
    """Return a straight line from start to end."""
    return start + (end - start) * share


def restarts(t: Any) -> Any:
    """Return cycles of 1/7, 2/7 and 4/7 of the run, each with half the peak of the one before."""
    start, length, n = mpf(0), mpf(1 / 7), 0
    while t >= start + length and n < 2:
        start, length, n = start + length, 2 * length, n + 1
    return half_wave(A / 2**n, B, min((t - start) / length, 1))


def zigzag(scale: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """Return a rise in 1/8 and a fall in 1/4 of the run between B and A, the height times scale(cycle, time)."""

    def value(t: Any) -> Any:
        cycles = t / mpf(0.375)
        x = (cycles - floor(cycles)) * 3
        return B + (A - B) * (x if x < 1 else (3 - x) / 2) * scale(floor(cycles), cycles)

    return value


def keras_cycle(t: Any) -> Any:
    """Return Keras' PolynomialDecay with cycle, power 1 and a decay in a quarter of the run."""
    cycles = max(-floor(-t * 4), 1)
    return B + (A - B) * (1 - t * 4 / cycles)
