"""The tables of config keys: default, range and unit from the code of a type, the meaning from its docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from lr_schedule import BaseLRSchedule
from lr_schedule.config.model import default_of, fields_of
from lr_schedule.config.schema import describe_fields, meaning_of, shared_fields
from lr_schedule.config.twins import allowed_keys, steps_twin
from lr_schedule.fields import Reads, ValidatedAs, bounds_of, literals_of

LOWER, UPPER = {">=": "[", ">": "("}, {"<=": "]", "<": ")"}
READ_AS = {
    "schedule": "a schedule",
    "schedules": "list of schedules",
    "phases": "list of schedules",
    "level": "a number or a schedule",
}
VALUES = ("value", "values", "minimum", "maximum")
"""The last words of keys with the unit of the scheduled hyperparameter."""
NOTHING = "-"
NAME = re.compile(r"(?<![\w/])([a-z]+(?:_[a-z]+)+)(?!\w)")


def key_table(cls: type[BaseLRSchedule], keys: list[str]) -> str:
    """Return the Markdown table of some fields of a type, each followed by its keys in other units."""
    rows = ["| key | default | range | unit | meaning |", "|---|---|---|---|---|"]
    texts = describe_fields(cls)
    for field in keys:
        if field not in texts:
            raise SystemExit(f"the docstring of {cls.__name__} does not describe {field}")
        for key in [key for key, sets in allowed_keys(cls).items() if sets == field]:
            cells = _cells(cls, field, texts[field]) if key == field else _cells_of_twin(cls, field, key)
            rows.append(f"| `{key}` | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def own_keys(cls: type[BaseLRSchedule]) -> list[str]:
    """Return the fields of a type, without those with the same meaning in every type."""
    texts, shared = describe_fields(cls), describe_fields(BaseLRSchedule)
    fields = dict.fromkeys(allowed_keys(cls).values())
    return [field for field in fields if field not in shared_fields(cls) or texts.get(field) != shared[field]]


def ending(cls: Any, field: str) -> str:
    """Return the sentences on range, default and steps that end the description of a key in the docstring."""
    annotation = fields_of(cls)[field]
    default = default_of(cls, field, missing=...)
    said = range_of(annotation) if any(bounds_in(annotation)) or _words(annotation) else NOTHING
    sentences = [] if said == NOTHING else [f"Range: {said.replace('`', '``')}."]
    sentences.append("Required." if default is ... else f"Default: {_in_docstring(default)}.")
    twin = steps_twin(field)
    return " ".join([*sentences, f"In steps: ``{twin}``."] if twin in allowed_keys(cls) else sentences)


def range_of(annotation: Any, unit: str = "") -> str:
    """Return what an annotation allows, as ``[0, 1)``, ``>= 0`` or a list of words; `unit` is what 1 stands for."""
    origin, options = get_origin(annotation), get_args(annotation)
    marks = [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, (ValidatedAs, Reads))]
    if marks:
        mark = marks[0]
        said = (
            range_of(mark.kind, unit) if isinstance(mark, ValidatedAs) else READ_AS.get(mark.definition or "", NOTHING)
        )
    elif words := _words(annotation):
        said = ", ".join(f"`{word}`" for word in words)
    elif origin is tuple:
        said = _range_of_items(options, unit)
    elif bounds := list(bounds_of(annotation)):
        said = _interval(annotation, [(sign, limit) for sign, limit, _ in bounds], unit)
    elif options:  # the first of a union, without None, or what is annotated
        said = range_of(options[0], unit)
    else:
        said = {bool: "`true`, `false`", float: "any number"}.get(annotation, NOTHING)
    return said


def _range_of_items(items: tuple[Any, ...], unit: str) -> str:
    if items[-1] is not ...:
        return "pairs of " + " and ".join(range_of(item, unit if n == 0 else "") for n, item in enumerate(items))
    inner = range_of(items[0], unit)
    if get_origin(items[0]) is tuple:
        return inner
    return f"each in {inner}" if inner[0] in LOWER.values() else f"each {inner}"


def as_code(text: str) -> str:
    """Return the text of a docstring as Markdown in which the names of keys are code."""
    pieces = text.replace("``", "`").split("`")
    pieces[::2] = [NAME.sub(r"`\1`", piece) for piece in pieces[::2]]
    return "`".join(pieces)


def bounds_in(annotation: Any) -> Iterator[Any]:
    """Yield the bounds of every number in an annotation, at any depth."""
    yield from bounds_of(annotation)
    inner = [mark.kind for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, ValidatedAs)]
    for option in [*get_args(annotation), *inner]:
        yield from bounds_in(option)


def _words(annotation: Any) -> list[Any]:
    numbers = get_args(annotation) if get_origin(annotation) is Literal else ()
    return literals_of(annotation) or list(numbers)


def _interval(annotation: Any, bounds: list[tuple[str, Any]], unit: str) -> str:
    whole = "whole number " if get_args(annotation)[0] is int else ""
    lowest = next(((sign, limit) for sign, limit in bounds if sign in LOWER), None)
    highest = next(((sign, limit) for sign, limit in bounds if sign in UPPER), None)
    if lowest and highest:
        top = unit if unit and highest[1] == 1 else f"{highest[1]:_}"
        return f"{whole}{'in ' if whole else ''}{LOWER[lowest[0]]}{lowest[1]:_}, {top}{UPPER[highest[0]]}"
    return whole + " ".join(f"{sign} {limit:_}" for sign, limit in bounds)


def _cells(cls: Any, field: str, text: str) -> list[str]:
    default = default_of(cls, field, missing=...)
    shown = "required" if default is ... else _in_table(default)
    return [shown, range_of(fields_of(cls)[field]), _unit(field), as_code(meaning_of(text))]


def _cells_of_twin(cls: Any, field: str, key: str) -> list[str]:
    annotation = fields_of(cls)[field]
    if key == steps_twin(field):
        return [NOTHING, range_of(annotation, "`total_steps`"), _unit(key), f"`{field}` in steps."]
    least = next(f"{sign} {limit}" for sign, limit, _ in bounds_in(annotation))
    return [NOTHING, least, NOTHING, f"`{field}` divided by `initial_value`. You can give it instead of `{field}`."]


def _unit(key: str) -> str:
    last = key.rpartition("_")[2]
    if last in ("fraction", "fractions", "steps"):
        return "steps" if last == "steps" else "fraction"
    if last == "points":
        return "steps, value" if key.startswith("step") else "fraction, value"
    return "value" if last in VALUES else NOTHING


def _in_table(default: Any) -> str:
    if default is None or default == {}:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _in_docstring(default: Any) -> str:
    return f"``{default}``" if isinstance(default, str) else str(default)
