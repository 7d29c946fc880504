"""The documented range and default of every key are those that it has."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from lr_schedule import BaseLRSchedule, json_schema
from lr_schedule.config.model import default_of, fields_of
from lr_schedule.config.schema import ENDING, describe_fields
from lr_schedule.control.controller import kinds
from lr_schedule.fields import (
    QUIET,
    Count,
    Fraction,
    Number,
    OpenFraction,
    PartialFraction,
    PositiveNumber,
    ValidatedAs,
    Value,
    at_least,
    with_number_rules,
)
from tests.cases import CASES
from tests.kinds.needed import BUILT_IN, NEEDED

create = BaseLRSchedule.create

DOCS = Path(__file__).parents[2] / "docs"
UNSAID = {("torch", "arguments")}


@pytest.fixture(scope="module")
def key_tables() -> Iterator[Any]:
    """The module that makes the tables of keys in the docs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("key_tables")


def ends_as_the_code_says(cls: Any, key: str, key_tables: Any) -> bool:
    said = ENDING.search(describe_fields(cls)[key])
    return said is not None and said[0].strip() == key_tables.ending(cls, key)


@pytest.mark.parametrize("name", [*BUILT_IN, *kinds])
def test_a_docstring_says_range_default_and_steps_of_each_key_as_the_code_has_them(name: str, key_tables: Any) -> None:
    cls = BUILT_IN.get(name) or kinds[name]
    keys = [key for key in fields_of(cls) if (name, key) not in UNSAID]
    wrong = [key for key in keys if not ends_as_the_code_says(cls, key, key_tables)]
    assert wrong == [], [key_tables.ending(cls, key) for key in wrong]


class Documented(BaseLRSchedule):
    """A type with one key.

    Args:
        peak: The highest value. Range: > 0. Default: 2.0.
    """

    peak: PositiveNumber = 2.0


class WrongRange(Documented):
    """A type with one key.

    Args:
        peak: The highest value. Range: >= 0. Default: 2.0.
    """


class WrongDefault(Documented):
    """A type with one key.

    Args:
        peak: The highest value. Range: > 0. Default: 3.0.
    """


def test_a_docstring_with_a_wrong_range_or_default_is_seen(key_tables: Any) -> None:
    assert ends_as_the_code_says(Documented, "peak", key_tables)
    assert not ends_as_the_code_says(WrongRange, "peak", key_tables)
    assert not ends_as_the_code_says(WrongDefault, "peak", key_tables)


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (Number, "any number"),
        (Value, ">= 0"),
        (PositiveNumber | None, "> 0"),
        (Fraction, "[0, 1]"),
        (OpenFraction, "(0, 1)"),
        (Annotated[PartialFraction, QUIET], "[0, 1)"),
        (Count, "whole number in [1, 1_000_000]"),
        (at_least(2), "whole number >= 2"),
        (bool, "`true`, `false`"),
        (Literal["a", "b"], "`a`, `b`"),
        (Literal[2, 3], "`2`, `3`"),
        (Annotated[Any, ValidatedAs(tuple[OpenFraction, ...])], "each in (0, 1)"),
        (Annotated[Any, ValidatedAs(tuple[Value, ...])], "each >= 0"),
        (Annotated[Any, ValidatedAs(tuple[tuple[Fraction, Value], ...])], "pairs of [0, 1] and >= 0"),
        (str, "-"),
    ],
)
def test_the_range_in_a_table_is_that_of_the_annotation(annotation: Any, said: str, key_tables: Any) -> None:
    assert key_tables.range_of(with_number_rules(annotation)) == said


def test_the_range_of_a_key_in_steps_ends_at_the_length_of_the_run(key_tables: Any) -> None:
    table = key_tables.key_table(BUILT_IN["cosine_warmup"], ["warmup_fraction"])
    assert "| `warmup_fraction` | `0.1` | (0, 1) | fraction |" in table
    assert "| `warmup_steps` | - | (0, `total_steps`) | steps |" in table


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


def test_an_exponential_without_rate_and_final_value_decays_to_the_tenth_that_its_docstring_names() -> None:
    assert create("exponential_1").to_config()["decay_rate"] == 0.1
    assert "without both, 0.1." in describe_fields(BUILT_IN["exponential"])["decay_rate"]


def test_every_built_in_type_is_in_the_tables_here() -> None:
    assert DEFAULTS.keys() == BUILT_IN.keys()
    assert {case.config["type"] for case in CASES if isinstance(case.config, dict)} <= DEFAULTS.keys()
    assert json_schema()["$defs"].keys() >= DEFAULTS.keys()
