"""What a type says of itself to an editor, to help() and to tools that build objects from signatures."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonargparse import ArgumentParser

import lr_schedule
from lr_schedule import (
    BaseLRSchedule,
    ConstantLRSchedule,
    CosineAnnealingLRSchedule,
    CosineLRSchedule,
    ScheduleConfigError,
)
from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import fields_of
from lr_schedule.config.registry import registry
from tests.cases import CASES

EMPTY = inspect.Parameter.empty
FLAT = {case.config["type"]: case.config for case in reversed(CASES) if isinstance(case.config, dict)}
FLAT |= {"sequential": {"type": "sequential", "parts": [{"schedule": 0.5, "fraction": 1.0}]}}
"""A config of each type."""
BUILT_IN = {name: cls for name, cls in sorted(registry.items()) if cls.is_built_in}


@pytest.fixture
def own_type() -> Iterator[Any]:
    class SquareRoot(BaseLRSchedule):
        type = "test_square_root"
        sharpness: float = 0.5
        floor: float

        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return self.floor + self.initial_value * progress_remaining**self.sharpness

    yield SquareRoot
    registry.pop("test_square_root", None)


def names_and_defaults(of: Any) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in inspect.signature(of).parameters.items()}


@pytest.mark.parametrize("cls", BUILT_IN.values(), ids=BUILT_IN)
def test_a_signature_shows_the_config_and_each_field_with_its_default(cls: type[Frozen]) -> None:
    shown = inspect.signature(cls)
    assert list(shown.parameters) == ["cfg", *fields_of(cls)]
    assert {shown.parameters[name].kind for name in fields_of(cls)} == {inspect.Parameter.KEYWORD_ONLY}
    optional = {name: value for name, value in names_and_defaults(cls).items() if value is not EMPTY}
    config = {key: value for key, value in FLAT[cls.type].items() if key != "type"}
    assert cls(**{**optional, **config}) == BaseLRSchedule.create(FLAT[cls.type])
    for name in fields_of(cls).keys() - optional.keys():
        with pytest.raises(ScheduleConfigError, match=f"{name}: required key is missing"):
            cls()


def test_a_signature_names_the_type_of_each_value() -> None:
    shown = inspect.signature(lr_schedule.CosineRestartsLRSchedule).parameters
    assert str(shown["initial_value"]) == "initial_value: float = 0.001"
    assert str(shown["cycles"]) == "cycles: Optional[int] = None"


def test_help_shows_the_fields_of_a_type() -> None:
    assert f"PolynomialLRSchedule{inspect.signature(lr_schedule.PolynomialLRSchedule)}" in help_of(
        lr_schedule.PolynomialLRSchedule
    )


def test_a_type_of_ones_own_shows_its_fields_too(own_type: Any) -> None:
    shown = names_and_defaults(own_type)
    assert shown["sharpness"] == 0.5
    assert shown["floor"] is EMPTY
    assert "sharpness: float = 0.5" in help_of(own_type)
    assert own_type(floor=0.25, sharpness=2)(0.5) == 0.25 + 0.001 * 0.25
    with pytest.raises(ScheduleConfigError, match=r"^sharpnes: unknown key; did you mean 'sharpness'\?"):
        own_type(floor=0.25, sharpnes=2)


def test_the_constant_and_the_cosine_schedule_have_names_that_say_so() -> None:
    assert ConstantLRSchedule is BaseLRSchedule
    assert CosineLRSchedule is CosineAnnealingLRSchedule
    assert repr(ConstantLRSchedule(0.5)) == "ConstantLRSchedule(initial_value=0.5)"


def help_of(cls: Any) -> str:
    return pydoc.plain(pydoc.render_doc(cls))


def built(class_path: str, fields: dict[str, Any]) -> Any:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--schedule", type=BaseLRSchedule)
    text = yaml.safe_dump({"schedule": {"class_path": class_path, "init_args": fields}})
    return parser.instantiate(parser.parse_string(text)).schedule


@pytest.mark.parametrize("name", BUILT_IN)
def test_jsonargparse_builds_each_type_from_yaml_and_refuses_a_typo(name: str) -> None:
    cls = BUILT_IN[name]
    schedule = BaseLRSchedule.create(FLAT[name])
    written = {key: value for key, value in schedule.to_config().items() if key in fields_of(cls)}
    if cls.free_keys is not None:
        written[cls.free_keys] = getattr(schedule, cls.free_keys)
    class_path = f"lr_schedule.{cls.__name__}"
    assert built(class_path, written) == schedule
    with pytest.raises(Exception, match="inital_value"):
        built(class_path, {**written, "inital_value": 0.5})


def test_the_parts_of_a_schedule_are_public() -> None:
    half = {"fraction": 0.5}
    schedule = BaseLRSchedule.create([{"type": "linear", **half}, {"type": "cosine", **half}])
    assert schedule.schedules == (lr_schedule.LinearLRSchedule(), CosineLRSchedule())
    assert lr_schedule.RepeatLRSchedule(schedule=0.5, times=2).schedules == (ConstantLRSchedule(0.5),)
    assert ConstantLRSchedule(0.5).schedules == ()
