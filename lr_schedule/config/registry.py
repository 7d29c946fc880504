"""The classes by the name of their type, and the names of types in strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import fields_of
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.fields import is_numeral

ENTRY_POINTS = "lr_schedule.types"
"""The group of entry points with which an installed package adds a type."""

registry: dict[str, type[Frozen]] = {}
"""Every class by the `type` that names it in a config."""

ZOO_PREFIXES = {"lin": "linear"}
"""Short names of types in the strings of the RL Zoo, such as ``lin_3e-4``."""

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""The words of a name: ``cosine_annealing``, ``CosineAnnealingLR``, ``REXScheduler``."""

NOISE = {"annealing", "decay", "get", "learning", "lr", "min", "rate", "schedule", "scheduler", "with"}
"""Words in the names of other libraries that do not distinguish types."""

SYNONYMS = {
    "const": "constant", "exp": "exponential", "fixed": "constant", "flat": "constant",
    "inverse_exponential_time": "inverse_time", "poly": "polynomial", "sgdr": "cosine_restarts",
    "triangular": "cyclic", "wsd": "warmup_stable_decay",
}  # fmt: skip
"""Names of types in other libraries that do not resemble ours."""


def register(cls: type[Frozen]) -> None:
    """Register `cls` under its type; a second class of that name is an error, unless it replaces the first."""
    name: Any = cls.type
    if not isinstance(name, str) or not name or name != name.strip():
        raise ScheduleConfigError.at("type", name, "must be a name, without spaces around it")
    if name in ZOO_PREFIXES:
        message = f"is short for {ZOO_PREFIXES[name]} in a string such as '{name}_3e-4'; choose another name"
        raise ScheduleConfigError.at("type", name, message)
    if "__init__" in vars(cls) and not hasattr(vars(cls)["__init__"], "__signature__"):
        message = "defines __init__, which create and pickle never call; declare fields and override prepare instead"
        raise TypeError(f"{cls.__qualname__} {message}")
    holder = registry.get(name)
    # A notebook cell that runs again, or a reloaded module, defines the class of that name again.
    if holder is not None and (cls.__module__, cls.__qualname__) != (holder.__module__, holder.__qualname__):
        raise ScheduleConfigError.at("type", name, f"is already the type of {holder.__module__}.{holder.__qualname__}")
    registry[name] = cls


def is_known(name: str) -> bool:
    """Tell whether `name` is a type; load it now if it is an entry point of an installed package.

    The name is only looked up among the entry points. It is never imported itself.
    """
    if name in registry:
        return True
    if name not in installed_types():
        return False
    point = installed_types()[name]
    try:
        loaded = point.load()
    except Exception as error:
        message = f"the entry point {point.value} cannot be loaded: {type(error).__name__}: {error}"
        raise ScheduleConfigError.at("type", name, message) from error
    if registry.get(name) is not loaded:
        raise ScheduleConfigError.at("type", name, f"the entry point {point.value} defines no type of that name")
    return True


def installed_types() -> dict[str, Any]:
    """Return the entry points of installed packages that add a type, by its name, without loading them."""
    from importlib import metadata

    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}


def known_types() -> list[str]:
    """Return the names of all types, including those of installed packages."""
    return sorted({*registry, *installed_types()})


def find_class(name: Any) -> type[Frozen]:
    """Return the class registered under `name`."""
    if isinstance(name, str) and is_known(name):
        return registry[name]
    known = known_types()
    raise ScheduleConfigError.at("type", name, f"unknown type{nearest_type(name, known)} Allowed: {', '.join(known)}")


def nearest_type(name: object, known: Sequence[str]) -> str:
    """Return a hint to the type that a name of another library means (``exp``, ``StepLR``), or to the nearest one."""
    meant = meant_type(name, known)
    if meant is None:
        return did_you_mean(name, known)
    wants_warmup = "warmup" in _words(name) and not meant.startswith(("cosine_warmup", "warmup"))
    return f"; did you mean {meant!r} with a warmup_fraction?" if wants_warmup else f"; did you mean {meant!r}?"


def meant_type(name: object, known: Sequence[str]) -> str | None:
    """Return the type that a name of another library means, or None if there is none."""
    words = _words(name)
    telling = [SYNONYMS.get(word, word) for word in words if word not in NOISE and word != "warmup"]
    meant = "_".join(telling) or ("constant" if "warmup" in words and "decay" not in words else "")
    meant = SYNONYMS.get(meant, meant)
    if "warmup" in words and f"{meant}_warmup" in known:
        return f"{meant}_warmup"
    return meant if meant in known else None


def _words(name: object) -> list[str]:
    return [word.lower() for word in WORDS.findall(str(name)[:100])]


def parse_string(text: str) -> dict[str, Any]:
    """Return the mapping for a string: a number in a string, or ``<type>_<initial_value>`` as in the RL Zoo.

    For a type with a final_value, it may also be ``<type>_<initial_value>_<final_value>``.
    """
    if is_numeral(text):
        return {"initial_value": text}
    prefix, values = text, list[str]()
    while prefix not in registry:  # the name of a type may itself end with a number
        rest, separator, last = prefix.rpartition("_")
        if not separator or not is_numeral(last):
            break
        prefix, values = rest, [last, *values]
    if not values or is_numeral(prefix):
        raise ScheduleConfigError.at((), text, "must be a number or <type>_<initial_value>, as in 'cosine_3e-4'")
    if len(values) > 2:
        message = "has more than two numbers; a string can have a first and a last value; use a mapping for more"
        raise ScheduleConfigError.at((), text, message)
    name = ZOO_PREFIXES.get(prefix, prefix)
    if not is_known(name):
        known = [*known_types(), *ZOO_PREFIXES]
        allowed = ", ".join(sorted(known))
        raise ScheduleConfigError.at((), text, f"unknown type{nearest_type(prefix, known)} Allowed: {allowed}")
    if len(values) == 2 and "final_value" not in fields_of(registry[name]):
        allowed = ", ".join(sorted(kind for kind, cls in registry.items() if "final_value" in fields_of(cls)))
        message = f"type {name!r} has no final_value; types with a final_value: {allowed}"
        raise ScheduleConfigError.at((), text, message)
    return {"type": name, **dict(zip(("initial_value", "final_value"), map(float, values), strict=False))}
