"""One table of cases for all kinds of schedule: a config, its formula written once more, and what is promised of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mpmath import cos, exp, floor, log, mpf, pi, sqrt, tanh

from tests.formulas import A, B, half_wave, keras_cycle, line, one_cycle, restarts, warmed, wsd, zigzag


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
    needs_no_framework: bool = True


def of(kind: str, **keys: Any) -> dict[str, Any]:
    """Return the config of a kind with initial_value 0.003 and the given keys."""
    return {"type": kind, "initial_value": 0.003, **keys}


DOWN: Any = {"falls": True, "ends": (0.003, 0.0001), "bounds": (0.0001, 0.003)}
FINAL = {"final_value": 0.0001}

ALL_CASES = [
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
    Case("exponential by its logarithm", of("exponential", decay_rate=0.3), lambda t: A * exp(t * log(mpf(0.3)))),
    Case(
        "torch",
        {
            "type": "torch",
            "scheduler": "StepLR",
            "step_size": 16,
            "gamma": 0.5,
            "total_steps": 64,
            "initial_value": 0.003,
        },
        lambda t: A * mpf(0.5) ** floor(floor(t * 64 + mpf(0.5)) / 16),
        (31 / 128, 63 / 128),
        continuous=False,
        falls=True,
        needs_no_framework=False,
    ),
    Case(
        "table",
        {"type": "table", "values": [0.003, 0.001, 0.002], "total_steps": 2},
        lambda t: [A, mpf(0.001), mpf(0.002)][int(floor(2 * t + mpf(0.5)))],
        (0.25, 0.75),
        continuous=False,
        ends=(0.003, 0.002),
    ),
]

CASES = [case for case in ALL_CASES if case.needs_no_framework or importlib.util.find_spec("torch")]
"""The cases that can run here."""
