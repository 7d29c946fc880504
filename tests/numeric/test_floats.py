"""The namespace of floats has the functions of the array API, with the values that numpy gives."""

from __future__ import annotations

import itertools
import math
from typing import Any

import array_api_compat.numpy as xp
import numpy as np
import pytest

from lr_schedule import BaseLRSchedule, floats

CONSTANTS = ("e", "inf", "nan", "pi")
ONE = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log1p log2 log10 "
    "negative positive reciprocal round sign signbit sin sinh square sqrt tan tanh trunc zeros_like ones_like"
)
TWO = (
    "add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp maximum "
    "minimum multiply nextafter not_equal pow remainder subtract full_like"
)
LOGICAL = ("logical_and", "logical_or", "logical_xor")
OTHER = ("clip", "where", "logical_not")
ONLY_FINITE = ("sin", "floor", "ceil", "trunc")  # for the sake of speed
NUMBERS = (-1e300, -1000.0, -2.5, -1.0, -0.5, -0.0, 0.0, 1e-300, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 1000.0, 1e300)
SPECIAL = (math.inf, -math.inf, math.nan)


def is_same(value: Any, expected: Any) -> bool:
    if isinstance(value, bool):
        return value == bool(expected)
    return math.isclose(value, expected, rel_tol=1e-15, abs_tol=0.0) or (math.isnan(value) and math.isnan(expected))


def test_the_namespace_of_floats_has_every_function_and_constant_that_is_tested_here() -> None:
    assert sorted([*CONSTANTS, *ONE.split(), *TWO.split(), *LOGICAL, *OTHER]) == sorted(floats.__all__)
    assert [getattr(floats, name) for name in CONSTANTS if name != "nan"] == [math.e, math.inf, math.pi]


@pytest.mark.parametrize("name", ONE.split())
def test_a_function_of_one_float_gives_what_numpy_gives(name: str) -> None:
    special = () if name in ONLY_FINITE else SPECIAL
    with np.errstate(all="ignore"):
        for x in (*NUMBERS, *special):
            assert is_same(getattr(floats, name)(x), getattr(xp, name)(np.float64(x))), (name, x)


@pytest.mark.parametrize("name", TWO.split())
def test_a_function_of_two_floats_gives_what_numpy_gives(name: str) -> None:
    with np.errstate(all="ignore"):
        for x, y in itertools.product((*NUMBERS, *SPECIAL), repeat=2):
            if (name, x) == ("pow", -math.inf):  # numpy takes the root of minus infinity for NaN, against the standard
                continue
            expected = getattr(xp, name)(np.float64(x), np.float64(y))
            assert is_same(getattr(floats, name)(x, y), expected), (name, x, y)


@pytest.mark.parametrize("name", LOGICAL)
def test_a_function_of_conditions_gives_what_numpy_gives(name: str) -> None:
    for x, y in itertools.product((True, False), repeat=2):
        assert getattr(floats, name)(x, y) is bool(getattr(xp, name)(x, y))
    assert [floats.logical_not(x) for x in (True, False)] == [False, True]


def test_a_clip_needs_one_bound_only_and_a_where_takes_either_side() -> None:
    assert [floats.clip(x, 1.0, 2.0) for x in (0.0, 1.5, 3.0)] == [1.0, 1.5, 2.0]
    assert [floats.clip(x, min=1.0) for x in (0.0, 3.0)] == [1.0, 3.0]
    assert [floats.clip(x, max=2.0) for x in (0.0, 3.0)] == [0.0, 2.0]
    assert [floats.where(x, 1.0, 2.0) for x in (True, False)] == [1.0, 2.0]


def test_a_formula_with_any_function_of_the_standard_serves_floats_and_arrays() -> None:
    class Waves(BaseLRSchedule):
        def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
            wave = xp.abs(xp.cos(xp.pi * progress_remaining)) + xp.tanh(progress_remaining)
            return xp.maximum(wave, xp.where(progress_remaining > 0.5, xp.sqrt(progress_remaining - 0.5), 0.25))

    progress = np.linspace(0, 1, 97)
    schedule = Waves()
    np.testing.assert_allclose(schedule(progress), [schedule(p) for p in progress.tolist()], rtol=3e-15)
