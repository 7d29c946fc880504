"""Kinds of schedule of one's own, functions in the place of schedules, and the JSON Schema of all kinds."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, ClassVar

import jsonschema
import numpy as np
import pytest

from lr_schedule import (
    BaseLRSchedule,
    ScheduleConfigError,
    json_schema,
)
from lr_schedule.config.registry import registry

create = BaseLRSchedule.create


def test_a_type_of_ones_own_works_everywhere_at_once() -> None:
    class SquareRoot(BaseLRSchedule):
        type = "test_square_root"
        sharpness: float = 0.5

        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return self.initial_value * progress_remaining**self.sharpness

    try:
        schedule = create({"type": "test_square_root", "initial_value": "4", "warmup_fraction": 0.2})
        assert schedule(0.8) == 4.0
        assert schedule(0.2) == 2.0
        assert schedule(np.array([0.2, 0.8])).tolist() == [2.0, 4.0]
        assert create(schedule.to_config()) == schedule
        assert create("test_square_root_4") == SquareRoot(4)
        jsonschema.Draft202012Validator(json_schema()).validate(schedule.to_config())
        with pytest.raises(ScheduleConfigError, match="sharpness: must be a finite number"):
            create({"type": "test_square_root", "sharpness": True})
        with pytest.raises(ScheduleConfigError, match="is already the type of"):

            class Other(BaseLRSchedule):
                type = "test_square_root"
    finally:
        registry.pop("test_square_root", None)


def test_a_type_of_ones_own_cannot_give_a_value_that_is_no_rate() -> None:
    class Broken(BaseLRSchedule):
        outcome: ClassVar[Any] = None

        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return self.outcome

    for outcome in (float("nan"), float("inf"), -1.0):
        Broken.outcome = outcome
        for progress in (0.5, np.array([0.5])):
            with pytest.raises(ValueError, match=r"NaN|negative"):
                Broken()(progress)


def test_a_type_of_ones_own_with_a_warmup_cannot_give_a_value_that_is_no_rate_either() -> None:
    class Sinking(BaseLRSchedule):
        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return progress_remaining - 0.5

    schedule: Any = Sinking(warmup_fraction=0.5)
    assert (schedule(0.75), schedule(0.25)) == (0.25, 0.0)
    for progress in (0.125, np.array([0.125])):
        with pytest.raises(ValueError, match=r"Sinking\(.* gave -0\.25 at progress_remaining"):
            schedule(progress)


def test_of_three_fields_of_ones_own_exactly_one_is_given_where_the_type_asks_for_that() -> None:
    class Own(BaseLRSchedule):
        one_of = ("days", "hours", "minutes")
        days: float | None = None
        hours: float | None = None
        minutes: float | None = None

    assert Own(hours=3).written_fields() == {"type": "constant", "initial_value": 0.001, "hours": 3.0}
    for given in ({}, {"days": 1, "hours": 2}, {"days": 1, "hours": 2, "minutes": 3}):
        with pytest.raises(ScheduleConfigError, match=r"^days: give either days or hours or minutes"):
            Own(given)


def test_a_python_function_composes_but_cannot_be_written_down() -> None:
    schedule = create([{"schedule": lambda p: 0.25 * p, "fraction": 0.5}, {"schedule": 0.5, "fraction": 0.5}])
    assert schedule(0.75) == 0.125
    assert schedule(np.array([0.75, 0.1])).tolist() == [0.125, 0.5]
    with pytest.raises(
        ScheduleConfigError, match=r"parts\[0\]\.schedule: a Python function cannot be written to a config"
    ):
        schedule.to_config()
    assert create(abs)(0.5) == 0.5


SCRIPT = """
import sys
from lr_schedule import BaseLRSchedule
import cloudpickle
class Mine(BaseLRSchedule):
    type = "mine"
    slope: float = 2.0
    def func(self, progress_remaining):
        return self.slope * progress_remaining
sys.stdout.buffer.write(cloudpickle.dumps(BaseLRSchedule.create({"type": "mine", "slope": 3})))
"""


def test_a_type_defined_in_a_script_is_unpickled_where_the_script_is_not() -> None:
    import cloudpickle

    made = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True).stdout
    schedule = cloudpickle.loads(made)
    try:
        assert schedule(0.5) == 1.5
        assert create({"type": "mine", "slope": 3.0}) == schedule
        assert create(schedule.to_config()) == schedule
    finally:
        registry.pop("mine", None)
