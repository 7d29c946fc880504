"""One table of cases for all kinds of schedule: a config, its formula written once more, and what is promised of it.

The formulas are written from the papers and not from the package, for numbers of mpmath: `t` is the exact elapsed share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mpmath import cos, exp, floor, mp, mpf, pi, sqrt, tanh

mp.dps = 50

A, B = mpf(0.003), mpf(0.0001)
"""The initial and final value of most cases, exactly as the floats 0.003 and 0.0001 have them."""


@dataclass(frozen=True)
class Case:
    """A config, its formula at the elapsed share t, where pieces of it meet, and what holds of it."""

    name: str
    config: Any
    formula: Callable[[Any], Any]
    joints: tuple[float, ...] = ()
    continuous: bool = True
    falls: bool = False
    ends: tuple[float, float] | None = None
    tolerance: float = 1e-12
    bounds: tuple[float, float] = field(default=(0.0, 0.003))


def of(kind: str, **keys: Any) -> dict[str, Any]:
    """Return the config of a kind with initial_value 0.003 and the given keys."""
    return {"type": kind, "initial_value": 0.003, **keys}


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


DOWN = {"falls": True, "ends": (0.003, 0.0001), "bounds": (0.0001, 0.003)}
FINAL = {"final_value": 0.0001}

CASES = [
    Case("constant", 0.003, lambda t: A, falls=True, ends=(0.003, 0.003)),
    Case("constant with warmup", of("constant", warmup_fraction=0.25), warmed(0.25, lambda t: A), (0.25,)),
    Case("linear", of("linear", **FINAL), lambda t: A + (B - A) * t, **DOWN),
    Case("linear upwards", of("linear", final_value=0.01), lambda t: A + (mpf(0.01) - A) * t, bounds=(0.003, 0.01)),
    Case(
        "linear with warmup and early end",
        of("linear", **FINAL, warmup_fraction=0.125, warmup_start_factor=0.5, end_fraction=0.625),
        warmed(0.125, lambda s: A + (B - A) * s, 0.5, 0.625),
        (0.125, 0.625),
        ends=(0.0015, 0.0001),
    ),
    Case("cosine", of("cosine", **FINAL), lambda t: half_wave(A, B, t), **DOWN),
    Case("cosine to zero", of("cosine"), lambda t: half_wave(A, 0, t), falls=True, ends=(0.003, 0.0)),
    Case("cosine from zero", {"type": "cosine", "initial_value": 0, **FINAL}, lambda t: half_wave(0, B, t)),
    Case("cosine with k", of("cosine", **FINAL, k=3), lambda t: half_wave(A, B, t**3), **DOWN),
    Case(
        "cosine with warmup",
        of("cosine", **FINAL, warmup_fraction=0.25),
        warmed(0.25, lambda s: half_wave(A, B, s)),
        (0.25,),
        ends=(0.0, 0.0001),
    ),
    Case(
        "cosine_warmup",
        of("cosine_warmup", **FINAL, warmup_fraction=0.25),
        warmed(0.25, lambda s: half_wave(A, B, s)),
        (0.25,),
        ends=(0.0, 0.0001),
    ),
    Case("exponential", of("exponential"), lambda t: A * mpf(0.1) ** t, falls=True),
    Case("exponential to a value", of("exponential", **FINAL), lambda t: A * (B / A) ** t, **DOWN),
    Case(
        "exponential with period and floor",
        of("exponential", decay_rate=0.5, decay_fraction=0.125, **FINAL),
        lambda t: max(A * mpf(0.5) ** (t * 8), B),
        falls=True,
    ),
    Case(
        "exponential in steps",
        of("exponential", decay_rate=0.5, decay_fraction=0.25, staircase=True),
        lambda t: A * mpf(0.5) ** floor(t * 4),
        (0.25, 0.5, 0.75),
        continuous=False,
        falls=True,
    ),
    Case("polynomial", of("polynomial", **FINAL), lambda t: (A - B) * (1 - t) ** 2 + B, **DOWN),
    Case("polynomial of power 0", of("polynomial", power=0), lambda t: A, falls=True),
    Case(
        "polynomial upwards",
        {"type": "polynomial", "initial_value": 0, "final_value": 0.003, "power": 0.5},
        lambda t: A * (1 - sqrt(1 - t)),
        ends=(0.0, 0.003),
    ),
    Case("polynomial with k", of("polynomial", power=3, k=2, **FINAL), lambda t: (A - B) * (1 - t**2) ** 3 + B, **DOWN),
    Case(
        "polynomial with cycles",
        of("polynomial", power=1, decay_fraction=0.25, cycle=True, **FINAL),
        keras_cycle,
        (0.25, 0.5, 0.75),
        continuous=False,
    ),
    Case("inverse_time", of("inverse_time", decay_rate=3), lambda t: A / (1 + 3 * t), falls=True),
    Case(
        "inverse_time in steps",
        of("inverse_time", decay_rate=0.5, decay_fraction=0.25, step_exponent=2, staircase=True),
        lambda t: A / (1 + floor(t * 4) ** 2 / 2),
        (0.25, 0.5),
        continuous=False,
        falls=True,
    ),
    Case("inverse_sqrt", of("inverse_sqrt", timescale_fraction=0.125), lambda t: A / sqrt(8 * t + 1), falls=True),
    Case("noam", of("noam", warmup_fraction=0.125), lambda t: A * min(t * 8, 1 / sqrt(max(t * 8, mpf(0.1)))), (0.125,)),
    Case("rex", of("rex", **FINAL), lambda t: B + (A - B) * (1 - t) / (mpf(0.5) + (1 - t) / 2), **DOWN),
    Case("tanh", of("tanh", **FINAL), lambda t: B + (A - B) / 2 * (1 - tanh(-6 + 9 * t)), falls=True),
    Case(
        "step",
        of("step", period_fraction=0.25, gamma=0.5),
        lambda t: A * mpf(0.5) ** floor(t * 4),
        (0.25, 0.5, 0.75),
        continuous=False,
        falls=True,
    ),
    Case(
        "multi_step",
        of("multi_step", milestone_fractions=[0.25, 0.625], gamma=0.1),
        lambda t: A * mpf(0.1) ** ((t >= 0.25) + (t >= 0.625)),
        (0.25, 0.625),
        continuous=False,
        falls=True,
    ),
    Case(
        "multi_step with warmup",
        of("multi_step", milestone_fractions=[0.5], gamma=0.1, warmup_fraction=0.25),
        lambda t: A * 4 * t if t < 0.25 else A * mpf(0.1) ** int(t >= 0.5),
        (0.25, 0.5),
        continuous=False,
    ),
    Case(
        "piecewise_constant",
        {"type": "piecewise_constant", "values": [0.001, 0.003, 0.002], "milestone_fractions": [0.25, 0.5]},
        lambda t: mpf(0.001) if t < 0.25 else A if t < 0.5 else mpf(0.002),
        (0.25, 0.5),
        continuous=False,
    ),
    Case(
        "piecewise_linear",
        {"type": "piecewise_linear", "points": [[0.125, 0.001], [0.5, 0.003], [0.75, 0]]},
        lambda t: (
            line(mpf(0.001), A, min(max((t - mpf(0.125)) / mpf(0.375), 0), 1))
            if t < 0.5
            else line(A, 0, min((t - mpf(0.5)) * 4, 1))
        ),
        (0.125, 0.5, 0.75),
    ),
    Case(
        "cosine_restarts",
        of("cosine_restarts", cycles=4, **FINAL),
        lambda t: half_wave(A, B, t * 4 - min(floor(t * 4), 3)),
        (0.25, 0.5, 0.75),
        continuous=False,
        bounds=(0.0001, 0.003),
    ),
    Case(
        "cosine_restarts that grow longer and lower",
        of("cosine_restarts", first_cycle_fraction=1 / 7, cycle_multiplier=2, peak_multiplier=0.5, **FINAL),
        restarts,
        (1 / 7, 3 / 7),
        continuous=False,
        tolerance=1e-11,
    ),
    *[
        Case(
            f"cyclic, {mode}",
            {
                **of("cyclic", peak_value=0.003, up_fraction=0.125, down_fraction=0.25, mode=mode, gamma=0.5),
                "initial_value": 0.0001,
            },
            zigzag(scale),
            (0.125, 0.375, 0.5, 0.75),
        )
        for mode, scale in {
            "triangular": lambda n, c: 1,
            "triangular2": lambda n, c: mpf(0.5) ** n,
            "exp_range": lambda n, c: mpf(0.5) ** c,
        }.items()
    ],
    *[
        Case(
            f"one_cycle, {phases} phases, {shape}",
            of("one_cycle", warmup_fraction=0.25, div_factor=10, final_div_factor=100, phases=phases, shape=shape),
            one_cycle(0.25, phases, curve),
            (0.25, 0.5),
        )
        for phases in (2, 3)
        for shape, curve in {"cosine": half_wave, "linear": line}.items()
    ],
    *[
        Case(
            f"warmup_stable_decay, {shape}",
            of("warmup_stable_decay", warmup_fraction=0, decay_fraction=0.25, decay_shape=shape, **FINAL),
            formula,
            (0.75,),
            ends=(0.003, 0.0001),
            falls=True,
        )
        for shape, formula in {
            "linear": wsd(lambda s: 1 - s),
            "cosine": wsd(lambda s: (1 + cos(pi * s)) / 2),
            "1-sqrt": wsd(lambda s: 1 - sqrt(s)),
            "exponential": lambda t: A if t < 0.75 else A * (B / A) ** ((t - mpf(0.75)) * 4),
        }.items()
    ],
    Case(
        "tri_stage",
        of("tri_stage", **FINAL, warmup_fraction=0.125, hold_fraction=0.375, decay_fraction=0.25),
        lambda t: (
            A * (mpf(0.01) + (1 - mpf(0.01)) * t * 8)
            if t < 0.125
            else A * (B / A) ** min(max((t - mpf(0.5)) * 4, 0), 1)
        ),
        (0.125, 0.5, 0.75),
    ),
    Case(
        "sequential",
        [of("linear", fraction=0.25), {"schedule": 0.001, "fraction": 0.25}, of("cosine", fraction=0.5)],
        lambda t: A * (1 - 4 * t) if t < 0.25 else mpf(0.001) if t < 0.5 else half_wave(A, 0, t * 2 - 1),
        (0.25, 0.5),
        continuous=False,
    ),
    Case(
        "product",
        {"type": "product", "parts": [0.5, of("linear", **FINAL), {"type": "exponential", "initial_value": 1}]},
        lambda t: (A + (B - A) * t) / 2 * mpf(0.1) ** t,
        falls=True,
    ),
    Case(
        "repeat",
        {"type": "repeat", "schedule": of("linear"), "times": 4},
        lambda t: A * (1 - t * 4 + min(floor(t * 4), 3)),
        (0.25, 0.5, 0.75),
        continuous=False,
    ),
    Case(
        "delay",
        {"type": "delay", "schedule": of("linear"), "delay_fraction": 0.25},
        lambda t: A * min((1 - t) / mpf(0.75), 1),
        (0.25,),
        falls=True,
    ),
    Case(
        "clip",
        {"type": "clip", "schedule": of("linear"), "minimum": 0.001, "maximum": 0.002},
        lambda t: min(max(A * (1 - t), mpf(0.001)), mpf(0.002)),
        falls=True,
    ),
    Case("exponential by its logarithm", of("exponential", decay_rate=0.3), lambda t: A * exp(t * mp.log(mpf(0.3)))),
]
