"""The JSON Schema of a hyperparameter file: what it says of a section, of a callback, of what turns clipping off."""

from __future__ import annotations

import inspect
from typing import Any

import jsonschema
import pytest

from lr_schedule.zoo.schema import OPTIONS, hyperparams_schema
from lr_schedule.zoo.sections import SCHEDULE_KEYS

VALIDATOR = jsonschema.Draft202012Validator(hyperparams_schema())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(hyperparams_schema())


def test_the_schema_knows_the_arguments_of_the_callback() -> None:
    pytest.importorskip("stable_baselines3")
    from lr_schedule.sb3 import ScheduleCallback

    assert list(OPTIONS) == list(inspect.signature(ScheduleCallback).parameters)


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        (None, "$.x", "None is not of type 'object'"),
        ({"learning_rate": {"type": "linea"}}, "$.x.learning_rate.type", "'linea' is not one of"),
        ({"learning_rate": None}, "$.x.learning_rate", "None is not of type 'number', 'string'"),
        ({"clip_range": None}, "$.x.clip_range", "None is not of type 'number', 'string'"),
        ({"learning_rate": -1}, "$.x.learning_rate", "-1 is less than the minimum"),
        ({"n_timesteps": "20k"}, "$.x.n_timesteps", "'20k' does not match"),
        ({"n_timesteps": -5}, "$.x.n_timesteps", "-5 is less than or equal to the minimum of 0"),
        ({"callback": 3}, "$.x.callback", "3 is not of type 'string'"),
        ({"callback": [{"a.ScheduleCallback": None}]}, "$.x.callback[0].a.ScheduleCallback", "None is not of type"),
        (
            {"callback": {"lr_schedule.sb3.ScheduleCallback": {"schedules": {}, "schedule": {}}}},
            "$.x.callback.lr_schedule.sb3.ScheduleCallback",
            "Additional properties are not allowed ('schedule' was unexpected)",
        ),
        (
            {"callback": [{"ScheduleCallback": {"schedules": {"ent_coef": {"type": "cosine", "final_valu": 1}}}}]},
            "$.x.callback[0].ScheduleCallback.schedules.ent_coef",
            "Additional properties are not allowed ('final_valu' was unexpected)",
        ),
    ],
)
def test_a_mistake_in_a_section_is_one_error_at_its_key(section: Any, path: str, message: str) -> None:
    (error,) = VALIDATOR.iter_errors({"x": section})
    where = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    assert (where, error.message[: len(message)]) == (path, message)


@pytest.mark.parametrize(
    "section",
    [
        {"clip_range": -1, "clip_range_vf": None, "n_timesteps": "1e6", "other": [1]},
        {"clip_range_vf": -0.5, "callback": None, "n_timesteps": 1e6},
        {"callback": "a.b.C"},
        {"callback": ["a.b.C", {"a.b.D": {"schedule": 3}}, {"a.b.E": None}]},
        {"callback": {"my.ScheduleCallback": {"schedules": {"ent_coef": "lin_0.1"}, "total_timesteps": 9}}},
        {key: [{"type": "linear", "steps": 5}, {"type": "cosine", "steps": 5}] for key in SCHEDULE_KEYS},
    ],
)
def test_a_section_without_a_mistake_passes(section: Any) -> None:
    VALIDATOR.validate({"x": section})
