"""The types of value that a config key may have, each with its range."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from numbers import Real
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, cast, get_args, get_origin

from lr_schedule.errors import ScheduleConfigError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_NUMERAL = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*", re.ASCII)


def is_numeral(text: str) -> bool:
    """Tell whether `text` is a decimal number, such as ``3e-4``, which is a string in YAML 1.1 (it has no dot)."""
    return _NUMERAL.fullmatch(text) is not None


def to_number(value: Any) -> float:
    """Return `value` as a float: a number, a number in a string, a numpy scalar or a 0-d array, but no boolean."""
    if type(value) is float:
        return value + 0.0  # -0.0 becomes 0.0
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str) and is_numeral(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        raise TypeError("must be a number")
    try:
        return float(value) + 0.0
    except OverflowError:
        return math.inf if cast("Any", value) > 0 else -math.inf
    except ValueError:  # a Decimal that is a signaling NaN
        return math.nan


def _validate_number(value: Any) -> float:
    try:
        return to_number(value)
    except TypeError as error:
        from pydantic_core import PydanticCustomError

        raise PydanticCustomError("number_type", str(error)) from None


def _validate_whole_number(value: Any) -> float | int:
    number = _validate_number(value)
    return int(number) if number.is_integer() else number


class NumberRule:
    """Marks a finite number with a range in an annotation; it may be in a string, and must not be a boolean.

    Pydantic gets a schema from the mark when it builds a model. Its own ``Field`` and ``BeforeValidator`` would do the
    same, but need an import of pydantic here, which takes longer than all of ``import lr_schedule``.

    Args:
        ge: The value must be at least this.
        gt: The value must be above this.
        le: The value must be at most this.
        lt: The value must be below this.
    """

    def __init__(
        self, *, ge: float | None = None, gt: float | None = None, le: float | None = None, lt: float | None = None
    ) -> None:
        self.ge, self.gt, self.le, self.lt = ge, gt, le, lt

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the number, with the function that reads it."""
        from pydantic_core import core_schema

        inner: Any = handler(source)
        bounds = {name: limit for name in _SIGNS if (limit := getattr(self, name)) is not None}
        if inner["type"] == "function-before":  # of another mark, as in Annotated[Value, NumberRule(le=1)]
            inner["schema"] |= bounds
            return cast("CoreSchema", inner)
        if inner["type"] == "int":
            return core_schema.no_info_before_validator_function(_validate_whole_number, {**inner, **bounds})
        bounded = {**inner, **bounds, "allow_inf_nan": False}
        return core_schema.no_info_before_validator_function(_validate_number, bounded)


class BooleanRule:
    """Marks a boolean in an annotation: true or false, but no number or word."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of a strict boolean."""
        from pydantic_core import core_schema

        return core_schema.bool_schema(strict=True)


class ValidatedAs:
    """Marks a field that is validated as another type than its annotation, such as a tuple that users give as list."""

    def __init__(self, kind: Any, **constraints: Any) -> None:
        self.kind = kind
        self.constraints = constraints

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the kind."""
        return cast("CoreSchema", {**handler.generate_schema(self.kind), **self.constraints})


class Reads:
    """Marks a field whose value a function reads from the config.

    Args:
        read: Function of the given value and the length of the run in steps (None if unknown); returns the value.
        definition: Name of the definition in `json_schema` for the allowed values (None: any data).
    """

    def __init__(self, read: Callable[[Any, float | None], Any], definition: str | None = None) -> None:
        self.read = read
        self.definition = definition

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema that calls the function."""
        from pydantic_core import core_schema

        def read(value: Any, info: Any) -> Any:
            return self.read(value, (info.context or {}).get("total_steps"))

        return core_schema.with_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the reference to the definition."""
        return {DEFINITION: self.definition} if self.definition else {}


DEFINITION = "definition"
"""Key in the schema of a field for the name of a definition of `json_schema`."""


def required() -> Any:
    """Declare a field that has no default.

    For a type checker it has one, because the key may also be given in steps, or in the positional config.
    """
    return ...


class Quiet:
    """Marks a field that a written config omits while it has its default."""


QUIET = Quiet()
"""The mark, as in ``k: Annotated[PositiveNumber, QUIET] = 1.0``. A class that declares the field again removes it."""

IS_NUMBER = NumberRule()

Number = Annotated[float, IS_NUMBER]
"""Any finite number."""
Value = Annotated[float, NumberRule(ge=0)]
"""A scheduled value: finite and not negative."""
PositiveNumber = Annotated[float, NumberRule(gt=0)]
"""A finite number above 0."""
Fraction = Annotated[float, NumberRule(ge=0, le=1)]
"""A fraction of the run, including 0 and 1."""
PartialFraction = Annotated[float, NumberRule(ge=0, lt=1)]
"""A fraction of the run below 1."""
PositiveFraction = Annotated[float, NumberRule(gt=0, le=1)]
"""A fraction of the run above 0."""
OpenFraction = Annotated[float, NumberRule(gt=0, lt=1)]
"""A fraction of the run above 0 and below 1."""
Count = Annotated[int, NumberRule(ge=1, le=1_000_000)]
"""A whole number of times."""

_SIGNS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "ge": (">=", operator.ge),
    "gt": (">", operator.gt),
    "le": ("<=", operator.le),
    "lt": ("<", operator.lt),
}
"""The sign of each limit in messages, and its comparison."""


def bounds_of(kind: Any) -> Iterator[tuple[str, Any, Callable[[Any, Any], bool]]]:
    """Yield sign, limit and comparison of each limit in the annotation of a number."""
    for extra in get_args(kind)[1:]:
        for item in getattr(extra, "metadata", [extra]):  # the limits of a pydantic Field are there
            for name, (sign, holds) in _SIGNS.items():
                limit = getattr(item, name, None)
                if limit is not None:
                    yield sign, limit, holds


def at_least(smallest: int) -> Any:
    """Return the annotation of a whole number of at least `smallest`."""
    return Annotated[int, NumberRule(ge=smallest)]


def read_number(kind: Any, value: Any, key: str | int) -> float:
    """Return `value` as a number of that type, or raise an error that says what the key accepts.

    Args:
        kind: An annotation of this module, such as `PositiveNumber`.
        value: The value from the user: a number, a number in a string, a numpy scalar.
        key: The key of the value, or its index in a list.

    Example:
        >>> read_number(PositiveNumber, "1e6", "total_steps")
        1000000.0
        >>> read_number(PositiveNumber, 0, "total_steps")
        Traceback (most recent call last):
        ...
        lr_schedule.errors.ScheduleConfigError: total_steps: must be a finite number > 0 (received 0)
    """
    try:
        number = to_number(value)
    except TypeError:
        number = math.nan
    fits = math.isfinite(number) and all(holds(number, limit) for _, limit, holds in bounds_of(kind))
    if not fits or (get_args(kind)[0] is int and not number.is_integer()):
        raise ScheduleConfigError.at(key, value, f"must be {describe_number(kind)}")
    return int(number) if get_args(kind)[0] is int else number


_RULES: dict[Any, Any] = {float: IS_NUMBER, int: IS_NUMBER, bool: BooleanRule()}


def with_number_rules(annotation: Any) -> Any:
    """Return the annotation of a field with the rules of this module for numbers and booleans, at any depth."""
    origin, options = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and annotation in _RULES:
        return Annotated[annotation, _RULES[annotation]]
    if origin is Annotated:
        bare, *marks = options
        if any(isinstance(mark, (NumberRule, BooleanRule, ValidatedAs, Reads)) for mark in marks):
            return annotation
        return Annotated[(with_number_rules(bare), *marks)]
    if origin in (Union, UnionType):
        return Union[tuple(with_number_rules(option) for option in options)]  # noqa: UP007  # made of a tuple
    if isinstance(origin, type) and issubclass(origin, Collection):
        return origin[tuple(with_number_rules(option) for option in options)]  # type: ignore[index]
    return annotation


def literals_of(annotation: Any) -> list[str]:
    """Return the words that a key accepts, if it accepts words."""
    found = [item for item in get_args(annotation) if isinstance(item, str)]
    return found + [text for item in get_args(annotation) if not isinstance(item, str) for text in literals_of(item)]


def describe_number(annotation: Any) -> str:
    """Return what a key for one number accepts, such as ``a finite number > 0``; an empty string for other keys."""
    for option in get_args(annotation):
        if option not in (float, int) and (text := describe_number(option)):
            return text
    kind = get_args(annotation)[0] if get_origin(annotation) is Annotated else None
    if kind not in (float, int):
        return ""
    name = "a finite number" if kind is float else "a whole number"
    return " ".join([name, " and ".join(f"{sign} {limit}" for sign, limit, _ in bounds_of(annotation))]).strip()
