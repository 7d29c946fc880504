"""Arguments from a config for a class or function that was written elsewhere, checked against its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lr_schedule.errors import Problem, ScheduleConfigError, did_you_mean
from lr_schedule.fields import is_numeral


def name_of(source: Any) -> str:
    """Return what a source is called in messages: a function's own name, or the class of an object."""
    return str(getattr(source, "__qualname__", None) or type(source).__qualname__)


def is_data(value: Any) -> bool:
    """Tell whether an argument is plain data, such as a config can hold."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_data(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(is_data(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def numerals_to_numbers(value: Any) -> Any:
    """Return arguments with the numbers in strings in them as numbers (YAML hands over ``3e-3`` as a string)."""
    if type(value) is dict:
        return {key: numerals_to_numbers(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(numerals_to_numbers(item) for item in value)
    if isinstance(value, str) and is_numeral(value):
        number = float(value)
        return int(number) if number.is_integer() and "." not in value else number
    return float(value) if isinstance(value, float) else value


def parameters_of(make: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a class or function; some callables made in C do not tell, and may take any."""
    try:
        return list(inspect.signature(make).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]


def check_arguments(make: Callable[..., Any], given: Mapping[str, Any], *, named_only: bool = False) -> None:
    """Refuse keyword arguments that `make` does not take beside its first one, and the lack of those it must have.

    With `named_only`, ``**kwargs`` in its signature does not count as taking any: what lands there is not looked at.
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
