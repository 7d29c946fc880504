"""What a class of a user's own may be: its name, its fields, its methods, and being defined once more."""

from __future__ import annotations

import importlib
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import Field

import lr_schedule
from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.config.registry import registry
from lr_schedule.fields import NumberRule, Value

create = BaseLRSchedule.create


@pytest.fixture(autouse=True)
def types_as_they_were() -> Iterator[None]:
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def define(**attributes: Any) -> Any:
    made: Any = type("Own", (BaseLRSchedule,), attributes)
    return made


@pytest.mark.parametrize("name", [5, None, "", " mine", "mine ", ["mine"]])
def test_a_type_is_a_name_and_nothing_else(name: Any) -> None:
    with pytest.raises(ScheduleConfigError, match="type: must be a name, without spaces around it"):
        define(type=name)
    with pytest.raises(ScheduleConfigError, match="did you mean 'linear'"):
        create({"type": "linea"})
    assert "linear" in json_schema()["$defs"]


def test_a_type_cannot_have_the_name_that_is_short_for_another() -> None:
    with pytest.raises(ScheduleConfigError, match="type: is short for linear in a string such as 'lin_3e-4'"):
        define(type="lin")


def test_a_type_with_an_annotation_is_a_constant_of_the_json_schema_and_no_key() -> None:
    class Annotated(BaseLRSchedule):
        type: str = "annotated"  # type: ignore[misc]
        slope: float = 2.0

    schema = json_schema()
    assert schema["$defs"]["annotated"]["properties"]["type"]["const"] == "annotated"
    assert not jsonschema.Draft202012Validator(schema["$defs"]["annotated"]).is_valid({"type": "other"})
    assert create({"type": "annotated", "slope": 3}) == Annotated({"slope": 3})
    assert Annotated().to_config() == {"type": "annotated", "initial_value": 0.001, "slope": 2.0}


def test_a_class_that_is_defined_again_takes_the_place_of_the_old_one_and_its_schedules_stay_equal() -> None:
    old, new = (define(type="again", __qualname__="Own") for _ in range(2))
    assert old(0.5) == new(0.5)
    assert hash(old(0.5)) == hash(new(0.5))
    assert registry["again"] is new
    with pytest.raises(ScheduleConfigError, match=r"is already the type of tests\.config\.test_own_type_rules\.Own"):
        type("Other", (BaseLRSchedule,), {"type": "again"})


def test_a_module_that_is_loaded_again_may_define_its_types_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from lr_schedule import BaseLRSchedule\nclass Mod(BaseLRSchedule):\n    type = 'mod'\n    slope: float = {}\n"
    )
    (tmp_path / "mod_with_a_type.py").write_text(text.format("1.0"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.import_module("mod_with_a_type")
    assert create({"type": "mod"}) == module.Mod(slope=1.0)
    (tmp_path / "mod_with_a_type.py").write_text(text.format("2.0"), encoding="utf-8")
    importlib.reload(module)
    assert create({"type": "mod"}) == module.Mod(slope=2.0)
    monkeypatch.delitem(sys.modules, "mod_with_a_type")


def test_a_dataclass_decorator_changes_nothing() -> None:
    @dataclass
    class Decorated(BaseLRSchedule):  # type: ignore[misc]
        type = "decorated"
        slope: float = 2.0

        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return self.slope * progress_remaining

    schedule = create({"type": "decorated", "slope": "3"})
    assert schedule(0.5) == 1.5
    assert schedule == Decorated(slope=3)
    assert hash(schedule) == hash(Decorated(slope=3))
    assert schedule != Decorated(slope=4)
    assert repr(schedule) == "Decorated(initial_value=0.001, slope=3.0)"


def test_a_type_with_an_init_of_its_own_is_refused_when_it_is_defined() -> None:
    with pytest.raises(TypeError, match=r"Own defines __init__, which create and pickle never call; declare fields"):
        type("Own", (BaseLRSchedule,), {"type": "own", "__qualname__": "Own", "__init__": lambda self: None})
    assert "own" not in registry


class Numbers(BaseLRSchedule):
    """Every kind of number that a field may hold."""

    some: list[float] = []  # noqa: RUF012  # a default of a field
    count: int = 1
    maybe: float | None = None
    counts: tuple[int, ...] = ()
    named: dict[str, float] = {}  # noqa: RUF012
    pair: tuple[float, bool] = (1.0, True)
    within: Annotated[float, Field(le=1)] = 0.5
    many: Annotated[list[float], Field(max_length=2)] = []  # noqa: RUF012
    either: float | Literal["auto"] = "auto"
    deep: list[dict[str, float | None]] = []  # noqa: RUF012
    flag: bool = False
    word: str = ""
    all: set[int] = set()  # noqa: RUF012


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("some", [True]),
        ("some", [float("inf")]),
        ("some", ["fast"]),
        ("count", True),
        ("count", 1.5),
        ("maybe", False),
        ("counts", [1, True]),
        ("named", {"a": True}),
        ("pair", [True, True]),
        ("within", True),
        ("within", "1.5"),
        ("within", float("nan")),
        ("many", [True]),
        ("many", [1, 2, 3]),
        ("either", True),
        ("either", "aut"),
        ("deep", [{"a": True}]),
        ("all", [True]),
    ],
)
def test_a_boolean_is_no_number_at_any_depth_of_a_field(key: str, value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=rf"(^|\n  ){key}[\[.:]"):
        Numbers({key: value})


def test_a_range_may_be_narrowed_and_both_then_hold() -> None:
    class Own(BaseLRSchedule):
        share: Annotated[Value, NumberRule(le=1)] = 0.5

    given: Any
    for given, share in ((0, 0.0), ("0.25", 0.25), (1, 1.0)):
        assert Own(share=given).share == share
    for given in (-0.1, 1.1, True, float("nan")):
        with pytest.raises(ScheduleConfigError, match=r"^share: must be a finite number >= 0 and <= 1 \(received"):
            Own(share=given)


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("some", ["3e-4", 1], (3e-4, 1.0)),
        ("count", "3", 3),
        ("count", 3.0, 3),
        ("maybe", "3e-4", 3e-4),
        ("counts", ["3"], (3,)),
        ("named", {"a": "3e-4"}, {"a": 3e-4}),
        ("pair", ["1", True], (1.0, True)),
        ("within", "0.25", 0.25),
        ("many", ["1"], (1.0,)),
        ("either", "0.5", 0.5),
        ("either", "auto", "auto"),
        ("deep", [{"a": "1", "b": None}], ({"a": 1.0, "b": None},)),
        ("flag", True, True),
        ("word", "3e-4", "3e-4"),
        ("all", ["3", 1], frozenset({1, 3})),
    ],
)
def test_a_numeral_is_a_number_at_any_depth_of_a_field(key: str, value: Any, kept: Any) -> None:
    schedule = Numbers({key: value})
    assert getattr(schedule, key) == kept
    assert eval(repr(schedule), {**vars(lr_schedule), "Numbers": Numbers}) == schedule
    assert hash(Numbers({key: value})) == hash(schedule)


def test_a_set_is_written_down_as_a_list_in_order() -> None:
    class Own(BaseLRSchedule):
        type = "with_a_set"
        all: set[str] = set()  # noqa: RUF012  # a default of a field

    schedule = create({"type": "with_a_set", "all": ["c", "a", "b"]})
    assert json.loads(json.dumps(schedule.to_config()))["all"] == ["a", "b", "c"]
    assert create(schedule.to_config()) == schedule


def test_a_plain_error_of_a_check_is_told_with_its_path() -> None:
    class Own(BaseLRSchedule):
        type = "checks_itself"
        lowest: float = 0.0

        def check(self) -> None:
            if self.lowest > 1.0:
                raise ValueError("lowest is above 1")

    with pytest.raises(ScheduleConfigError, match=r"^schedule: lowest is above 1 \(received \{.*'lowest': 2\.0"):
        Own(lowest=2)
    with pytest.raises(ScheduleConfigError, match=r"^parts\[1\]\.schedule: lowest is above 1"):
        create([{"fraction": 0.5}, {"fraction": 0.5, "schedule": {"type": "checks_itself", "lowest": 2}}])


def test_a_default_that_is_wrong_is_told_when_the_type_is_used() -> None:
    define(type="wrong_default", slope="fast", __annotations__={"slope": float})
    for cfg in ({}, {"initial_value": 0.1}, {"slope": 1}):
        with pytest.raises(ScheduleConfigError, match=r"^slope: must be a finite number \(received 'fast'\)"):
            create({"type": "wrong_default", **cfg})


def test_the_nearest_word_is_named_for_a_literal_within_another_annotation() -> None:
    class Own(BaseLRSchedule):
        pace: Literal["slow", "fast"] | None = None
        color: Annotated[Literal["red", "green"], Field(description="a color")] = "red"

    for key, value, nearest in (("pace", "fas", "fast"), ("color", "gren", "green")):
        with pytest.raises(ScheduleConfigError, match=f"did you mean '{nearest}'"):
            Own({key: value})


SCRIPT = """
import sys
from lr_schedule import BaseLRSchedule
import cloudpickle
class Parent(BaseLRSchedule):
    type = "parent"
    slope: float = 2.0
    def func(self, progress_remaining):
        return self.slope * progress_remaining
class Child(Parent):
    type = "child"
sys.stdout.buffer.write(cloudpickle.dumps(Child(slope=3)))
"""


def test_a_type_from_a_script_brings_the_types_that_it_is_made_from() -> None:
    made = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True).stdout
    schedule = pickle.loads(made)
    assert schedule(0.5) == 1.5
    assert create({"type": "child", "slope": 3}) == schedule
    assert create({"type": "parent", "slope": 3})(0.5) == 1.5


def test_the_constant_schedule_is_known_to_a_new_process() -> None:
    code = (
        "from lr_schedule.config.registry import registry; from lr_schedule.base import BaseLRSchedule; "
        "assert registry['constant'] is BaseLRSchedule; print(BaseLRSchedule.create({'type': 'constant'})(0.5))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "0.001\n"
