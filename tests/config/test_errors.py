"""What a wrong configuration is told: one fresh row per mistake, with the message."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.errors import Problems, needs_extra

create = BaseLRSchedule.create


def linear(**keys: Any) -> dict[str, Any]:
    return {"type": "linear", **keys}


def phases(*fractions: float) -> list[dict[str, Any]]:
    return [linear(fraction=fraction) for fraction in fractions]


def nested() -> dict[str, Any]:
    part = {"type": "repeat", "schedule": {"type": "clip", "schedule": linear(final_valu=1)}}
    return {"type": "product", "parts": [1, part]}


CYCLE: dict[str, Any] = {"type": "repeat"}
CYCLE["schedule"] = CYCLE

MISTAKES: list[tuple[Any, str]] = [
    ({"type": "cosin"}, "type: unknown type; did you mean 'cosine'? Allowed: "),
    ({"type": 3}, "type: unknown type. Allowed: "),
    ({"type": ["linear"]}, "type: unknown type"),
    (
        linear(final_valu=0.1),
        "final_valu: unknown key; did you mean 'final_value'? Allowed: initial_value, final_value",
    ),
    (linear(**{"x" * 9: 1}), "xxxxxxxxx: unknown key. Allowed: "),
    ({3: 1}, "3: unknown key"),
    (linear(initial_value=[1]), "initial_value: must be a finite number >= 0 (received [1])"),
    (linear(initial_value=None), "initial_value: must be a finite number >= 0 (received None)"),
    (linear(initial_value=True), "initial_value: must be a finite number >= 0 (received True)"),
    (linear(initial_value={"value": 1}), "initial_value: must be a finite number >= 0 (received {'value': 1})"),
    (linear(initial_value="fast"), "initial_value: must be a finite number >= 0 (received 'fast')"),
    (linear(initial_value="1_000"), "initial_value: must be a finite number >= 0 (received '1_000')"),
    (linear(initial_value=float("nan")), "initial_value: must be a finite number >= 0 (received nan)"),
    (linear(initial_value=float("inf")), "initial_value: must be a finite number >= 0 (received inf)"),
    (linear(initial_value=10**400), "initial_value: must be a finite number >= 0 (received 1000"),
    (linear(final_value=-0.1), "final_value: must be a finite number >= 0 (received -0.1)"),
    (-0.1, "initial_value: must be a finite number >= 0 (received -0.1)"),
    (float("nan"), "initial_value: must be a finite number >= 0 (received nan)"),
    ({"type": "exponential", "decay_rate": 0}, "decay_rate: must be a finite number > 0 and <= 1 (received 0)"),
    ({"type": "exponential", "decay_rate": 1.5}, "decay_rate: must be a finite number > 0 and <= 1 (received 1.5)"),
    (
        {"type": "exponential", "final_value": 0},
        "final_value: without decay_rate, final_value and initial_value must be > 0",
    ),
    (
        {"type": "exponential", "final_value": 1, "decay_rate": 0.1},
        "final_value: with decay_rate, must be <= initial_value",
    ),
    ({"type": "polynomial", "power": -1}, "power: must be a finite number >= 0 (received -1)"),
    (
        {"type": "cosine_warmup", "warmup_fraction": 0},
        "warmup_fraction: must be a finite number > 0 and < 1 (received 0)",
    ),
    (
        {"type": "cosine_warmup", "warmup_fraction": 1},
        "warmup_fraction: must be a finite number > 0 and < 1 (received 1)",
    ),
    ({"type": "cosine_warmup", "warmup_steps": 5}, "warmup_steps: needs total_steps, in the config or as create("),
    (linear(warmup_steps=5, warmup_fraction=0.1, total_steps=9), "warmup_steps: given together with warmup_fraction"),
    (linear(warmup_steps=50, total_steps=20), "warmup_steps: must be a finite number >= 0 and < 1 once resolved to"),
    (linear(warmup_steps="x", total_steps=20), "warmup_steps: must be a number of steps (received 'x')"),
    (
        {"type": "torch", "scheduler": "StepLR", "total_steps": 4, "arguments": [2]},
        "arguments: must be a mapping; its keys may also be given next to the other keys (received [2])",
    ),
    (linear(total_steps=0), "total_steps: must be a finite number > 0 (received 0)"),
    (linear(total_steps="soon"), "total_steps: must be a finite number > 0 (received 'soon')"),
    (linear(warmup_fraction=0.5, end_fraction=0.5), "warmup_fraction: must be below end_fraction, which is 0.5"),
    (linear(final_value=1, final_ratio=1), "final_ratio: given together with final_value"),
    (linear(final_ratio=-1), "final_ratio: must be a finite number >= 0, as a fraction of initial_value"),
    ({"type": "constant", "final_ratio": 1}, "final_ratio: unknown key"),
    ("lin_", "schedule: must be a number or <type>_<initial_value>, as in 'cosine_3e-4' (received 'lin_')"),
    ("lin_a_b", "schedule: must be a number or <type>_<initial_value>"),
    ("", "schedule: must be a number or <type>_<initial_value>"),
    ("_3", "schedule: unknown type"),
    ("cosin_3e-4", "schedule: unknown type; did you mean 'cosine'?"),
    ("lin_-3e-4", "initial_value: must be a finite number >= 0 (received -0.0003)"),
    (None, "schedule: must be a number, a mapping with a type, a list of phases"),
    (True, "schedule: must be a number, a mapping with a type"),
    (b"3e-4", "schedule: must be a number, a mapping with a type"),
    (LinearLRSchedule, "schedule: must be a number, a mapping with a type"),
    ([], "parts: must have at least one schedule (received [])"),
    (phases(0.5, 0.4), "parts: the fractions of the parts must sum to 1, not to 0.9 (received [0.5, 0.4])"),
    ([linear()], "parts[0].fraction: give either fraction or steps for each part"),
    ([linear(fraction=1, steps=1)], "parts[0].fraction: give either fraction or steps for each part"),
    ([linear(steps=3)], "parts[0].steps: needs total_steps"),
    ([linear(fraction=0)], "parts[0].fraction: must be a number > 0 and <= 1 (received 0)"),
    ([0.1], "parts[0]: must be a mapping with 'fraction' or 'steps'"),
    ({"type": "sequential", "parts": "lin_1"}, "parts: must be a list of schedules"),
    ({"type": "sequential"}, "parts: required key is missing"),
    (
        [*phases(0.5), linear(fraction=0.5, final_valu=1)],
        "parts[1].final_valu: unknown key; did you mean 'final_value'?",
    ),
    ({"type": "product", "parts": [None]}, "parts[0]: must be a number, a mapping with a type"),
    (nested(), "parts[1].schedule.schedule.final_valu: unknown key"),
    (CYCLE, "nested too deeply, or contains itself"),
    ({"type": "step"}, "period_fraction: required key is missing"),
    ({"type": "step", "period_fraction": 0}, "period_fraction: must be a finite number > 0 and <= 1"),
    ({"type": "step", "period_fraction": 0.1, "gamma": 0}, "gamma: must be a finite number > 0 (received 0)"),
    ({"type": "step", "period_fraction": 1e-3, "gamma": 9}, "gamma: makes the value grow beyond 1e300"),
    (
        {"type": "multi_step", "milestone_fractions": [0.5, 0.2]},
        "milestone_fractions[1]: must be above the one before it, which is 0.5",
    ),
    (
        {"type": "multi_step", "milestone_fractions": [0.5, 0.5]},
        "milestone_fractions[1]: must be above the one before it",
    ),
    (
        {"type": "multi_step", "milestone_fractions": [1.5]},
        "milestone_fractions[0]: must be less than 1 (received 1.5)",
    ),
    ({"type": "multi_step", "milestone_fractions": 0.5}, "milestone_fractions: must be"),
    (
        {"type": "multi_step", "milestone_steps": [5, 50], "total_steps": 20},
        "milestone_steps[1]: must be less than 1 once resolved",
    ),
    (
        {"type": "piecewise_constant", "values": [1], "milestone_fractions": [0.5]},
        "values: must have 2 values, one more than",
    ),
    ({"type": "piecewise_linear", "points": []}, "points: "),
    ({"type": "piecewise_linear", "points": [[0, 1, 2]]}, "points[0]"),
    (
        {"type": "piecewise_linear", "points": [[0.5, 1], [0, 2]]},
        "points[1]: must be above the one before it, which is 0.5",
    ),
    (
        {"type": "piecewise_linear", "points": [[0, -1]]},
        "points[0][1]: must be greater than or equal to 0 (received -1)",
    ),
    ({"type": "cosine_restarts"}, "cycles: give either cycles or first_cycle_fraction"),
    ({"type": "cosine_restarts", "cycles": 2, "first_cycle_fraction": 0.5}, "cycles: give either cycles or"),
    ({"type": "cosine_restarts", "cycles": 0}, "cycles: must be a whole number >= 1 and <= 1000000 (received 0)"),
    ({"type": "cosine_restarts", "cycles": 1.5}, "cycles: must be a whole number >= 1 and <= 1000000 (received 1.5)"),
    ({"type": "cosine_restarts", "first_cycle_fraction": 0}, "first_cycle_fraction: must be"),
    ({"type": "cyclic", "peak_value": 1e-9, "up_fraction": 0.1}, "peak_value: must be >= initial_value"),
    ({"type": "cyclic", "peak_value": 1, "up_fraction": 0}, "up_fraction: must be a finite number > 0 and <= 1"),
    (
        {"type": "cyclic", "peak_value": 1, "up_fraction": 1, "mode": "triangle"},
        "mode: must be 'triangular', 'triangular2' or 'exp_range'; did you mean 'triangular'? (received 'triangle')",
    ),
    ({"type": "one_cycle", "phases": 4}, "phases: must be 2 or 3"),
    ({"type": "one_cycle", "phases": 3, "warmup_fraction": 0.5}, "warmup_fraction: must be below half of end_fraction"),
    ({"type": "one_cycle", "shape": "cos"}, "shape: must be 'cosine' or 'linear'; did you mean 'cosine'?"),
    (
        {"type": "warmup_stable_decay", "decay_shape": "root"},
        "decay_shape: must be 'linear', 'cosine', 'mirrored_cosine', '1-sqrt', 'sqrt',",
    ),
    ({"type": "warmup_stable_decay", "decay_shape": "exponential"}, "final_value: an exponential decay needs"),
    ({"type": "warmup_stable_decay", "decay_fraction": 0.95}, "decay_fraction: does not fit between warmup_fraction"),
    (
        {"type": "tri_stage", "hold_fraction": 0.6},
        "decay_fraction: its sum with warmup_fraction and hold_fraction is 1.2",
    ),
    ({"type": "tanh", "lower": 4}, "lower: must be below upper, which is 3.0"),
    ({"type": "repeat", "schedule": 1, "times": 0}, "times: must be a whole number >= 1 and <= 1000000 (received 0)"),
    ({"type": "delay", "schedule": 1, "delay_fraction": 1}, "delay_fraction: must be a finite number > 0 and < 1"),
    ({"type": "clip", "schedule": 1, "minimum": 2, "maximum": 1}, "maximum: must be >= minimum, which is 2.0"),
]


@pytest.mark.parametrize(("config", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES])
def test_a_mistake_is_named_with_its_path_what_was_received_and_what_is_allowed(config: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create(config)
    assert message in str(caught.value)
    assert "received" in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value) or callable(config)


def test_all_mistakes_of_a_config_are_reported_together() -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create(linear(initial_value="x", final_value=-1, wramup_fraction=0.1))
    assert [problem.path for problem in caught.value.problems] == [
        ("wramup_fraction",),
        ("initial_value",),
        ("final_value",),
    ]
    assert str(caught.value).startswith("3 problems in the schedule:\n  wramup_fraction: unknown key")


def test_a_value_in_a_message_is_cut_short() -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create("x" * 10_000_000)
    assert len(str(caught.value)) < 500


def test_a_field_given_twice_is_refused() -> None:
    with pytest.raises(ScheduleConfigError, match="initial_value: given in the config and as a keyword"):
        LinearLRSchedule(3e-4, initial_value=3e-4)
    with pytest.raises(ScheduleConfigError, match="type: LinearLRSchedule is of type 'linear'"):
        LinearLRSchedule({"type": "cosine"})
    with pytest.raises(
        ScheduleConfigError, match=re.escape("total_steps: given twice; differs from the argument total_steps, 20")
    ):
        create(linear(total_steps=10), total_steps=20)


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    [
        "type",
        "initial_value",
        "final_value",
        "warmup_fraction",
        "warmup_steps",
        "total_steps",
        "parts",
        "schedule",
        "points",
        "cycles",
    ]
)
types = st.sampled_from(["linear", "sequential", "repeat", "piecewise_linear", "cosine_restarts", "exponential", 3])


@settings(max_examples=500, deadline=None)
@given(junk | st.dictionaries(keys, junk | types, max_size=4))
def test_no_input_of_any_kind_gives_more_than_a_schedule_or_a_config_error(config: Any) -> None:
    before = copy.deepcopy(config)
    try:
        schedule = create(config)
    except ScheduleConfigError:
        pass
    else:
        values = schedule.sample(21)
        assert bool((values >= 0).all())
        assert bool((values < float("inf")).all())
    assert repr(config) == repr(before)


def test_an_error_that_lists_several_problems_has_the_cause_of_the_first() -> None:
    first, second = ValueError("first"), ValueError("second")
    problems = Problems()
    for key, cause in (("a", first), ("b", second)):
        with problems.gathered(key):
            raise ScheduleConfigError.at((), 1, "is wrong") from cause
    with pytest.raises(ScheduleConfigError, match="a: is wrong") as caught:
        problems.raise_any()
    assert caught.value.__cause__ is first


@pytest.mark.parametrize("name", ["sbx", "sbx.ppo"])
def test_a_package_that_an_extra_brings_is_told_with_the_way_to_install_it(name: str) -> None:
    with (
        pytest.raises(ModuleNotFoundError, match=r"^needs sbx, which is not installed; .*\[sbx\]'$") as caught,
        needs_extra(),
    ):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    assert caught.value.name == name


@pytest.mark.parametrize("error", [ModuleNotFoundError("of mine", name="mine"), ImportError("of mine", name="sbx")])
def test_any_other_failed_import_is_told_as_it_is(error: ImportError) -> None:
    with pytest.raises(ImportError) as caught, needs_extra():
        raise error
    assert caught.value is error


@pytest.mark.parametrize("key", ["warmup_fraction", "end_fraction"])
def test_a_fraction_that_is_surely_a_number_of_steps_names_the_key_in_steps(key: str) -> None:
    in_steps = key.replace("fraction", "steps")
    with pytest.raises(ScheduleConfigError, match=rf"^{key}: .*; to give a number of steps, use {in_steps} \(received"):
        create(linear(**{key: 5000}))
    with pytest.raises(ScheduleConfigError) as error:
        create(linear(**{in_steps: 5000}), 4000)
    assert "to give" not in str(error.value)
