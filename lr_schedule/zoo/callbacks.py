"""Checks of the callbacks in a section: their classes, and their keywords."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lr_schedule.errors import Problems, ScheduleConfigError, did_you_mean, under
from lr_schedule.zoo.keys import SURE
from lr_schedule.zoo.sections import callbacks_of

OWN = "lr_schedule.sb3.ScheduleCallback"
OWN_KEYWORDS = ("schedules", "run_timesteps", "verbose", "override_auto", "timesteps_done", "total_timesteps")
"""The keywords of ScheduleCallback, whose signature cannot be read without Stable-Baselines3."""

MODULES = (
    "lr_schedule.sb3",
    "stable_baselines3.common.callbacks",
    "rl_zoo3.callbacks",
    "sb3_contrib.common.maskable.callbacks",
)
"""The modules with callbacks that are not the user's own."""

FORM = "must be the dotted name of a callback, or a mapping from such a name to its keywords"


def is_known_package(name: str) -> bool:
    """Tell whether a dotted name begins with a package that is installed and is not the user's own."""
    return any(name.partition(".")[0] == module.partition(".")[0] for module in MODULES) and not _is_missing(name)


def refuse_callbacks(section: Mapping[Any, Any], may_import: Callable[[str], bool] | None = None) -> None:
    """Raise an error for each entry of a section that is not a callback, or has keywords that it does not accept.

    Args:
        section: Hyperparameters, as in a file.
        may_import: Returns whether a dotted name may be imported (None: no name may, and only ScheduleCallback is
            known, by its name).
    """
    problems = Problems()
    for path, entry in callbacks_of(section):
        with problems.gathered(*path):
            if isinstance(entry, Mapping) and len(entry) == 1:
                ((name, keywords),) = entry.items()
                with under(name):
                    _refuse_callback(name, keywords, may_import)
            elif isinstance(entry, (str, Mapping)):
                _refuse_callback(entry, {}, may_import)
    problems.raise_any()


def import_named(name: str) -> Any:
    """Return the object with a dotted name, or raise an error that says why it cannot be imported."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScheduleConfigError.at((), name, f"cannot be imported: {error}") from None


def _refuse_callback(name: Any, keywords: Any, may_import: Callable[[str], bool] | None) -> None:
    if not isinstance(name, str) or "." not in name:
        raise ScheduleConfigError.at((), name, FORM)
    if name == OWN and isinstance(keywords, Mapping) and not isinstance(keywords.get("schedules", {}), Mapping):
        message = "must be a mapping from targets to schedules, such as {ent_coef: {type: linear}}"
        raise ScheduleConfigError.at("schedules", keywords["schedules"], message)
    if may_import is not None and may_import(name):
        _refuse_class(name, keywords)
    elif name == OWN:
        _refuse_keywords(keywords, OWN_KEYWORDS, OWN_KEYWORDS[:1])
    elif _is_own(name) or _is_missing(name):
        # A package that is not installed here may be the user's own, on another machine.
        known = [OWN] if may_import is None else _known_callbacks()
        if difflib.get_close_matches(name, known, n=1, cutoff=SURE):
            raise ScheduleConfigError.at((), name, f"no such callback{did_you_mean(name, known)}")


def _is_own(name: str) -> bool:
    return name.partition(".")[0] == OWN.partition(".")[0] and not name.endswith(OWN.rpartition(".")[2])


def _is_missing(name: str) -> bool:
    """Tell whether the package of a dotted name is not installed, without importing it."""
    return importlib.util.find_spec(name.partition(".")[0]) is None


def _refuse_class(name: str, keywords: Any) -> None:
    from stable_baselines3.common.callbacks import BaseCallback

    try:
        found = import_named(name)
    except ScheduleConfigError as error:
        hint = did_you_mean(name, _known_callbacks())
        raise ScheduleConfigError.at((), name, f"{error.problems[0].message}{hint}") from None
    if not (inspect.isclass(found) and issubclass(found, BaseCallback)):
        raise ScheduleConfigError.at(
            (), name, f"is not the class of a callback{did_you_mean(name, _known_callbacks())}"
        )
    parameters = [*inspect.signature(found).parameters.values()]
    if all(one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) for one in parameters):
        required = [one.name for one in parameters if one.default is one.empty]
        _refuse_keywords(keywords, [one.name for one in parameters], required)


def _known_callbacks() -> list[str]:
    """Return the dotted names of the callbacks in those `MODULES` that are installed."""
    from stable_baselines3.common.callbacks import BaseCallback

    names = []
    for module in MODULES:
        with contextlib.suppress(ImportError):
            for name, found in vars(importlib.import_module(module)).items():
                if inspect.isclass(found) and issubclass(found, BaseCallback) and not inspect.isabstract(found):
                    names.append(f"{module}.{name}")
    return names


def _refuse_keywords(keywords: Any, known: Sequence[str], required: Sequence[str]) -> None:
    if not isinstance(keywords, Mapping):
        raise ScheduleConfigError.at(
            (), keywords, "must be a mapping of the callback's keywords, indented below its name"
        )
    problems = Problems()
    for key, value in keywords.items():
        if key not in known:
            problems.add(key, value, f"unknown keyword{did_you_mean(key, known)} Allowed: {', '.join(known)}")
    for key in required:
        # If another keyword is misspelled, it is probably the missing one.
        if key not in keywords and not problems.found:
            problems.add(key, None, "required keyword is missing")
    problems.raise_any()
