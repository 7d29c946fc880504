"""The Zoo's string form with a first and a last value, ``lin_3e-4_1e-5``, for every type with a final_value."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.config.model import fields_of
from lr_schedule.config.registry import registry

create = BaseLRSchedule.create

WITH_A_FINAL_VALUE = sorted(
    name for name, cls in registry.items() if cls.is_built_in and "final_value" in fields_of(cls) and not cls.one_of
)


@pytest.mark.parametrize("name", WITH_A_FINAL_VALUE)
def test_every_type_with_a_final_value_takes_two_values(name: str) -> None:
    expected = create({"type": name, "initial_value": 3e-4, "final_value": 1e-5})
    assert create(f"{name}_3e-4_1e-5") == expected
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(f"{name}_3e-4_1e-5")


def test_lin_is_linear_with_two_values_too() -> None:
    assert create("lin_3e-4_1e-5") == create({"type": "linear", "initial_value": 3e-4, "final_value": 1e-5})
    assert create(" lin_3e-4_1e-5".strip())(0.0) == 1e-5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("constant_3e-4_1e-5", "type 'constant' has no final_value; types with a final_value: "),
        ("step_3e-4_1e-5", "type 'step' has no final_value"),
        ("lin_1_2_3", "has more than two numbers; a string can have a first and a last value"),
        ("cosin_3e-4_1e-5", "unknown type; did you mean 'cosine'?"),
        ("3e-4_1e-5", "must be a number or <type>_<initial_value>"),
        ("_1_2", "unknown type"),
        ("lin_3e-4_-1", "final_value: must be a finite number >= 0"),
        ("exponential_3e-4_0", "final_value: without decay_rate"),
        ("cosine_restarts_1_2", "cycles: give either cycles or first_cycle_fraction"),
    ],
)
def test_what_two_values_cannot_say_is_told(text: str, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [("lin_3e-4_1e-5", True), ("lin_3e-4_-1", False), ("lin_1_2_3", False), ("constant_1_2", False), ("1_2", False)],
)
def test_the_schema_knows_strings_with_two_values(text: Any, is_valid: bool) -> None:
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(text) is is_valid
