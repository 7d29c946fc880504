"""What `create` accepts and what schedules are, whatever their kind."""

from __future__ import annotations

import dataclasses
import json
import operator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from lr_schedule import (
    BaseLRSchedule,
    CosineWarmupLRSchedule,
    LinearLRSchedule,
    ScheduleConfigError,
)
from lr_schedule.config.registry import registry

create = BaseLRSchedule.create


@pytest.mark.parametrize(
    "number",
    [
        3,
        0.003,
        np.float64(0.003),
        np.float32(0.25),
        np.int64(3),
        np.array(0.5),
        "3e-3",
        "3",
        Decimal("0.003"),
        Fraction(1, 2),
    ],
)
def test_any_kind_of_number_is_a_constant(number: Any) -> None:
    schedule = create(number)
    assert schedule == BaseLRSchedule(initial_value=float(number))
    assert type(schedule(0.3)) is float


@pytest.mark.parametrize("text", ["lin_3e-4", "linear_3e-4", "linear_0.0003"])
def test_the_string_of_the_zoo_is_a_line_to_zero(text: str) -> None:
    assert create(text) == LinearLRSchedule(initial_value=3e-4, final_value=0.0)


NEEDS_MORE = {"step", "multi_step", "cosine_restarts", "cyclic", "torch"}
"""Types with a key that must be given, beside those that have no initial_value."""


@pytest.mark.parametrize("name", sorted(registry.keys() - NEEDS_MORE))
def test_every_type_that_starts_from_a_value_has_a_string_form(name: str) -> None:
    kind: Any = registry[name]
    if "initial_value" in kind.omitted_fields:
        with pytest.raises(ScheduleConfigError, match="initial_value: unknown key"):
            create(f"{name}_3e-4")
    else:
        assert create(f"{name}_3e-4") == kind(initial_value=3e-4)


def test_a_mapping_without_type_is_constant_and_one_of_a_class_is_of_that_class() -> None:
    assert create({"initial_value": 0.1}) == BaseLRSchedule(0.1)
    assert LinearLRSchedule.create({"initial_value": 0.1}) == LinearLRSchedule(0.1)
    assert create({}) == BaseLRSchedule(0.001)


def test_a_class_takes_its_cfg_positionally_its_fields_as_keywords_and_both() -> None:
    expected = create({"type": "linear", "initial_value": 3e-4, "final_value": 1e-5})
    text: Any = "1e-5"
    assert LinearLRSchedule({"initial_value": 3e-4, "final_value": 1e-5}) == expected
    assert LinearLRSchedule(initial_value=3e-4, final_value=text) == expected
    assert LinearLRSchedule(3e-4, final_value=1e-5) == expected
    assert LinearLRSchedule(expected) == expected


def test_the_six_types_have_the_keys_and_defaults_of_the_documentation() -> None:
    start, both = {"initial_value": 0.001}, {"initial_value": 0.001, "final_value": 0.0}
    expected = {
        "constant": start,
        "linear": both,
        "cosine": both,
        "exponential": {**start, "decay_rate": 0.1},
        "polynomial": {**both, "power": 2.0},
        "cosine_warmup": {**both, "warmup_fraction": 0.1},
    }
    for name, fields in expected.items():
        config = create({"type": name}).to_config()
        assert config == {"type": name, **fields}


def test_func_is_the_formula_of_the_reference_warmup_included() -> None:
    assert CosineWarmupLRSchedule().func(1.0) == 0.0
    assert CosineWarmupLRSchedule().func(0.9) == 0.001
    assert LinearLRSchedule(1.0).func(0.25) == 0.25


def test_a_schedule_is_returned_as_it_is() -> None:
    schedule = create("cosine_3e-4")
    assert create(schedule) is schedule


def test_omegaconf_is_a_mapping_like_any_other() -> None:
    written = "{type: sequential, parts: [{fraction: 0.5, schedule: 3e-4}, {type: linear, fraction: 0.5}]}"
    config: Any = OmegaConf.create(written)
    plain: Any = OmegaConf.to_container(config)
    assert create(config) == create(plain)


def test_the_callers_config_is_never_changed() -> None:
    config = {"type": "linear", "warmup_steps": 10, "total_steps": 100, "final_ratio": 0.1}
    nested = [{**config, "fraction": 0.5}, {"schedule": config, "fraction": 0.5}]
    before = json.dumps([config, nested])
    create(config)
    create(nested)
    assert json.dumps([config, nested]) == before


def test_a_schedule_is_immutable() -> None:
    schedule: Any = create("linear_3e-4")
    with pytest.raises(dataclasses.FrozenInstanceError, match="immutable"):
        schedule.initial_value = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError, match="immutable"):
        del schedule.initial_value


def test_scaling_by_a_number_scales_every_value_and_can_be_written_down() -> None:
    schedule = create({"type": "cosine", "final_value": 1e-4})
    for scaled in (0.5 * schedule, schedule * 0.5):
        assert scaled.sample(11).tolist() == (0.5 * schedule.sample(11)).tolist()
        assert create(scaled.to_config()) == scaled
    with pytest.raises(TypeError):
        schedule * "fast"
    assert np.float64(0.5) * schedule == schedule * np.float64(0.5) == 0.5 * schedule
    with pytest.raises(ScheduleConfigError, match=r"parts\[0\].initial_value: must be a finite number >= 0"):
        -1.0 * schedule


@pytest.mark.parametrize(
    ("progress", "expected"), [(2.0, 1.0), (-0.28, 0.0), (float("inf"), 1.0), (1, 1.0), (np.float32(0.5), 0.5)]
)
def test_progress_of_any_number_is_clamped_and_gives_a_plain_float(progress: Any, expected: float) -> None:
    value = LinearLRSchedule(1.0)(progress)
    assert value == expected
    assert type(value) is float


@pytest.mark.parametrize("progress", [float("nan"), np.float64("nan"), np.array([0.1, np.nan])])
def test_progress_that_is_nan_is_a_value_error(progress: Any) -> None:
    with pytest.raises(ValueError, match="NaN"):
        LinearLRSchedule(1.0)(progress)


@pytest.mark.parametrize("progress", ["0.5", None, True, [0.5], 1j, np.array([1, 0]), np.array(["a"]), {}])
def test_progress_that_is_no_number_is_a_type_error(progress: Any) -> None:
    with pytest.raises(TypeError, match="progress_remaining"):
        LinearLRSchedule(1.0)(progress)


@pytest.mark.parametrize("n", [0, -1, 2.0, "3", True])
def test_a_sample_needs_a_whole_number_of_points(n: Any) -> None:
    with pytest.raises(ValueError, match="n must be a whole number >= 1"):
        create(0.1).sample(n)


def test_a_sample_runs_from_the_start_to_the_end() -> None:
    assert create("linear_1").sample(5).tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert create("linear_1").sample(1).tolist() == [1.0]


def test_a_schedule_is_described_on_one_short_line_and_a_function_by_itself() -> None:
    assert create({"type": "linear", "initial_value": 1 / 3}).describe() == "linear initial_value=0.3333 final_value=0"
    assert create(abs).describe() == "<built-in function abs>"


def test_functions_of_the_step_are_equal_where_their_schedules_and_lengths_are() -> None:
    by_step = create("lin_1").to_steps(10)
    assert by_step == create({"type": "linear", "initial_value": 1}).to_steps(10.0)
    assert hash(by_step) == hash(create("lin_1").to_steps(10))
    assert all(by_step != other for other in (create("lin_1").to_steps(11), create("lin_2").to_steps(10), "lin_1"))


@pytest.mark.parametrize("array", [np.ones(3), np.array(0.5)], ids=str)
def test_a_schedule_times_an_array_is_an_error_that_says_what_to_do(array: Any) -> None:
    schedule: Any = create("lin_0.1")
    for factors in ((schedule, array), (array, schedule)):
        with pytest.raises(TypeError, match=r"call it first: schedule\(progress\)"):
            operator.mul(*factors)
