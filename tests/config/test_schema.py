"""The JSON Schema of all kinds says what `create` takes."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

import jsonschema
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.config.registry import registry
from tests.cases import CASES

create = BaseLRSchedule.create


def test_the_json_schema_accepts_every_case_and_what_it_is_written_down_as() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for case in CASES:
        validator.validate(case.config)
        validator.validate(create(case.config).to_config())
    validator.validate("cosine_3e-4")


@pytest.mark.parametrize(
    "config",
    [
        {"type": "linear", "initial_valu": 1},
        {"type": "step"},
        "cosin_3",
        [],
        {"type": "linear", "initial_value": -1},
        True,
    ],
)
def test_the_json_schema_refuses_what_create_refuses(config: Any) -> None:
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(config)
    with pytest.raises(ScheduleConfigError):
        create(config)


def test_every_key_in_the_json_schema_is_described() -> None:
    for name in registry:
        for key, schema in json_schema()["$defs"][name]["properties"].items():
            assert key == "type" or schema.get("description"), (name, key)


class Pace(Enum):
    SLOW = "slow"
    FAST = "fast"


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (Pace, "slow", "slo"),
        (Literal["slow"], "slow", "slo"),
        (Literal["slow", "fast"], "fast", "fas"),
        (Literal[1, 2], 2, 3),
        (list[float], [0.5, "3e-4"], ["x"]),
        (int, 3, 3.5),
        (bool, True, 1),
        (Any, {"a": [1]}, ...),
    ],
    ids=str,
)
def test_a_field_of_ones_own_that_may_be_left_out_may_be_null_in_the_json_schema_too(
    kind: Any, taken: Any, refused: Any
) -> None:
    define: Any = type
    define("Own", (BaseLRSchedule,), {"type": "may_be_null", "__annotations__": {"own": kind | None}, "own": None})
    try:
        validator = jsonschema.Draft202012Validator(json_schema())
        for value in (taken, None):
            config = {"type": "may_be_null", "own": value}
            validator.validate(config)
            create(config)
        if refused is not ...:
            config = {"type": "may_be_null", "own": refused}
            assert not validator.is_valid(config)
            with pytest.raises(ScheduleConfigError, match=r"^own"):
                create(config)
    finally:
        registry.pop("may_be_null")
