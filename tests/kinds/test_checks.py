"""What every type refuses."""

from __future__ import annotations

import math
import re
from collections import ChainMap, OrderedDict
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.model import fields_of, fractions_of
from lr_schedule.fields import describe_number
from tests.kinds.needed import BUILT_IN, NEEDED, PART

create = BaseLRSchedule.create
TIMED = [name for name, cls in BUILT_IN.items() if "warmup_fraction" in fields_of(cls)]
NUMERIC = [
    (name, key) for name, cls in BUILT_IN.items() for key, kind in fields_of(cls).items() if describe_number(kind)
]


def refusal(config: Any, total_steps: float | None = None) -> str:
    with pytest.raises(ScheduleConfigError) as caught:
        create(config, total_steps)
    return str(caught.value)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    ("warmup", "end"),
    [
        (0.5, 0.5),
        (0.6, 0.5),
        (0.3, 0.1 + 0.2),
        (0.3, 0.3 + 5e-13),
        (math.nextafter(0.5, 0.0), 0.5),
        (math.nextafter(1.0, 0.0), 1.0),
    ],
)
def test_every_type_refuses_a_warmup_that_leaves_the_curve_no_time(name: str, warmup: float, end: float) -> None:
    told = refusal({"type": name, **NEEDED.get(name, {}), "warmup_fraction": warmup, "end_fraction": end})
    assert told.startswith(f"warmup_fraction: must be below end_fraction, which is {end}, by 1e-12 or more (received")


@pytest.mark.parametrize("name", TIMED)
def test_every_type_takes_a_warmup_that_ends_a_step_before_the_end(name: str) -> None:
    cfg: Any = {"type": name, **NEEDED.get(name, {}), "warmup_fraction": 0.5, "end_fraction": 0.5 + 2e-12}
    if name == "warmup_stable_decay":
        cfg |= {"decay_fraction": 2e-12}
    if name == "tri_stage":
        cfg |= {"hold_fraction": 0, "decay_fraction": 2e-12}
    schedule: Any = create(cfg)
    values = [schedule(p) for p in (1.0, 0.75, 0.5, 0.25, 0.0)]
    assert all(0.0 <= value < math.inf for value in values)
    assert schedule(np.array([1.0, 0.75, 0.5, 0.25, 0.0])).tolist() == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("name", TIMED)
def test_every_type_refuses_a_warmup_of_steps_that_leaves_the_curve_no_time(name: str) -> None:
    told = refusal({"type": name, **NEEDED.get(name, {}), "warmup_steps": 10, "end_steps": 10}, total_steps=100)
    assert told.startswith("warmup_fraction: must be below end_fraction, which is 0.1")


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, cls in BUILT_IN.items() for key in fractions_of(cls)])
def test_every_type_refuses_a_share_of_the_run_that_is_shorter_than_any_step(name: str, key: str) -> None:
    needed = {} if key == "first_cycle_fraction" else NEEDED.get(name, {})
    told = refusal({"type": name, **needed, key: 9e-13})
    assert told.startswith(
        f"{key}: must be 1e-12 or more; this fraction is shorter than a step of any run (received 9e-13)"
    )


@pytest.mark.parametrize(("name", "key"), NUMERIC)
@pytest.mark.parametrize(
    "value",
    [math.inf, -math.inf, math.nan, "1e400", "-1e400", 10**400, -(10**400), Fraction(10**400), Decimal("sNaN"), True],
    ids=str,
)
def test_every_number_is_finite(name: str, key: str, value: Any) -> None:
    needed = {k: v for k, v in NEEDED.get(name, {}).items() if k != key}
    told = refusal({"type": name, **needed, key: value})
    assert re.match(rf"{key}: must be a (finite|whole) number", told), told


@pytest.mark.parametrize("value", [Decimal("sNaN"), Decimal("NaN"), math.nan, -(10**400)])
def test_what_is_no_number_of_steps_and_no_ratio_is_told_by_its_key(value: Any) -> None:
    assert refusal({"type": "linear", "total_steps": value}).startswith("total_steps: must be a finite number > 0")
    assert refusal({"type": "linear"}, total_steps=value).startswith("total_steps: must be a finite number > 0")
    assert refusal({"type": "linear", "final_ratio": value}).startswith("final_ratio: must be a finite number >= 0")
    told = refusal({"type": "linear", "warmup_steps": value}, total_steps=10)
    assert told.startswith("warmup_steps: must be a finite number >= 0 and < 1 once resolved to warmup_fraction")
    assert refusal(value).startswith("initial_value: must be a finite number >= 0")


def test_a_progress_beyond_every_float_is_before_or_after_the_run() -> None:
    schedule: Any = create("lin_1")
    assert (schedule(10**400), schedule(-(10**400)), schedule(Fraction(-(10**400)))) == (1.0, 0.0, 0.0)
    for value in (Decimal("sNaN"), Decimal("NaN")):
        with pytest.raises(ValueError, match="must be a number between 0 and 1, not NaN"):
            schedule(value)


@pytest.mark.parametrize(
    ("cfg", "key"),
    [
        ({"type": "step", "period_fraction": 0.5, "gamma": 1.1e150}, "gamma"),
        ({"type": "multi_step", "milestone_fractions": [0.25, 0.5], "gamma": 1.1e150}, "gamma"),
        ({"type": "step", "period_fraction": 1, "gamma": 1e200, "initial_value": 1.1e100}, "gamma"),
        (
            {"type": "cosine_restarts", "cycles": 3, "cycle_multiplier": 2, "peak_multiplier": 1.1e150},
            "peak_multiplier",
        ),
        ({"type": "cosine_restarts", "cycles": 3, "peak_multiplier": 1.1e150}, "peak_multiplier"),
        (
            {"type": "cosine_restarts", "first_cycle_fraction": 1 / 7, "cycle_multiplier": 2, "peak_multiplier": 2e150},
            "peak_multiplier",
        ),
    ],
)
def test_a_growth_beyond_every_float_is_refused(cfg: Any, key: str) -> None:
    assert refusal(cfg).startswith(f"{key}: makes the value grow beyond 1e300 (received")


@pytest.mark.parametrize(
    "cfg",
    [
        {"type": "step", "period_fraction": 0.5, "gamma": 0.9e150},
        {"type": "multi_step", "milestone_fractions": [0.25, 0.5], "gamma": 0.9e150},
        {"type": "step", "period_fraction": 1, "gamma": 1e200, "initial_value": 0.9e100},
        {"type": "step", "period_fraction": 1, "gamma": 0.9e300, "initial_value": 1e-5},
        {"type": "cosine_restarts", "cycles": 3, "cycle_multiplier": 2, "peak_multiplier": 0.9e150},
        {"type": "cosine_restarts", "cycles": 3, "peak_multiplier": 0.9e150},
        {"type": "cosine_restarts", "first_cycle_fraction": 1 / 7, "cycle_multiplier": 2, "peak_multiplier": 0.9e150},
    ],
)
def test_a_growth_that_a_float_can_just_hold_is_taken(cfg: Any) -> None:
    values = create(cfg).sample(97)
    assert np.isfinite(values).all()
    assert values.max() > 1e280


def test_a_divisor_that_grows_to_1e300_is_taken_and_a_larger_one_refused() -> None:
    cfg = {"type": "inverse_time", "initial_value": 1.0, "decay_fraction": 0.1, "step_exponent": 300}
    assert create(cfg)(0.0) == pytest.approx(1e-300, rel=1e-12, abs=0.0)
    told = refusal({**cfg, "step_exponent": 300.000001})
    assert told == "step_exponent: makes the divisor grow beyond 1e300 (received 300.000001)"


def test_a_product_that_no_float_can_hold_is_told_where_it_is_asked_for() -> None:
    schedule: Any = create({"type": "product", "parts": [1e200, {"type": "linear", "initial_value": 1e200}]})
    assert schedule(0.0) == 0.0
    for progress in (0.5, np.array([0.0, 0.5])):
        with pytest.raises(
            ValueError, match=r"^ProductLRSchedule\(.* gave inf at progress_remaining 0\.5; values must be"
        ):
            schedule(progress)


PARTS = [
    ([0.5, 0.5, 1e-10], "1.0000000001"),
    ([0.5, 0.5, 1e-12], "1.000000000001"),
    ([0.25, 0.25, 0.5, 9e-10], "1.0000000009"),
    ([1.0, 1e-11], "1.00000000001"),
    ([0.5, 0.5 - 2e-9], "0.999999998"),
]


@pytest.mark.parametrize(("fractions", "total"), PARTS)
def test_parts_that_leave_one_of_them_no_time_are_refused(fractions: list[float], total: str) -> None:
    told = refusal([{**PART, "fraction": fraction} for fraction in fractions])
    assert told.startswith(f"parts: the fractions of the parts must sum to 1, not to {total} (received")


@pytest.mark.parametrize(
    "fractions",
    [[0.333333333] * 3, [0.5, 0.5 + 9e-10], [0.5, 0.5 - 1e-12, 1e-12], [0.1] * 10, [1 / 333] * 333, [0.7, 0.2, 0.1]],
)
def test_fractions_that_are_off_by_a_rounding_make_parts_that_all_have_their_time(fractions: list[float]) -> None:
    schedule: Any = create([{**PART, "fraction": fraction} for fraction in fractions])
    progress = np.linspace(1.0, 0.0, 999)
    values = schedule(progress)
    assert np.isfinite(values).all()
    assert values.tolist() == pytest.approx([schedule(p) for p in progress.tolist()], rel=1e-12, abs=1e-15)
    assert schedule(0.0) == 0.0


@pytest.mark.parametrize("make", [dict, OrderedDict, MappingProxyType, ChainMap])
def test_a_phase_may_be_a_mapping_of_any_class(make: Any) -> None:
    phases = [make({**PART, "fraction": 0.25}), make({"schedule": 0.125, "steps": 75})]
    assert create(phases, total_steps=100) == create(
        [{**PART, "fraction": 0.25}, {"schedule": 0.125, "fraction": 0.75}]
    )


def test_a_peak_may_be_the_value_that_it_rises_from() -> None:
    schedule = create({"type": "cyclic", "initial_value": 0.5, "peak_value": 0.5, "up_fraction": 0.25})
    assert {schedule(step / 16) for step in range(17)} == {0.5}
