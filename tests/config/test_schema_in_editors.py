"""What an editor shows, and a checker says, with the JSON Schema: completions, texts, the key that is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from jsonschema.exceptions import best_match

from lr_schedule import BaseLRSchedule, json_schema
from lr_schedule.cli.types import CONFIGS
from lr_schedule.config.registry import registry
from lr_schedule.config.schema import summary
from lr_schedule.config.twins import allowed_keys
from lr_schedule.zoo.schema import hyperparams_schema

BUILT_IN = sorted(name for name, cls in registry.items() if cls.is_built_in)
WHOLE = json_schema()
Validator = jsonschema.Draft202012Validator


def applying(schema: dict[str, Any], value: Any, whole: dict[str, Any] = WHOLE) -> Iterator[dict[str, Any]]:
    """Yield each schema that speaks of `value`, as an editor follows them: references, conditions, all of several."""
    if "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        yield from applying(target, value, whole)
    yield schema
    for part in schema.get("allOf", ()):
        yield from applying(part, value, whole)
    if "if" in schema:
        holds = Validator({**schema["if"], "$defs": whole["$defs"]}).is_valid(value)
        yield from applying(schema.get("then" if holds else "else", {}), value, whole)


def keys_offered(value: Any, start: dict[str, Any] = WHOLE) -> set[str]:
    """Return the keys that an editor completes in a mapping."""
    return {key for one in applying(start, value) for key in one.get("properties", {})}


def text_of(key: str, value: Any, schema: dict[str, Any]) -> tuple[str, str]:
    """Return the title and the description that an editor shows for a key: the first of those that apply."""
    fields = [one["properties"][key] for one in applying(schema, value, schema) if key in one.get("properties", {})]
    shown = [one for field in fields for one in [field, *applying(field, value[key], schema)]]
    titles = [one["title"] for one in shown if "title" in one]
    return titles[0], next(one["description"] for one in shown if "description" in one)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_key_has_one_schema_with_its_text_where_it_may_be_null_too(name: str) -> None:
    for key, field in WHOLE["$defs"][name]["properties"].items():
        assert "anyOf" not in field, key
    assert WHOLE["$defs"]["clip"]["properties"]["maximum"]["type"] == ["number", "string", "null"]


@pytest.mark.parametrize("place", ["_mapping", "_phase"])
def test_after_type_every_type_is_offered_with_what_it_is(place: str) -> None:
    schemas = list(applying(WHOLE["$defs"][place], {"type": ""}))
    fields = [field for one in schemas for field in applying(one.get("properties", {}).get("type", {}), "")]
    (offered,) = [field for field in fields if "enum" in field]
    assert offered["enum"] == sorted(registry)
    assert offered["enumDescriptions"] == [summary(registry[name]).replace("``", "") for name in sorted(registry)]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_keys_offered_for_a_type_are_those_of_that_type(name: str) -> None:
    own = {"type", "total_steps", *allowed_keys(registry[name])} | ({"arguments"} if name == "torch" else set())
    assert keys_offered({"type": name}) == own
    assert keys_offered({"type": name}, {"$ref": "#/$defs/_phase"}) == own | {"fraction", "steps"}


def test_a_mapping_that_names_no_type_is_offered_the_keys_of_a_constant_and_a_type() -> None:
    assert keys_offered({}) == {"type", "total_steps", *allowed_keys(BaseLRSchedule)}


def test_no_branch_is_chosen_by_a_constant_which_editors_take_for_met_by_its_beginning() -> None:
    conditions = [part["if"] for part in WHOLE["$defs"]["_mapping"]["allOf"] if "if" in part]
    assert len(conditions) == len(registry) + 1
    assert "'const'" not in str(conditions)


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("place", ["alone", "in a list", "in a hyperparameter file", "in a callback"])
def test_a_misspelt_key_is_the_one_thing_that_a_checker_names(name: str, place: str) -> None:
    if name == "torch":
        pytest.skip("every further key is an argument of the scheduler")
    wrong = {"type": name, **CONFIGS.get(name, {}), "initial_valu": 1}
    callback = {"lr_schedule.sb3.ScheduleCallback": {"schedules": {"ent_coef": wrong}}}
    schema, config = {
        "alone": (WHOLE, wrong),
        "in a list": (WHOLE, [{"fraction": 1, **wrong}]),
        "in a hyperparameter file": (hyperparams_schema(), {"x": {"learning_rate": wrong}}),
        "in a callback": (hyperparams_schema(), {"x": {"callback": [callback]}}),
    }[place]
    (error,) = Validator(schema).iter_errors(config)
    assert error.message == "Additional properties are not allowed ('initial_valu' was unexpected)"
    assert best_match([error]) == error


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"type": "cosin"}, "$.type", "'cosin' is not one of ['clip', 'constant', 'cosine'"),
        ({"type": "linear", "final_value": -1}, "$.final_value", "-1 is less than the minimum of 0"),
        ({"type": "linear", "final_value": 1, "final_ratio": 1}, "$.final_ratio", "1 is not of type 'null'"),
        ({"type": "step"}, "$", "'period_fraction' is a required property"),
        ({"type": "step", "period_fraction": 1, "period_steps": 1}, "$.period_steps", "1 is not of type 'null'"),
        ({"type": "cosine_restarts"}, "$", "'cycles' is a required property"),
        ({"type": "cosine_restarts", "cycles": 1, "first_cycle_steps": 9}, "$.first_cycle_steps", "9 is not of type"),
        ([{"type": "linear"}], "$[0]", "'fraction' is a required property"),
        ([{"type": "linear", "fraction": 1}, 3], "$[1]", "3 is not of type 'object'"),
        ({"type": "product", "parts": [1, {"type": "step"}]}, "$.parts[1]", "'period_fraction' is a required property"),
        (True, "$", "True is not of type 'number', 'string', 'object', 'array'"),
    ],
)
def test_a_checker_names_the_key_that_is_wrong_and_what_is_wrong_with_it(config: Any, path: str, message: str) -> None:
    error = best_match(Validator(WHOLE).iter_errors(config))
    assert error is not None
    assert (error.json_path, error.message[: len(message)]) == (path, message)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_type_and_each_of_its_keys_say_what_they_are_without_markup(name: str) -> None:
    schema = WHOLE["$defs"][name]
    assert (schema["title"], schema["description"]) == (name, summary(registry[name]).replace("``", ""))
    for key, field in schema["properties"].items():
        title, text = text_of(key, {"type": name, key: name if key == "type" else 0.5}, WHOLE)
        assert title == (name if key == "type" else key)
        assert text == field["description"]
        assert len(text) > len(key)
        assert "``" not in text


@pytest.mark.parametrize("value", [3e-4, "cosine_3e-4", {"type": "cosine"}, [{"type": "cosine", "fraction": 1}]])
@pytest.mark.parametrize("key", ["learning_rate", "clip_range", "clip_range_vf", "delta_std", "qf_learning_rate"])
def test_a_hyperparameter_says_what_it_is_whatever_stands_there(key: str, value: Any) -> None:
    schema = hyperparams_schema()
    section = {**schema["$defs"]["_hyperparameters"], "$defs": schema["$defs"]}
    title, text = text_of(key, {key: value}, section)
    assert title == key
    assert "a number or a schedule" in text


OWN = """
import enum, jsonschema
from lr_schedule import BaseLRSchedule, json_schema

class Mode(enum.Enum):
    UP = "up"
    DOWN = "down"

class Moded(BaseLRSchedule):
    type = "schedule"
    mode: Mode = Mode.UP

class Phase(BaseLRSchedule):
    type = "phase"
    staircase: bool = False

schema = json_schema()
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for config in ({"type": "schedule", "mode": "down"}, {"type": "phase"}, [{"type": "phase", "fraction": 1}]):
    BaseLRSchedule.create(config)
    validator.validate(config)
assert not validator.is_valid({"type": "schedule", "mode": "sideways"})
assert not validator.is_valid({"type": "phase", "staircase": 1})
assert not validator.is_valid({"type": "linear", "initial_value": "x"})
"""


def test_types_of_a_user_that_refer_to_an_enum_or_are_named_like_a_part_of_the_schema_are_in_it() -> None:
    subprocess.run([sys.executable, "-c", OWN], check=True)
