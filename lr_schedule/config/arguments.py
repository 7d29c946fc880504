"""Arguments in a config for a class or function of another library, checked against its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lr_schedule.errors import Problem, ScheduleConfigError, did_you_mean
from lr_schedule.fields import is_numeral


def name_of(source: Any) -> str:
    """Return the name of a source in messages: the name of a function, or the class of an object."""
    return str(getattr(source, "__qualname__", None) or type(source).__qualname__)


def is_data(value: Any) -> bool:
    """Tell whether an argument is plain data, which a config can contain."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_data(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(is_data(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def numerals_to_numbers(value: Any) -> Any:
    """Return arguments in which numbers in strings are numbers (in YAML 1.1, ``3e-3`` is a string)."""
    if type(value) is dict:
        return {key: numerals_to_numbers(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(numerals_to_numbers(item) for item in value)
    if isinstance(value, str) and is_numeral(value):
        number = float(value)
        return int(number) if number.is_integer() and "." not in value else number
    return float(value) if isinstance(value, float) else value


def parameters_of(make: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a class or function; some callables written in C have no signature, so any may fit."""
    try:
        return list(inspect.signature(make).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]


def check_arguments(make: Callable[..., Any], given: Mapping[str, Any], *, named_only: bool = False) -> None:
    """Reject keyword arguments that `make` does not have after its first one, and missing required ones.

    With `named_only`, the names that ``**kwargs`` would collect are rejected too, because nothing checks them.
    """
    parameters = parameters_of(make)
    takes_any = not named_only and any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = {p.name: p for p in parameters[1:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    problems = [
        Problem((key,), value, f"no argument of {name_of(make)}{did_you_mean(key, named)} Allowed: {', '.join(named)}")
        for key, value in given.items()
        if key not in named and not takes_any
    ]
    missing = [p.name for p in named.values() if p.default is p.empty and p.name not in given]
    problems += [Problem((name,), None, f"required argument of {name_of(make)} is missing") for name in missing]
    if problems:
        raise ScheduleConfigError(problems)
