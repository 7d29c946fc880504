"""Names of keys from other libraries, and words of pydantic and PyYAML, in the words of this package."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.other_names import OTHER_NAMES
from lr_schedule.config.registry import registry
from lr_schedule.config.twins import allowed_keys
from lr_schedule.config.yaml_files import parse_yaml


def complaints(config: Any) -> list[str]:
    with pytest.raises(ScheduleConfigError) as caught:
        BaseLRSchedule.create(config)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "key", "meant"),
    [
        ("linear", "lr", "initial_value"),
        ("linear", "learning_rate", "initial_value"),
        ("linear", "max_lr", "initial_value"),
        ("linear", "start", "initial_value"),
        ("linear", "end", "final_value"),
        ("cosine", "min_lr", "final_value"),
        ("cosine", "eta_min", "final_value"),
        ("cosine", "T_max", "total_steps"),
        ("cyclic", "max_lr", "peak_value"),
        ("one_cycle", "pct_start", "warmup_fraction"),
        ("step", "step_size", "period_steps"),
        ("exponential", "gamma", "decay_rate"),
        ("multi_step", "milestones", "milestone_steps"),
        ("cosine_restarts", "T_0", "first_cycle_steps"),
    ],
)
def test_the_name_that_another_library_gives_a_key_leads_to_ours(name: str, key: str, meant: str) -> None:
    assert complaints({"type": name, key: 1})[0].startswith(f"{key}: unknown key; did you mean {meant!r}? Allowed: ")


def test_every_other_name_leads_to_a_key_of_some_type_and_is_itself_no_key_of_that_type() -> None:
    keys = {name: {*allowed_keys(cls), "total_steps"} for name, cls in registry.items() if cls.is_built_in}
    for key, others in OTHER_NAMES.items():
        types = [name for name, own in keys.items() if key in own]
        assert types, key
        # A type may have one of the names as a key of its own, such as gamma; then it is meant.
        assert all(any(other not in keys[name] for name in types) for other in others.split()), key


def test_a_misspelt_key_is_still_led_to_the_nearest_one() -> None:
    assert "did you mean 'final_value'?" in complaints({"type": "linear", "final_valu": 1})[0]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"type": "piecewise_linear", "points": [[0], 3]},
            ["points[0][1]: an item is missing (received None)", "points[1]: must be a list (received 3)"],
        ),
        ({"type": "piecewise_linear", "points": []}, ["points: must have at least 1 item (received [])"]),
        ({"type": "piecewise_linear", "points": [[0, 1, 2]]}, ["points[0]: one item too many (received [0, 1, 2])"]),
        ({"type": "multi_step", "milestone_fractions": 5}, ["milestone_fractions: must be a list (received 5)"]),
        ({"type": "torch", "scheduler": 3, "total_steps": 3}, ["scheduler: must be text (received 3)"]),
        (
            "lin_1_2_3",
            [
                "schedule: has more than two numbers; a string can have a first and a last value; use a mapping for "
                "more (received 'lin_1_2_3')"
            ],
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_the_words_of_a_file_and_each_mistake_once(
    config: Any, expected: list[str]
) -> None:
    assert complaints(config) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", "file.yml:2:1: there is a tab here; use spaces to indent YAML"),
        ("? [a, b]\n: 1", "file.yml:1:3: a key must be a word or a number, not a list or a mapping"),
        (
            "learning_rate:3e-4\npolicy: x",
            "file.yml:2:7: there can be no key here; the line may be indented too far, the line",
        ),
        ("a: |\nb", "file.yml:2:2: a colon and a space must follow a key"),
        ("a: !!timestamp soon", "file.yml:1:4: a value cannot be read as !!timestamp"),
        ("a: !!bool perhaps", "file.yml:1:4: a value cannot be read as !!bool"),
        ("a: !!int ''", "file.yml:1:4: a value cannot be read as !!int"),
    ],
)
def test_what_yaml_cannot_read_is_told_with_what_helps(text: str, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        parse_yaml(text, "file.yml")
    assert str(caught.value).startswith(message)


TAGS = ["bool", "int", "float", "null", "timestamp", "binary", "str", "seq", "map", "set", "omap", "pairs", "merge"]


@given(
    st.sampled_from(["a: !!{tag} {text}", "!!{tag} {text}: 1", "{text}"]),
    st.sampled_from(TAGS),
    st.text(alphabet="a1:-?{}[],&*!|>'\"%@` \n\t.~<=+", max_size=9),
)
def test_whatever_stands_behind_a_tag_is_read_or_is_an_error_of_ours(form: str, tag: str, text: str) -> None:
    with suppress(ScheduleConfigError):
        parse_yaml(form.format(tag=tag, text=text))


def test_a_date_is_shown_as_it_was_written() -> None:
    data = parse_yaml("learning_rate: 2024-01-01").data
    assert complaints(data["learning_rate"])[0].endswith("(received 2024-01-01)")
