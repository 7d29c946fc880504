"""What a call and an array cost, beside peers in the same process."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np
import pytest
from fvcore.common.param_scheduler import CosineParamScheduler, ExponentialParamScheduler
from stable_baselines3.common.utils import LinearSchedule

from lr_schedule import BaseLRSchedule

A, B, RATE, W = 3e-4, 1e-5, 0.1, 0.1
create = BaseLRSchedule.create


def clamped(formula: str) -> Callable[[float], float]:
    """Return a bare closure that clamps its argument and holds the formula in line, the least that Python can do."""
    source = f"""
def make(A, B, RATE, W, cos, pi):
    def closure(p):
        if p < 0.0:
            p = 0.0
        elif p > 1.0:
            p = 1.0
        return {formula}
    return closure
"""
    scope: dict[str, Any] = {}
    exec(source, scope)
    closure: Callable[[float], float] = scope["make"](A, B, RATE, W, math.cos, math.pi)
    return closure


COSINE = "B + (A - B) * (1.0 + cos(pi * (1.0 - p))) / 2.0"
SCALARS: dict[str, tuple[Any, str, dict[str, tuple[Any, float]]]] = {
    "constant": (A, "A", {"sb3 linear": (LinearSchedule(A, B, 1.0), 0.95)}),
    "linear": ({"final_value": B}, "p * A + (1.0 - p) * B", {"sb3 linear": (LinearSchedule(A, B, 1.0), 0.95)}),
    "cosine": ({"final_value": B}, COSINE, {"fvcore": (CosineParamScheduler(A, B), 1.25)}),
    "exponential": (
        {"decay_rate": RATE},
        "A * RATE ** (1.0 - p)",
        {"fvcore": (ExponentialParamScheduler(A, RATE), 1.6)},
    ),
    "polynomial": ({"final_value": B, "power": 2.0}, "(A - B) * p ** 2.0 + B", {}),
    "cosine_warmup": (
        {"final_value": B, "warmup_fraction": W},
        "A * (1.0 - p) / W if p > 1.0 - W else B + (A - B) * (1.0 + cos(pi * (1.0 - p / (1.0 - W)))) / 2.0",
        {},
    ),
}


def schedule_of(name: str) -> BaseLRSchedule:
    keys = SCALARS[name][0]
    return create({"type": name, "initial_value": A, **keys} if isinstance(keys, dict) else keys)


@pytest.mark.parametrize("name", SCALARS)
def test_call_ours(race: Any, name: str) -> None:
    race(f"call: {name}", "ours", schedule_of(name), 0.37, calls=1000)


@pytest.mark.parametrize("name", SCALARS)
def test_call_closure(race: Any, name: str) -> None:
    race(f"call: {name}", "closure with clamp", clamped(SCALARS[name][1]), 0.37, aim=2.2, calls=1000)


@pytest.mark.parametrize(("name", "peer"), [(name, peer) for name, row in SCALARS.items() for peer in row[2]])
def test_call_peer(race: Any, name: str, peer: str) -> None:
    function, aim = SCALARS[name][2][peer]
    race(f"call: {name}", peer, function, 0.37, aim=aim, calls=1000)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_call_by_bound_method(race: Any, name: str) -> None:
    race(f"call: {name}", "ours, bound method", schedule_of(name).__call__, 0.37, calls=1000)


def in_turn(functions: list[Any]) -> None:
    for _ in repeat(None, 250):
        for function in functions:
            function(0.37)


def test_calls_of_types_that_take_turns(race: Any) -> None:
    types = ["constant", "linear", "cosine", "exponential"]
    race("1,000 calls: four types in turn", "ours", in_turn, [schedule_of(name) for name in types])


@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "exponential"])
def test_calls_of_one_type(race: Any, name: str) -> None:
    race("1,000 calls: four types in turn", f"ours, {name} alone", in_turn, [schedule_of(name)] * 4)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_call_with_warmup(race: Any, name: str) -> None:
    race(
        f"call: {name} with warmup",
        "ours",
        create({**schedule_of(name).to_config(), "warmup_fraction": W}),
        0.37,
        calls=1000,
    )


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_call_without_warmup(race: Any, name: str) -> None:
    race(f"call: {name} with warmup", "ours without warmup", schedule_of(name), 0.37, aim=1.6, calls=1000)


@pytest.mark.parametrize("parts", [2, 32, 1024])
def test_call_of_a_sequence(race: Any, parts: int) -> None:
    phases = [{"type": "linear", "initial_value": A, "fraction": 1 / parts}] * parts
    race("call: sequential of n parts", "ours" if parts == 2 else f"{parts} parts", create(phases), 0.37, calls=1000)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_call_of_a_nest(race: Any, depth: int) -> None:
    schedule = create({"type": "linear", "initial_value": A})
    for _ in range(depth):
        schedule = create({"type": "delay", "schedule": schedule, "delay_fraction": 0.01})
    race("call: nested", "ours" if depth == 0 else f"{depth} levels more", schedule, 0.37, calls=1000)


POINTS = np.random.default_rng(0).random(1_000_000)
ARRAYS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "constant": (lambda p: np.clip(p, 0, 1) * 0 + A, 1.3),
    "linear": (lambda p: p * A + (1 - p) * B, 1.3),
    "cosine": (lambda p: B + (A - B) * (1 + np.cos(np.pi * (1 - p))) / 2, 1.3),
    "exponential": (lambda p: A * RATE ** (1 - p), 1.3),
    "polynomial": (lambda p: (A - B) * p**2.0 + B, 1.3),
    "cosine_warmup": (
        lambda p: np.where(p > 1 - W, A * (1 - p) / W, B + (A - B) * (1 + np.cos(np.pi * (1 - p / (1 - W)))) / 2),
        2.0,
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_million_points_ours(race: Any, name: str) -> None:
    race(f"1e6 points: {name}", "ours", schedule_of(name), POINTS)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_million_points_by_hand(race: Any, name: str) -> None:
    formula, aim = ARRAYS[name]
    race(f"1e6 points: {name}", "numpy by hand", formula, POINTS, aim=aim)
