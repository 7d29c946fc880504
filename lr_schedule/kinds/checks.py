"""Conditions between fields, each once; the ranges of single fields are in `lr_schedule.fields`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from lr_schedule.errors import ScheduleConfigError

LARGEST = math.log(1e300)
"""The logarithm of a value beyond which a formula leaves the floats."""


def require(holds: bool, key: str | tuple[str | int, ...], received: Any, message: str) -> None:
    """Raise the error that says what a key must be, where that does not hold."""
    if not holds:
        raise ScheduleConfigError.at(key, received, message)


def require_ascending(key: str, places: Sequence[float]) -> None:
    """Refuse places that are not in ascending order or that repeat."""
    for index, (earlier, later) in enumerate(pairwise(places)):
        message = f"must be above the one before it, {earlier}: places are in ascending order, each once"
        require(later > earlier, (key, index + 1), later, message)


def require_bounded_growth(key: str, factor: float, times: float, initial_value: float) -> None:
    """Refuse a factor above 1 with which the value grows beyond every float."""
    grows = factor > 1.0 and times * math.log(factor) + math.log(max(initial_value, 1.0)) > LARGEST
    require(not grows, key, factor, "makes the value grow beyond 1e300")


def require_ends_above_zero(shape: str, initial_value: float, final_value: float) -> None:
    """Refuse a decay of that shape to or from 0, to which no ratio leads."""
    message = f"an {shape.replace('_', ' ')} decay needs final_value and initial_value > 0"
    require(initial_value > 0.0 and final_value > 0.0, "final_value", final_value, message)
