"""A boolean is true or false: no number and no word stands for one."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.model import hints_of
from lr_schedule.config.registry import registry
from lr_schedule.fields import literals_of

BOOLEANS = [
    (name, key)
    for name, cls in registry.items()
    if cls.is_built_in
    for key, hint in hints_of(cls).items()
    if "bool" in str(hint) and not literals_of(hint)
]


def test_there_are_three_booleans() -> None:
    assert BOOLEANS == [("polynomial", "cycle"), ("exponential", "staircase"), ("inverse_time", "staircase")]


@pytest.mark.parametrize(("name", "key"), BOOLEANS)
@pytest.mark.parametrize("value", [0, 1, 1.0, "yes", "true", "1", None])
def test_what_is_no_boolean_is_refused_where_one_is_asked_for(name: str, key: str, value: Any) -> None:
    assert BaseLRSchedule.create({"type": name, key: True}).to_config()[key] is True
    with pytest.raises(ScheduleConfigError, match=f"^{key}: must be true or false"):
        BaseLRSchedule.create({"type": name, key: value})
