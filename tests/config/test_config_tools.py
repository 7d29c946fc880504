"""jsonargparse builds every type from a command line, and tells mistakes.

Hydra, hydra-zen and LightningCLI need another omegaconf than the development has: see tests/libraries/config_tools.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonargparse import ArgumentParser

from lr_schedule import BaseLRSchedule
from lr_schedule.config.model import fields_of
from tests.config.test_constructors import BUILT_IN, FLAT

create = BaseLRSchedule.create


def written(name: str) -> dict[str, Any]:
    """Return the fields of a schedule of a type as its constructor takes them, as plain data."""
    cls, schedule = BUILT_IN[name], create(FLAT[name])
    fields = {key: value for key, value in schedule.to_config().items() if key in fields_of(cls)}
    return fields if cls.free_keys is None else {**fields, cls.free_keys: dict(getattr(schedule, cls.free_keys))}


def target(name: str) -> str:
    return f"lr_schedule.{BUILT_IN[name].__name__}"


def parser() -> ArgumentParser:
    made = ArgumentParser(exit_on_error=False)
    made.add_argument("--schedule", type=BaseLRSchedule)
    return made


@pytest.mark.parametrize("name", BUILT_IN)
def test_jsonargparse_builds_each_type_from_a_command_line(name: str) -> None:
    arguments = [f"--schedule={target(name)}"]
    for key, value in written(name).items():
        arguments.append(f"--schedule.{key}={value if isinstance(value, str) else json.dumps(value)}")
    made = parser()
    assert made.instantiate(made.parse_args(arguments)).schedule == create(FLAT[name])
    with pytest.raises(Exception, match="inital_value"):
        made.parse_args([*arguments, "--schedule.inital_value=0.5"])
