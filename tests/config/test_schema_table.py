"""The JSON Schema against `create`: every key of every type, with each of 26 values.

Where the schema is the looser one, the message of `create` says why; each reason is one that JSON Schema cannot state,
and how often it occurs is written down here. The schema is nowhere the stricter one.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jsonschema
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.cli.types import CONFIGS
from lr_schedule.config.registry import registry
from lr_schedule.config.twins import allowed_keys

VALUES: list[Any] = [
    *[0, 1, -1, 0.5, 2, 5.0, 10**400],
    *["0.5", " 0.25 ", "5.0", "-1", "1e6", "3e-4"],
    *["linear", "abc", "", "1_000", "nan"],
    *[True, False, None],
    *[[], [0.5], [[0.5, 1]]],
    *[{}, {"type": "linear"}],
]

TORCH = {"torch": {"scheduler": "ExponentialLR", "gamma": 0.5, "total_steps": 4}}
BUILT_IN = [name for name, cls in registry.items() if cls.is_built_in]

UNSAID = {
    "points in steps, and no length of the run": (r"^needs total_steps", 2),
    "more steps than the run has": (r"once resolved to \w+, in a run of|<= total_steps", 61),
    "fractions of the run that do not fit together": (
        r"below end_fraction|does not fit|past the end|must sum to 1",
        65,
    ),
    "a value out of order with that of another key": (r"must be (>=|below) (minimum|initial_value|upper)", 12),
    "an exponential decay to zero": (r"no rate leads to or from 0", 2),
    "as many items as another key asks for": (r"must have (\d+ values)", 15),
    "a numeral that is too large for a bound other than 0 and 1": (r"must be a finite number >=? -?\d+ and <= \d+$", 4),
    "the names of the schedulers of torch": (r"no scheduler of torch", 11),
}
"""What JSON Schema cannot state: how the message of `create` tells it, and how many rows of the table it makes."""


class Row(NamedTuple):
    """A config of which one key is under test, and the length of the run that `create` is told."""

    type: str
    key: str
    value: Any
    config: Any
    total_steps: float | None


def rows() -> Iterator[Row]:
    for name in BUILT_IN:
        cls = registry[name]
        length_is_key = "total_steps" in allowed_keys(cls)
        for key in ("type", *dict.fromkeys([*allowed_keys(cls), "total_steps"])):
            field = allowed_keys(cls).get(key)
            base = {"type": name, **(CONFIGS | TORCH).get(name, {})}
            base.pop(field or "", None)
            for value in VALUES:
                yield Row(
                    name, key, value, {**base, key: value}, None if length_is_key or key == "total_steps" else 100
                )
    for key in ("fraction", "steps", "schedule"):
        for value in VALUES:
            share = {"fraction": 1} if key == "schedule" else {"type": "linear"}
            yield Row("a phase", key, value, [{**share, key: value}], None if key != "steps" else 1)
    for value in VALUES:
        yield Row("a config", "", value, value, None)


def complaint(row: Row) -> str | None:
    """Return what `create` has against a config, without its path and what it received."""
    try:
        BaseLRSchedule.create(row.config, row.total_steps)
    except ScheduleConfigError as error:
        return error.problems[0].message
    return None


@cache
def compared() -> dict[str, list[tuple[Row, str]]]:
    validator = jsonschema.Draft202012Validator(json_schema())
    found: dict[str, list[tuple[Row, str]]] = {"rows": [], "looser": [], "stricter": []}
    for row in rows():
        if row.type == "torch":
            pytest.importorskip("torch")
        message, is_valid = complaint(row), validator.is_valid(row.config)
        found["rows"].append((row, message or ""))
        if is_valid and message is not None:
            found["looser"].append((row, message))
        if not is_valid and message is None:
            found["stricter"].append((row, ""))
    return found


@pytest.mark.slow
def test_the_table_holds_every_key_of_every_built_in_type() -> None:
    assert len(VALUES) == 26
    assert len(compared()["rows"]) == 8164


@pytest.mark.slow
def test_the_schema_refuses_nothing_that_create_accepts() -> None:
    assert compared()["stricter"] == []


@pytest.mark.slow
def test_what_the_schema_accepts_beyond_create_is_what_json_schema_cannot_state() -> None:
    counts: collections.Counter[str] = collections.Counter()
    for row, message in compared()["looser"]:
        reasons = [reason for reason, (pattern, _) in UNSAID.items() if re.search(pattern, message)]
        assert len(reasons) == 1, (row, message)
        counts[reasons[0]] += 1
    assert counts == {reason: count for reason, (_, count) in UNSAID.items()}
