"""The JSON Schema of all kinds says what `create` takes."""

from __future__ import annotations

from typing import Any

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
