"""The kinds of value that a config key may hold, each with its range; one name here per kind."""

from __future__ import annotations

import re
from decimal import Decimal
from numbers import Real
from typing import Annotated, Any, get_args, get_origin

import annotated_types
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_NUMERAL = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*", re.ASCII)
NUMERAL_PATTERN = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$"

DEFINITION = "definition"
"""Key that stands, in a field's schema, for a reference to one of the definitions of `json_schema`."""


def is_numeral(text: str) -> bool:
    """Tell whether `text` is a decimal number, as YAML 1.1 hands over ``3e-4`` (a string, for want of a dot)."""
    return _NUMERAL.fullmatch(text) is not None


def to_number(value: Any) -> float:
    """Return `value` as a float; it may be a number, a numeral, a numpy scalar or a 0-d array, but not a boolean."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str) and is_numeral(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        raise TypeError("must be a number")
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0
    except OverflowError:
        return float("inf")


def _validate_number(value: Any) -> float:
    try:
        return to_number(value)
    except TypeError as error:
        raise PydanticCustomError("number_type", str(error)) from None


def _validate_whole_number(value: Any) -> float | int:
    number = _validate_number(value)
    return int(number) if number.is_integer() else number


IS_NUMBER = BeforeValidator(_validate_number)
IS_WHOLE_NUMBER = BeforeValidator(_validate_whole_number)

Number = Annotated[float, Field(allow_inf_nan=False), IS_NUMBER]
"""Any finite number."""
Value = Annotated[float, Field(ge=0, allow_inf_nan=False), IS_NUMBER]
"""A scheduled value: finite and not negative."""
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False), IS_NUMBER]
"""A finite number above 0."""
Fraction = Annotated[float, Field(ge=0, le=1), IS_NUMBER]
"""A share of the run, the ends included."""
PartialFraction = Annotated[float, Field(ge=0, lt=1), IS_NUMBER]
"""A share of the run that leaves some of it over."""
PositiveFraction = Annotated[float, Field(gt=0, le=1), IS_NUMBER]
"""A share of the run that is not nothing."""
OpenFraction = Annotated[float, Field(gt=0, lt=1), IS_NUMBER]
"""A share of the run that is neither nothing nor all of it."""
Count = Annotated[int, Field(ge=1, le=1_000_000), IS_WHOLE_NUMBER]
"""A whole number of times."""


def with_number_rules(annotation: Any) -> Any:
    """Return the annotation of a numeric field such that numerals are numbers there, and booleans are not."""
    if annotation is float:
        return Number
    if (
        get_origin(annotation) is Annotated
        and get_args(annotation)[0] is float
        and IS_NUMBER not in get_args(annotation)
    ):
        return Annotated[annotation, IS_NUMBER]
    return annotation


def literals_of(annotation: Any) -> list[str]:
    """Return the words that a key accepts, where it accepts words."""
    found = [item for item in get_args(annotation) if isinstance(item, str)]
    return found + [text for item in get_args(annotation) if not isinstance(item, str) for text in literals_of(item)]


def describe_number(annotation: Any) -> str:
    """Return in words what a key for one number accepts, as ``a finite number > 0``; nothing for other keys."""
    for option in get_args(annotation):
        if option is not float and (text := describe_number(option)):
            return text
    if float not in get_args(annotation):
        return ""
    signs = {annotated_types.Ge: ">=", annotated_types.Gt: ">", annotated_types.Le: "<=", annotated_types.Lt: "<"}
    constraints = [item for extra in get_args(annotation)[1:] for item in getattr(extra, "metadata", [extra])]
    bounds = [
        f"{signs[kind]} {getattr(item, kind.__name__.lower())}" for item in constraints if (kind := type(item)) in signs
    ]
    return " ".join(["a finite number", " and ".join(bounds)]).strip()
