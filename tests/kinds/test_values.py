"""Values of random configs of every type and key are those of the documented formulas, ends and both sides included."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from lr_schedule import BaseLRSchedule
from lr_schedule.config.model import fields_of
from lr_schedule.config.registry import registry
from tests.kinds.drawn import DRAWN, LEAVES, in_steps
from tests.kinds.reference import value

create = BaseLRSchedule.create

NEARBY = mpf(2) ** -49
"""A few roundings of ``1 - p``: no value can be closer than the formula itself moves in them."""
TICK = mpf(2) ** -39
"""Within this much of a place in the run it may count as reached or not."""
SIDES = (0.0, 1e-9, -1e-9, 2.0**-30, -(2.0**-30))


def close_to(config: Any, progress: float, distance: Any) -> list[Any]:
    elapsed = 1 - mpf(min(max(progress, 0.0), 1.0))
    offsets = (-distance, mpf(0), distance) if distance else (mpf(0),)
    with mpmath.workdps(120):  # next to its ends, a wave of a high power differs from 0 in its 80th digit
        return [value(config, min(max(elapsed + d, mpf(0)), mpf(1)), d) for d in offsets]


def is_between(got: float, values: list[Any]) -> bool:
    lowest, highest = min(values) * (1 - mpf(1e-12)) - mpf(1e-300), max(values) * (1 + mpf(1e-12)) + mpf(1e-300)
    return bool(lowest <= mpf(got) <= highest)


def require_formula(config: Any, schedule: Any, progress: float) -> None:
    got = schedule(progress)
    exact = close_to(config, progress, 0)
    if is_between(got, exact):
        return
    near = close_to(config, progress, NEARBY)
    width = max(near) - min(near)  # the tip of a zigzag may lie between the three points
    if is_between(got, [min(near) - width, max(near) + width]):
        return
    around = close_to(config, progress, TICK)
    jumps = max(around) - min(around) > mpf(1e-9) * max(around)
    assert jumps and is_between(got, around), (config, progress, got, float(exact[0]))


def places(config: Any) -> list[float]:
    """Return progress at the ends, where warmup and curve end, and on both sides of them."""
    keys = config if isinstance(config, dict) else {}
    warmup, end = keys.get("warmup_fraction", 0.0), keys.get("end_fraction", 1.0)
    return [1.0, 0.0, -0.02, *[1.0 - place + side for place in (warmup, end, 0.5) for side in SIDES]]


def test_every_type_and_every_key_of_it_is_drawn() -> None:
    by_step = {"torch", "table"}  # known step by step, without a formula
    ours: dict[str, Any] = {name: cls for name, cls in registry.items() if cls.is_built_in and name not in by_step}
    assert DRAWN.keys() == ours.keys()
    drawn: set[str] = set()

    def note(config: Any) -> None:
        drawn.update(config if isinstance(config, dict) else ())

    for name, strategy in DRAWN.items():
        drawn.clear()
        settings(max_examples=50, database=None, derandomize=True)(given(strategy)(note))()
        untimed = (
            {"warmup_fraction", "warmup_start_factor", "warmup_shape", "end_fraction"} if name == "clip" else set()
        )
        assert drawn >= fields_of(ours[name]).keys() - untimed, name


@pytest.mark.parametrize("name", DRAWN)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_values_of_random_configs_are_those_of_the_documented_formula(name: str, data: st.DataObject) -> None:
    config = data.draw(DRAWN[name])
    schedule = create(config)
    asked = data.draw(st.lists(st.floats(-0.1, 1.1), min_size=3, max_size=6))
    for progress in [*asked, *places(config)]:
        require_formula(config, schedule, progress)


@pytest.mark.parametrize("name", LEAVES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_values_of_configs_in_steps_and_ratios_are_those_of_the_documented_formula(
    name: str, data: st.DataObject
) -> None:
    config = data.draw(LEAVES[name].filter(lambda config: isinstance(config, dict)))
    if "final_value" in config and "decay_rate" not in config and name != "exponential":
        config = {**config, "final_ratio": data.draw(st.floats(0.01, 2))}
        del config["final_value"]
    schedule = create(in_steps(config))
    for progress in [*data.draw(st.lists(st.floats(0, 1), min_size=3, max_size=3)), *places(config)]:
        require_formula(config, schedule, progress)


WARMUPS, ENDS = (0.0, 0.05, 0.1, 0.2, 0.3, 1 / 3), (1.0, 0.9, 0.7)
FALL = {"initial_value": 0.003, "final_value": 0.0001}
PART = {"type": "cosine_restarts", "initial_value": 0.003, "cycles": 3, "cycle_multiplier": 1.1}
RISE = {"initial_value": 0.0, "final_value": 0.5}
AT_THE_END: list[dict[str, Any]] = [
    *[{"type": kind, **keys} for kind in ("linear", "cosine", "polynomial", "rex", "tanh") for keys in (FALL, RISE)],
    *[
        {"type": kind, "k": k, **keys}
        for kind in ("cosine", "polynomial")
        for k in (0.5, 2, 3)
        for keys in (FALL, RISE)
    ],
    *[{"type": "polynomial", "power": power, **keys} for power in (0, 0.5, 1, 3) for keys in (FALL, RISE)],
    *[
        {"type": "polynomial", "decay_fraction": 1 / n, "cycle": cycle, **FALL}
        for n in (1, 2, 3, 7, 10)
        for cycle in (True, False)
    ],
    {"type": "constant", "initial_value": 0.5},
    *[
        {"type": "exponential", **keys}
        for keys in ({}, {"final_value": 1e-5}, {"final_value": 1e-5, "decay_rate": 0.1})
    ],
    *[
        {"type": kind, "decay_fraction": 1 / n, "staircase": staircase}
        for kind in ("exponential", "inverse_time")
        for n in (1, 2, 3, 7, 10)
        for staircase in (True, False)
    ],
    {"type": "exponential", "final_value": 1e-5, "decay_fraction": 1 / 7, "staircase": True},
    {"type": "inverse_sqrt", "timescale_fraction": 1 / 7},
    *[{"type": "step", "period_fraction": 1 / n, "gamma": 0.5} for n in range(1, 11)],
    {"type": "multi_step", "milestone_fractions": [0.5, 0.7, 0.9]},
    {"type": "piecewise_constant", "values": [3, 2, 1], "milestone_fractions": [0.7, 0.9]},
    {"type": "piecewise_linear", "points": [[0.0, 1], [0.7, 3], [0.9, 2], [1, 0]]},
    *[
        {"type": "cosine_restarts", "cycles": cycles, "cycle_multiplier": multiplier, **keys}
        for cycles in range(1, 11)
        for multiplier in (1.0, 1.01, 1.1, 1.25, 1.5, 1.9, 2.0, 2.5, 3.0)
        for keys in (FALL, {"initial_value": 0.003})
    ],
    *[
        {
            "type": "cosine_restarts",
            "first_cycle_fraction": first,
            "cycle_multiplier": multiplier,
            "peak_multiplier": 0.5,
        }
        for first in (1 / 7, 0.1, 0.25, 1.0)
        for multiplier in (1.0, 1.000001, 1.5, 2.0)
    ],
    *[
        {
            "type": "cyclic",
            "initial_value": 0.001,
            "peak_value": 0.003,
            "up_fraction": 1 / n,
            "mode": mode,
            "gamma": 0.5,
        }
        for n in (2, 3, 7, 8, 10)
        for mode in ("triangular", "triangular2", "exp_range")
    ],
    *[{"type": "repeat", "times": times, "schedule": {"type": "linear", **FALL}} for times in range(1, 11)],
    *[{"type": "repeat", "times": times, "schedule": PART} for times in (1, 2, 3, 7, 10)],
    {"type": "delay", "delay_fraction": 1 / 3, "schedule": PART},
    {"type": "clip", "minimum": 0.0001, "schedule": PART},
    {"type": "product", "parts": [PART, 0.5]},
    {"type": "sequential", "parts": [{**PART, "fraction": 1 / 3}, {**PART, "fraction": 2 / 3}]},
]
WARMED: list[dict[str, Any]] = [
    *[{"type": "one_cycle", "phases": phases, "shape": shape} for phases in (2, 3) for shape in ("cosine", "linear")],
    *[{"type": "cosine_warmup", "k": k, **keys} for k in (0.5, 1, 3) for keys in (FALL, RISE)],
    {"type": "noam"},
]
STAGED: list[dict[str, Any]] = [
    *[
        {"type": "warmup_stable_decay", "decay_fraction": 0.3, "decay_shape": shape, **keys}
        for shape in ("linear", "cosine", "mirrored_cosine", "1-sqrt", "1-square", "exponential", "inverse_linear")
        for keys in (FALL, {"initial_value": 1e-6, "final_value": 0.5})
    ],
    {"type": "tri_stage", "hold_fraction": 0.1, "decay_fraction": 0.2},
]


def named(config: dict[str, Any]) -> str:
    keys = (f"{key}={item:.3g}" if isinstance(item, float) else f"{key}={item}" for key, item in config.items())
    return " ".join(keys).removeprefix("type=")[:100]


@pytest.mark.parametrize("config", [*AT_THE_END, *WARMED, *STAGED], ids=named)
def test_the_end_value_and_both_sides_of_it_are_those_of_the_documented_formula(config: dict[str, Any]) -> None:
    for warmup, end in itertools.product(WARMUPS, ENDS):
        if config in WARMED and warmup == 0.0:
            continue
        timed = {**config, "warmup_fraction": warmup, "end_fraction": end}
        schedule = create(timed)
        for progress in (1.0 - end, 1.0 - end + 1e-9, 1.0 - end - 1e-9, 1.0 - end + 1e-6, (1.0 - end) / 2, 0.0, -0.02):
            require_formula(timed, schedule, progress)
        assert schedule(0.0) == schedule(-0.28) == schedule((1.0 - end) / 2) == schedule(1.0 - end), timed


def test_every_type_is_held_against_its_formula_at_its_end() -> None:
    assert {config["type"] for config in (*AT_THE_END, *WARMED, *STAGED)} == DRAWN.keys()
