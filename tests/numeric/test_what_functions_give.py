"""What a user's function gives that is no value: the error names schedule, value and progress."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lr_schedule import BaseLRSchedule, floats

create = BaseLRSchedule.create
MESSAGE = r"constantly.<locals>.rate.* gave .* at progress_remaining 0\.5; values"
ARRAYS = (np.array, torch.tensor, jnp.array)


def constantly(outcome: Any) -> Any:
    def rate(progress: float) -> Any:
        return outcome

    return rate


@pytest.mark.parametrize(
    "outcome", [None, "0.5", "fast", b"1", [1], True, 1j, np.array([1.0, 2.0]), {}, np.bool_(True)]
)
def test_what_is_no_number_is_a_type_error_that_names_schedule_value_and_progress(outcome: Any) -> None:
    plain: Any = create(constantly(outcome))
    for progress in (0.5, *(array([0.5]) for array in ARRAYS)):
        with pytest.raises(TypeError, match=MESSAGE):
            plain(progress)


@pytest.mark.parametrize("outcome", [math.nan, math.inf, -1.0, -1e-300, Decimal("NaN"), 10**400])
def test_what_is_no_value_is_a_value_error_that_names_schedule_value_and_progress(outcome: Any) -> None:
    plain: Any = create(constantly(outcome))
    for progress in (0.25, *(array([0.25]) for array in ARRAYS)):
        with pytest.raises(ValueError, match=r"rate.* gave .* at progress_remaining 0\.25; values must be finite"):
            plain(progress)


@pytest.mark.parametrize("outcome", [1, 0.25, np.float32(0.25), np.int64(3), Decimal("0.25"), np.array(0.5), 0])
def test_any_number_is_a_value(outcome: Any) -> None:
    plain: Any = create(constantly(outcome))
    assert plain(0.5) == float(outcome)
    assert type(plain(0.5)) is float
    for array in ARRAYS:
        values = plain(array([0.5, 0.25]))
        assert values.tolist() == [float(outcome)] * 2
        assert values.dtype == array([0.5]).dtype


@pytest.mark.parametrize(
    "around",
    [
        lambda part: {"type": "product", "parts": [part, 0.5]},
        lambda part: {"type": "clip", "schedule": part},
        lambda part: {"type": "repeat", "schedule": part},
        lambda part: {"type": "delay", "schedule": part, "delay_fraction": 0.25},
        lambda part: [{"schedule": part, "fraction": 0.5}, {"schedule": part, "fraction": 0.5}],
    ],
    ids=["product", "clip", "repeat", "delay", "sequential"],
)
@pytest.mark.parametrize("outcome", [None, "0.5", [1], True])
def test_a_function_within_a_schedule_is_named_as_well(around: Any, outcome: Any) -> None:
    schedule: Any = create(around(constantly(outcome)))
    for progress in (0.5, np.array([0.5])):
        with pytest.raises(TypeError, match=r"^BaseLRSchedule.create\(.*rate.* gave .*; values must be finite numbers"):
            schedule(progress)


class Gives(BaseLRSchedule):
    """Gives what is made of the progress, for floats and arrays."""

    make: Any = None

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        return self.make(progress_remaining, xp)


@pytest.mark.parametrize(
    "make",
    [
        lambda p, xp: p > 0.25,
        lambda p, xp: p + 1j,
        lambda p, xp: [0.5],
        lambda p, xp: None,
        lambda p, xp: "0.5",
    ],
    ids=["bool", "complex", "list", "None", "str"],
)
def test_a_formula_for_arrays_gives_an_array_of_real_numbers(make: Any) -> None:
    schedule: Any = Gives(make=make)
    for progress in (0.5, *(array([0.5, 0.25]) for array in ARRAYS)):
        with pytest.raises(TypeError, match=r"^Gives\(.* gave .*values must be"):
            schedule(progress)


def test_the_first_wrong_value_of_an_array_is_named_with_its_progress() -> None:
    schedule: Any = Gives(make=lambda p, xp: xp.where(p < 0.3, p - 0.25, p))
    for array in ARRAYS:
        with pytest.raises(
            ValueError, match=r"^Gives\(.* gave -0\.125 at progress_remaining 0\.125; values must be finite"
        ):
            schedule(array([[0.75, 0.5], [0.125, 0.0]]))
        assert schedule(array([0.5, 0.25])).tolist() == [0.5, 0.0]


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan, -0.5])
def test_a_wrong_value_behind_a_zero_in_an_array_is_found(wrong: float) -> None:
    schedule: Any = Gives(make=lambda p, xp: xp.where(p < 0.3, wrong, 0.0 * p))
    for array in ARRAYS:
        with pytest.raises(ValueError, match=r"^Gives\(.* gave .* at progress_remaining 0\.125; values must be finite"):
            schedule(array([0.75, 0.5, 0.125]))


def test_a_formula_is_asked_for_progress_within_0_and_1_only_also_in_an_array_that_is_partly_warmup() -> None:
    asked: list[float] = []

    def note(p: Any, xp: Any) -> Any:
        asked.extend([p] if xp is floats else p.tolist())
        return p

    schedule: Any = Gives(make=note, warmup_fraction=0.5, end_fraction=0.75)
    progress, expected = [1.0, 0.875, 0.5, 0.375, 0.125, 0.0], [0.0, 0.25, 1.0, 0.5, 0.0, 0.0]
    assert [schedule(p) for p in progress] == expected
    for array in ARRAYS:
        assert schedule(array(progress)).tolist() == expected
    assert (min(asked), max(asked)) == (0.0, 1.0)


def test_whole_numbers_and_one_number_for_all_points_are_values() -> None:
    for make in (lambda p, xp: 2, lambda p, xp: 2.0, lambda p, xp: p * 0 + 2 if xp is floats else xp.asarray([2, 2])):
        schedule: Any = Gives(make=make)
        assert schedule(0.5) == 2.0
        for array in ARRAYS:
            values = schedule(array([0.5, 0.25]))
            assert (values.tolist(), values.dtype) == ([2.0, 2.0], array([0.5]).dtype)


@pytest.mark.parametrize("outcome", [math.nan, None, "0.5"])
def test_a_peak_that_is_no_value_is_told_when_the_warmup_is_made(outcome: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"Gives\(.*gave .* at progress_remaining 1\.0"):
        Gives(make=lambda p, xp: outcome, warmup_fraction=0.5)
