"""Keys that set a field in another unit: a fraction of the run in steps, or a final value as a fraction of the first.

Reading, the JSON Schema, the docs and the search with Optuna use the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lr_schedule.config.model import fields_of, once
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Value, read_number, to_number
from lr_schedule.steps import NO_TOTAL_STEPS, to_fractions

Convert = Callable[[Any, Any, Mapping[str, Any], "float | None"], Any]


class Twin(NamedTuple):
    """A key that sets a field in another unit.

    Attributes:
        field: The field that it sets.
        meaning: The other unit.
        convert: Function of the class, the given value, the other keys and the length of the run; returns the value of
            the field.
    """

    field: str
    meaning: str
    convert: Convert


def _from_steps(cls: Any, steps: Any, given: Mapping[str, Any], total_steps: float | None) -> Any:
    if total_steps is None:
        raise ScheduleConfigError.at((), steps, NO_TOTAL_STEPS)
    return to_fractions(steps, total_steps)


def _from_ratio(cls: Any, ratio: Any, given: Mapping[str, Any], total_steps: float | None) -> float:
    try:
        return read_number(Value, ratio, "final_ratio") * to_number(given.get("initial_value", cls.initial_value))
    except (ScheduleConfigError, TypeError):
        message = "must be a finite number >= 0, as a fraction of initial_value"
        raise ScheduleConfigError.at((), ratio, message) from None


def steps_twin(field: str) -> str | None:
    """Return the key that gives `field` in steps, for a field that contains fractions of the run."""
    if field == "points":
        return "step_points"
    stem = field.removesuffix("s").removesuffix("fraction")
    return f"{stem}steps" if field.removesuffix("s").endswith("fraction") else None


@once
def twins_of(cls: Any) -> dict[str, Twin]:
    """Return all keys of a class that set one of its fields in another unit."""
    fields = fields_of(cls)
    twins = {key: Twin(field, "in steps", _from_steps) for field in fields if (key := steps_twin(field)) is not None}
    if "final_value" in fields:
        twins["final_ratio"] = Twin("final_value", "as a fraction of initial_value", _from_ratio)
    return {key: twin for key, twin in twins.items() if key not in fields}


@once
def allowed_keys(cls: Any) -> dict[str, str]:
    """Return all keys that a config of `cls` may have, each with the field that it sets."""
    twins = twins_of(cls)
    keys: dict[str, str] = {}
    for field in fields_of(cls):
        if field != cls.free_keys:
            keys |= {field: field, **{key: field for key, twin in twins.items() if twin.field == field}}
    return keys
