"""The documented range and default of every key are those that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from lr_schedule import BaseLRSchedule, json_schema
from lr_schedule.config.model import default_of, fields_of
from lr_schedule.config.schema import describe_fields
from lr_schedule.fields import bounds_of, describe_number
from tests.cases import CASES
from tests.kinds.needed import BUILT_IN, NEEDED

create = BaseLRSchedule.create

INTERVAL = re.compile(r"\((?:[^()]*, )?in ([\[(])(.+?), (.+?)([\])])")
BOUND = re.compile(r"finite, (>=?) ([^;,)]+)")
SIGNS = {"[": ">=", "(": ">", "]": "<=", ")": "<"}
BETWEEN_FIELDS = {
    ("clip", "maximum"),
    ("cyclic", "peak_value"),
    ("exponential", "final_value"),
}
"""Keys of values that stand in a condition with another one, which their documentation has in place of their range."""


def nested(annotation: Any) -> Iterator[Any]:
    yield annotation
    for option in get_args(annotation):
        yield from nested(option)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_documented_range_of_a_key_is_the_range_that_it_has(name: str) -> None:
    texts, cls = describe_fields(BUILT_IN[name]), BUILT_IN[name]
    for key, kind in fields_of(cls).items():
        if "finite" not in describe_number(kind):
            continue
        actual = {(sign, float(limit)) for option in nested(kind) for sign, limit, _ in bounds_of(option)}
        interval, bound = INTERVAL.search(texts[key]), BOUND.search(texts[key])
        if (name, key) in BETWEEN_FIELDS:
            assert actual == {(">=", 0.0)}
        elif interval:
            opened, low, high, closed = interval.groups()
            assert actual == {(SIGNS[opened], float(low)), (SIGNS[closed], float(high))}, (key, texts[key])
        else:
            assert bound, (key, texts[key])
            assert actual == {(bound[1], float(bound[2]))}, (key, texts[key])


DEFAULT = re.compile(r"(?:; |\()([^;()]+)\)\.?(?: |$)")
UNSAID = {("torch", "arguments")}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_documented_default_of_a_key_is_the_default_that_it_has(name: str) -> None:
    texts, cls = describe_fields(BUILT_IN[name]), BUILT_IN[name]
    for key in fields_of(cls):
        if (name, key) in UNSAID:
            continue
        default = default_of(cls, key, missing="required")
        if default == "required":
            assert re.search(r"[Rr]equired|at least one; required", texts[key]), (key, texts[key])
            continue
        said = [found.removesuffix(": the whole curve") for found in DEFAULT.findall(texts[key])]
        if (name, key) == ("exponential", "decay_rate"):
            assert create({"type": name}).to_config()[key] == 0.1
            assert "(in (0, 1]; 0.1, or computed" in texts[key]
            continue
        assert said, (key, texts[key])
        last = said[-1].split(":")[0]
        if isinstance(default, float):
            assert float(last) == default, (key, texts[key])
        else:
            assert last == str(default), (key, texts[key])


DEFAULTS: dict[str, dict[str, Any]] = {
    "clip": {"schedule": ..., "minimum": 0.0, "maximum": None},
    "constant": {"initial_value": 0.001},
    "cosine": {"initial_value": 0.001, "final_value": 0.0, "k": 1.0},
    "cosine_restarts": {
        "initial_value": 0.001,
        "final_value": 0.0,
        "first_cycle_fraction": None,
        "cycles": None,
        "cycle_multiplier": 1.0,
        "peak_multiplier": 1.0,
    },
    "cosine_warmup": {"initial_value": 0.001, "final_value": 0.0, "k": 1.0, "warmup_fraction": 0.1},
    "cyclic": {
        "initial_value": 0.001,
        "peak_value": ...,
        "up_fraction": ...,
        "down_fraction": None,
        "mode": "triangular",
        "gamma": 1.0,
    },
    "delay": {"delay_fraction": ..., "schedule": ...},
    "exponential": {
        "initial_value": 0.001,
        "decay_rate": None,
        "final_value": None,
        "decay_fraction": None,
        "staircase": False,
    },
    "inverse_sqrt": {"initial_value": 0.001, "timescale_fraction": 0.1, "shift": 1.0, "exponent": 0.5},
    "inverse_time": {
        "initial_value": 0.001,
        "decay_rate": 1.0,
        "decay_fraction": None,
        "step_exponent": 1.0,
        "staircase": False,
    },
    "linear": {"initial_value": 0.001, "final_value": 0.0},
    "multi_step": {"initial_value": 0.001, "milestone_fractions": ..., "gamma": 0.1},
    "noam": {"initial_value": 0.001, "warmup_fraction": 0.1},
    "one_cycle": {
        "initial_value": 0.001,
        "warmup_fraction": 0.3,
        "div_factor": 25.0,
        "final_div_factor": 10000.0,
        "phases": 2,
        "shape": "cosine",
    },
    "piecewise_constant": {"values": ..., "milestone_fractions": ...},
    "piecewise_linear": {"points": ...},
    "polynomial": {
        "initial_value": 0.001,
        "final_value": 0.0,
        "power": 2.0,
        "k": 1.0,
        "decay_fraction": None,
        "cycle": False,
    },
    "product": {"parts": ...},
    "repeat": {"times": 2, "schedule": ...},
    "rex": {"initial_value": 0.001, "final_value": 0.0},
    "sequential": {"parts": ...},
    "step": {"initial_value": 0.001, "period_fraction": ..., "gamma": 0.1},
    "table": {"total_steps": ..., "values": ...},
    "tanh": {"initial_value": 0.001, "final_value": 0.0, "lower": -6.0, "upper": 3.0},
    "torch": {"scheduler": ..., "total_steps": ..., "initial_value": 0.001, "arguments": {}},
    "tri_stage": {
        "initial_value": 0.001,
        "final_value": 0.00001,
        "warmup_fraction": 0.1,
        "warmup_start_factor": 0.01,
        "hold_fraction": 0.4,
        "decay_fraction": 0.5,
    },
    "warmup_stable_decay": {
        "initial_value": 0.001,
        "final_value": 0.0,
        "warmup_fraction": 0.1,
        "decay_fraction": 0.1,
        "decay_shape": "linear",
        "decay_start_factor": 1.0,
    },
}
TIMING = {"warmup_fraction": 0.0, "warmup_start_factor": 0.0, "warmup_shape": "linear", "end_fraction": 1.0}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_default_is_the_one_of_this_table(name: str) -> None:
    cls = BUILT_IN[name]
    timing = {key: value for key, value in TIMING.items() if key in fields_of(cls)}
    expected = {**timing, **DEFAULTS[name]}
    assert {key: default_of(cls, key, missing=...) for key in fields_of(cls)} == expected
    schedule = create({"type": name, **NEEDED.get(name, {})})
    given = {*NEEDED.get(name, {}), "arguments", "decay_rate"}
    assert all(getattr(schedule, key) == value for key, value in expected.items() if key not in given)


def test_every_built_in_type_is_in_the_tables_here() -> None:
    assert DEFAULTS.keys() == BUILT_IN.keys()
    assert {case.config["type"] for case in CASES if isinstance(case.config, dict)} <= DEFAULTS.keys()
    assert json_schema()["$defs"].keys() >= DEFAULTS.keys()
