"""Conditions between fields; the ranges of single fields are in `lr_schedule.fields`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from lr_schedule.errors import ScheduleConfigError

LARGEST = math.log(1e300)
"""The logarithm of the largest value that a formula may reach."""


def require(holds: bool, key: str | tuple[str | int, ...], received: Any, message: str) -> None:
    """Raise the error that says what a key must be, unless the condition `holds`."""
    if not holds:
        raise ScheduleConfigError.at(key, received, message)


def require_ascending(key: str, places: Sequence[float]) -> None:
    """Reject places that are not in ascending order or that repeat."""
    for index, (earlier, later) in enumerate(pairwise(places)):
        message = f"must be above the one before it, which is {earlier}"
        require(later > earlier, (key, index + 1), later, message)


def require_bounded_growth(key: str, factor: float, times: float, initial_value: float) -> None:
    """Reject a factor above 1 with which the value grows beyond the largest float."""
    grows = factor > 1.0 and times * math.log(factor) + math.log(max(initial_value, 1.0)) > LARGEST
    require(not grows, key, factor, "makes the value grow beyond 1e300")


def require_ends_above_zero(shape: str, initial_value: float, final_value: float) -> None:
    """Reject a decay of that shape to or from 0, because no ratio leads to 0."""
    message = f"an {shape.replace('_', ' ')} decay needs final_value and initial_value > 0"
    require(initial_value > 0.0 and final_value > 0.0, "final_value", final_value, message)
