"""What is called with arguments from a config, and does not tell which it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lr_schedule import ScheduleConfigError, from_steps
from lr_schedule.config.arguments import check_arguments


def test_a_function_made_in_c_that_does_not_tell_its_arguments_is_a_source() -> None:
    rates = [0.5, 0.25, 0.125]
    value_at: Callable[[int], Any] = rates.__getitem__
    schedule = from_steps(value_at, total_steps=2)
    assert [schedule(1.0), schedule(0.5), schedule(0.0)] == rates


def test_a_class_made_in_c_that_does_not_tell_its_arguments_may_take_any_but_where_they_have_to_be_named() -> None:
    check_arguments(dict, {"any": 1})
    with pytest.raises(ScheduleConfigError, match=r"^any: no argument of dict"):
        check_arguments(dict, {"any": 1}, named_only=True)
