"""The JSON Schema of the value of one key: numbers with their range, numbers in strings, lists, words."""

from __future__ import annotations

import re
import sys
from typing import Any

from lr_schedule.fields import DEFINITION

_SPACE = r"[ \t\n\r\f\v]*"
_UNSIGNED = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
_WHOLE = r"([0-9]+(\.0*)?|([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+)"

_NEGATIVE = r"-[0.]*[1-9]"
_ZERO = rf"[-+]?[0.]+([eE][-+]?[0-9]+)?{_SPACE}$"
_ONE = rf"\+?0*1(\.0*)?{_SPACE}$"
_ABOVE_ONE = rf"\+?0*([2-9]|[1-9][0-9]|1\.0*[1-9])[0-9.]*{_SPACE}$|\+?[1-9](\.[0-9]*)?[eE]\+?0*[1-9]"
_BELOW_ONE = rf"\+?0*(\.[0-9]*)?{_SPACE}$|\+?[0-9](\.[0-9]*)?[eE]-0*[1-9]"
_REFUSED = {
    ("minimum", 1): (_BELOW_ONE,),
    ("maximum", 1): (_ABOVE_ONE,),
    ("exclusiveMaximum", 1): (_ABOVE_ONE, _ONE),
}
"""Patterns of numbers in strings that are out of range.

A pattern compares digits, not sizes. So it accepts a number whose exponent outweighs its digits (``50e-3``), and any
number for other limits.
"""

_WORDS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
}
_HIGHEST = ("maximum", "exclusiveMaximum")


def schema_of(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the values that a field accepts, from the schema of pydantic for its validated value.

    A number may also be in a string, and an optional one may be null. All of this is in one schema, because for an
    ``anyOf`` editors show the texts of the branches instead of the text of the key.
    """
    if DEFINITION in field:
        return {"$ref": f"#/$defs/_{field[DEFINITION]}"}
    kept = {key: value for key, value in field.items() if key != "title"}
    options = kept.pop("anyOf", None)
    if options is not None:
        return {**_merged([schema_of(option) for option in options]), **kept}
    if kept.get("type") in ("number", "integer"):
        return _number(kept)
    if "items" in kept:
        kept["items"] = schema_of(kept["items"])
    if "prefixItems" in kept:
        kept["prefixItems"] = [schema_of(item) for item in kept["prefixItems"]]
    return kept


def scaled(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema for a field's key in another unit (steps or a ratio), where only the sign is known."""
    if "anyOf" in field:
        return scaled(next(option for option in field["anyOf"] if option.get("type") != "null"))
    bare = {key: value for key, value in field.items() if key not in (*_HIGHEST, "default")}
    if "items" in bare:
        bare["items"] = scaled(bare["items"])
    if "prefixItems" in bare:
        bare["prefixItems"] = [scaled(bare["prefixItems"][0]), *bare["prefixItems"][1:]]
    return bare


def string_pattern(names: list[str], falling: list[str]) -> str:
    """Return the pattern of a schedule in a string: a number, or a name and a number, or for some types two numbers."""
    forms, pairs = ("|".join(re.escape(name) for name in listed) for listed in (names, falling))
    value = rf"{_SPACE}(?!{_NEGATIVE})[-+]?{_UNSIGNED}{_SPACE}"
    return rf"^((({forms})_)?|({pairs})_{value}_){value}$"


def _number(schema: dict[str, Any]) -> dict[str, Any]:
    bounds = {key: schema[key] for key in _WORDS if key in schema}
    least = bounds.get("minimum", bounds.get("exclusiveMinimum", -1))
    refused = [_NEGATIVE] if least >= 0 else []
    refused += [_ZERO] if least > 0 or bounds.get("exclusiveMinimum") == 0 else []
    refused += [form for bound in bounds.items() for form in _REFUSED.get(bound, ())]
    digits = _WHOLE if schema["type"] == "integer" else _UNSIGNED
    outside = f"(?!{'|'.join(refused)})" if refused else ""
    words = " and ".join(f"{_WORDS[key]} {limit}" for key, limit in bounds.items())
    name = "a whole number" if schema["type"] == "integer" else "a finite number"
    # A whole number in a file may be larger than the largest float; it would be read as infinity.
    finite = {} if any(key in bounds for key in _HIGHEST) else {"maximum": sys.float_info.max}
    if not any(key in bounds for key in ("minimum", "exclusiveMinimum")):
        finite["minimum"] = -sys.float_info.max
    return {
        **schema,
        **finite,
        "type": [schema["type"], "string"],
        "pattern": f"^{_SPACE}{outside}[-+]?{digits}{_SPACE}$",
        "patternErrorMessage": f"must be {name} {words}".strip(),
    }


def _merged(options: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for a value that may be null; other unions stay an ``anyOf``."""
    types = [option.get("type") for option in options]
    apart = types[0] is None or not options[0].keys().isdisjoint({"const", "enum"})  # which list all allowed values
    if types[-1] != "null" or len(options) != 2 or apart:
        return {"anyOf": options}
    first = types[0] if isinstance(types[0], list) else [types[0]]
    return {**options[0], "type": [*first, "null"]}
