"""What counts as a number where one is asked for by itself, such as a length of the run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.fields import PositiveNumber, at_least, read_number


@pytest.mark.parametrize("value", [2, 2.0, "2", "2e0", np.int64(2), np.float32(2)])
def test_a_whole_number_may_be_written_in_any_way_and_is_an_int(value: Any) -> None:
    number = read_number(at_least(2), value, "n_envs")
    assert (number, type(number)) == (2, int)


@pytest.mark.parametrize("value", [1, 2.5, "2.5", True, None, "two", math.nan, math.inf])
def test_what_is_no_whole_number_or_below_the_smallest_is_refused(value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^n_envs: must be a whole number >= 2 \(received "):
        read_number(at_least(2), value, "n_envs")


@pytest.mark.parametrize("value", [2.5, "2.5", np.float64(2.5)])
def test_a_length_of_the_run_may_be_fractional(value: Any) -> None:
    number = read_number(PositiveNumber, value, "total_steps")
    assert (number, type(number)) == (2.5, float)
