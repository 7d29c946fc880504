"""Reading a config: find the class that it names, and validate the fields of that class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from numbers import Real
from operator import getitem
from typing import Any

from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import default_of, defaults_of, fields_of, model_of
from lr_schedule.config.other_names import TYPE_KEYS, meant_key
from lr_schedule.config.registry import find_class, is_known, meant_type, parse_string, registry
from lr_schedule.config.twins import allowed_keys, steps_twin, twins_of
from lr_schedule.errors import Problem, Problems, ScheduleConfigError, did_you_mean
from lr_schedule.fields import describe_number, literals_of, to_number
from lr_schedule.numeric.progress import IsArray
from lr_schedule.steps import take_total_steps

ALLOWED_FORMS = (
    "must be a number, a mapping with a type, a list of phases, a string such as 'cosine_3e-4', or a schedule"
)

Config = float | Real | Decimal | IsArray | str | Mapping[str, Any] | Sequence[Any] | Callable[[float], float] | None
"""Everything that a user may write for a schedule."""

Written = dict[str, tuple[str, Any]]
"""For a field that was given by another key: that key and its value."""


def read(
    cfg: Any, cls: type[Frozen], total_steps: Any = None, keywords: Mapping[str, Any] | None = None
) -> tuple[type[Frozen], dict[str, Any]]:
    """Return the class that a config names, and its validated fields.

    Args:
        cfg: A number, a string, a mapping, a list of phases or a schedule (None: everything is in `keywords`).
        cls: The class for a config that names no type.
        total_steps: Length of the run in steps (None if no key is in steps).
        keywords: The keyword arguments of the constructor of `cls`; with them, another type is an error.
    """
    if cfg is None and keywords is None:
        raise ScheduleConfigError.at((), cfg, ALLOWED_FORMS)
    given = as_mapping(cfg)
    if keywords is not None:
        repeated = [(key, keywords[key]) for key in keywords if key in given]
        for key, value in repeated:
            raise ScheduleConfigError.at(key, value, "given in the config and as a keyword; give one of them")
        given.update(keywords)
    if (
        cls.type not in registry
    ):  # cloudpickle makes a class and its bases again, and gives each its type only afterwards
        kinds: Any = reversed(cls.__mro__)
        registry.update({kind.type: kind for kind in kinds if "type" in vars(kind)})
    if "controller" in given and "controller" not in fields_of(cls):
        message = (
            "a controller needs a metric during the run, so it is not a schedule; pass it to "
            "lr_schedule.sb3.ScheduleCallback, lr_schedule.optim.ScheduleLR or lr_schedule.control.create_controller"
        )
        raise ScheduleConfigError.at("controller", given["controller"], message)
    if keywords is None:
        _lead_migrants(cls, given, total_steps)
    name = given.pop("type", cls.type)
    named = cls if name == cls.type else find_class(name)
    if keywords is not None and named is not cls:
        raise ScheduleConfigError.at("type", name, f"{cls.__name__} is of type {cls.type!r}")
    return named, read_fields(named, given, total_steps)


def _lead_migrants(cls: type[Frozen], given: dict[str, Any], total_steps: Any) -> None:
    """Raise an error for a config that names its type as another library does, with all problems of its keys."""
    key = "type" if "type" in given else next((key for key in TYPE_KEYS if key in given), None)
    name = given.get(key) if key is not None and key not in fields_of(cls) else None
    if not isinstance(name, str) or (key == "type" and is_known(name)):
        return
    meant = name if is_known(name) else meant_type(name, list(registry))
    if meant is None:
        return
    problems = Problems()
    if key == "type":
        with problems.gathered():
            find_class(name)
    else:
        problems.add(str(key), name, f"unknown key; did you mean 'type': {meant!r}?")
    with problems.gathered():
        read_fields(registry[meant], {other: value for other, value in given.items() if other != key}, total_steps)
    problems.raise_any()


def as_mapping(cfg: Any) -> dict[str, Any]:
    """Return a config as a new mapping, which the caller may change."""
    if type(cfg) is dict:  # first, because isinstance with Mapping takes longer than the copy
        return cfg.copy()
    if isinstance(cfg, str):
        return parse_string(cfg)
    if isinstance(cfg, Frozen):
        cfg = cfg.written_fields()
    if cfg is None or (type(cfg) is not list and isinstance(cfg, Mapping)):
        return dict(cfg or {})
    if isinstance(cfg, Sequence) and not isinstance(cfg, (bytes, bytearray)):
        is_points = bool(cfg) and isinstance(cfg[0], (list, tuple))
        return {"type": "piecewise_linear", "step_points": cfg} if is_points else {"type": "sequential", "parts": cfg}
    try:
        return {"initial_value": to_number(cfg)}
    except TypeError:
        raise ScheduleConfigError.at((), cfg, ALLOWED_FORMS) from None


def has_total_steps(cfg: Mapping[str, Any]) -> bool:
    """Tell whether ``total_steps`` in the mapping of a schedule is a field of its type, not the length of the run."""
    cls = registry.get(str(cfg.get("type")))
    return cls is not None and "total_steps" in fields_of(cls)


def read_fields(cls: Any, given: dict[str, Any], total_steps: Any) -> dict[str, Any]:
    """Return the validated fields, or raise an error that lists all problems."""
    allowed = fields_of(cls)
    problems = Problems()
    if "total_steps" not in allowed:
        if total_steps is not None or "total_steps" in given:
            total_steps = take_total_steps(given, total_steps)
    elif total_steps is not None:
        given.setdefault("total_steps", total_steps)
    written: Written = {}
    if not given.keys() <= allowed.keys() or cls.free_keys is not None:
        _take_free_keys(cls, given, problems)
        written = _take_twins(cls, given, total_steps, problems)
        _refuse_unknown_keys(cls, given, problems)
    fields: dict[str, Any] = {}
    try:
        completed = given if problems.found else cls.complete(given)
        context = None if total_steps is None else {"total_steps": _steps_of_parts(cls, completed, total_steps)}
        model = model_of(cls).__pydantic_validator__.validate_python(completed, context=context)
        given_fields, given = vars(model), {}  # from here on, only defaults can be wrong
        fields = defaults_of(cls) | {name: given_fields[name] for name in model.__pydantic_fields_set__}
        if cls.one_of and sum(fields[name] is not None for name in cls.one_of) != 1:
            problems.add(cls.one_of[0], fields[cls.one_of[0]], f"give either {' or '.join(cls.one_of)}")
    except ScheduleConfigError as error:
        problems.found += error.problems
    except ValueError as error:
        from pydantic import ValidationError

        if not isinstance(error, ValidationError):
            raise
        found = error.errors(include_url=False)
        for details in found:
            if details["type"] == "too_short" and any(_lies_in(other, details) for other in found):
                continue  # because pydantic counts only the valid items
            problems.found += _problems_from(cls, details, given, written, total_steps)
    problems.raise_any()
    return fields


def _take_free_keys(cls: Any, given: dict[str, Any], problems: Problems) -> None:
    """Move the keys that are not fields into the field `free_keys`, next to those that the user has put there."""
    if cls.free_keys is None:
        return
    fields = fields_of(cls)
    free = {key: given.pop(key) for key in list(given) if key not in fields}
    together = given.pop(cls.free_keys, {})
    if not isinstance(together, Mapping):
        problems.add(cls.free_keys, together, "must be a mapping; its keys may also be given next to the other keys")
        together = {}
    for key in free.keys() & together.keys():
        problems.add(key, free[key], f"given next to the other keys and in {cls.free_keys}; give one of them")
    given[cls.free_keys] = {**together, **free}


def _take_twins(cls: Any, given: dict[str, Any], total_steps: float | None, problems: Problems) -> Written:
    """Replace each key in another unit by the field that it sets."""
    written: Written = {}
    for key, twin in twins_of(cls).items():
        if key not in given:
            continue
        value = given.pop(key)
        written[twin.field] = key, value
        if twin.field in given:
            problems.add(key, value, f"given together with {twin.field}; give one of them")
            continue
        with problems.gathered(key):
            given[twin.field] = twin.convert(cls, value, given, total_steps)
    return written


def _refuse_unknown_keys(cls: Any, given: dict[str, Any], problems: Problems) -> None:
    fields, known = fields_of(cls), list(allowed_keys(cls))
    for key in [key for key in given if key not in fields]:
        message = f"unknown key{meant_key(key, [*known, 'total_steps'])} Allowed: {', '.join(known)}"
        problems.add(str(key), given.pop(key), message)


def _steps_of_parts(cls: Any, given: Mapping[str, Any], total_steps: float) -> float:
    """Return the length of the parts in steps; if a field that it depends on is wrong, that field is reported."""
    try:
        steps: float = cls.steps_of_parts(given, total_steps)
    except (TypeError, ZeroDivisionError):
        return total_steps
    return steps if steps > 0.0 else total_steps


def _problems_from(
    cls: Any, details: Any, given: Mapping[str, Any], written: Written, total_steps: float | None
) -> Iterator[Problem]:
    """Yield an error of pydantic as problems in our words, at the key that the user wrote."""
    field, *rest = details["loc"]
    key, value = written.get(field, (field, given.get(field, default_of(cls, field))))
    rest = _without_options(rest, value)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, ScheduleConfigError):
        yield from cause.below((key, *rest)).problems
        return
    if details["type"] == "missing" and not rest and field in written:
        return  # the value is wrong and already reported
    received = None if details["type"] == "missing" else _item_at([value], (0, *rest), details["input"])
    unit = "" if key == field else f" once resolved to {field}"
    if total_steps is not None and key == steps_twin(field):
        unit += f", in a run of {total_steps:.10g} steps"
    is_count = key == field and key.endswith("_fraction") and isinstance(received, (int, float)) and received > 1
    hint = f"; to give a number of steps, use {steps_twin(field)}" if is_count else ""
    yield Problem((key, *rest), received, _message(fields_of(cls)[field], details) + unit + hint)


def _without_options(path: Sequence[Any], container: Any) -> list[Any]:
    """Return a path of pydantic without the names that it gives to the options of a union."""
    places: list[Any] = []
    for step in path:
        if not isinstance(step, str) or (isinstance(container, Mapping) and step in container):
            places.append(step)
            container = _item_at([container], (0, step), None)
    return places


def _message(annotation: Any, details: Any) -> str:
    kind = details["type"]
    if kind == "missing":
        return "required key is missing" if isinstance(details["loc"][-1], str) else "an item is missing"
    if kind == "literal_error":
        return f"must be {details['ctx']['expected']}{did_you_mean(details['input'], literals_of(annotation))}".rstrip(
            "."
        )
    if kind == "too_short":
        return f"must have at least {details['ctx']['min_length']} item"
    if len(details["loc"]) == 1 and (numbers := describe_number(annotation)):
        return f"must be {numbers}"
    return _IN_OUR_WORDS.get(kind, str(details["msg"]).replace("Input should be", "must be"))


def _lies_in(one: Any, other: Any) -> bool:
    """Tell whether the path of one error of pydantic is inside the path of another."""
    return len(one["loc"]) > len(other["loc"]) and one["loc"][: len(other["loc"])] == other["loc"]


_IN_OUR_WORDS = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "string_type": "must be text",
    "too_long": "one item too many",
    "tuple_type": "must be a list",
}
"""Messages for the error types of pydantic, in the words of a config file."""


def _item_at(container: Any, path: Sequence[Any], default: Any) -> Any:
    """Return the value at `path` in nested data, or the default if there is none."""
    try:
        return reduce(getitem, path, container)
    except (LookupError, TypeError):
        return default
