"""Everything that is wrong with a hyperparameter file, each problem once, in the order of the file."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lr_schedule.config.registry import ZOO_PREFIXES, parse_string, registry
from lr_schedule.config.yaml_files import Document, FileProblem
from lr_schedule.control import Controller
from lr_schedule.errors import Keys, Problems, ScheduleConfigError, format_path
from lr_schedule.fields import PositiveNumber, is_numeral, read_number
from lr_schedule.zoo.callbacks import is_known_package, refuse_callbacks
from lr_schedule.zoo.expressions import read_expressions
from lr_schedule.zoo.keys import wrong_key, wrong_policy
from lr_schedule.zoo.sections import NAME_IS_TEXT, SCHEDULE_KEYS, SECTION_MARKS, find_schedules, is_section

MAPPINGS = ("callback", "normalize", "env_wrapper", "vec_env_wrapper")
"""Keys, beside those in ``_kwargs``, whose mappings are no schedules."""

NOTED = 101
"""How many values of a learning rate are looked at for a note."""

NEARLY = 0.8
"""How near the word before a number is to a type that the two are a schedule with a misspelt type."""


def problems_in(
    document: Document, total_timesteps: float | None = None, algo: type[Any] | None = None
) -> list[FileProblem]:
    """Return the problems of a file; what YAML merges into several sections is reported once.

    Args:
        document: The file, as `read_yaml` returns it.
        total_timesteps: Length of the run, for ``*_steps`` keys (None: what the file says beside each schedule).
        algo: The algorithm that every section is for (None: unknown, and the file may hold anything beside schedules).
    """
    problems = Problems()
    with problems.gathered():
        _refuse_shape(document.data)
    for path, section in _sections(document.data, algo):
        with problems.gathered(*path):
            refuse_mistakes(section, algo, is_known_package if algo else None)
    mistaken = {problem.path for problem in problems.found}
    for found in find_schedules(document.data):
        # The value at a key that takes no schedule is to be moved, not to be read as one there.
        if not any(found.path[: len(path)] == path for path in mistaken if path):
            with problems.gathered():
                found.create(total_timesteps)
    located: dict[tuple[int, int, str], FileProblem] = {}
    for problem in document.locate(ScheduleConfigError(problems.found)).problems:
        if isinstance(problem, FileProblem):
            # YAML aliases and merges make many paths to one place; the first of them names it.
            located.setdefault((problem.line, problem.column, problem.message), problem)
    return [located[place] for place in sorted(located)]


def notes_on(document: Document, total_timesteps: float | None = None) -> list[str]:
    """Return what is no mistake in a file, but is hardly meant: YAML reads 010 as 8, and 1:30 as 90."""
    notes = []
    for found in find_schedules(document.data):
        if not found.path or not str(found.path[-1]).endswith("learning_rate"):
            continue
        with contextlib.suppress(ScheduleConfigError):
            schedule = found.create(total_timesteps)
            if isinstance(schedule, Controller):  # it keeps within the bounds that it is given
                continue
            # A scheduler of torch is asked step by step: its values cost as much as the run is long.
            if "'torch'" not in str(schedule.to_config()) and (highest := schedule.sample(NOTED).max().item()) > 1.0:
                line, column = document.position(found.path)
                message = f"note: reaches {highest:.6g}; is a learning rate above 1 meant?"
                notes.append(f"{document.file}:{line}:{column}: {format_path(found.path)}: {message}")
    return notes


def refuse_mistakes(
    section: Mapping[Any, Any], algo: type[Any] | None = None, may_import: Callable[[str], bool] | None = None
) -> None:
    """Raise for all that is wrong with a section beside its schedules.

    Args:
        section: Hyperparameters, as they are in a file.
        algo: The algorithm that they are for (None: unknown).
        may_import: Tells of the dotted name of a callback whether it may be imported (None: none may).
    """
    problems = Problems()
    for key, value in section.items():
        message = wrong_key(key, algo) or wrong_policy(key, value, algo) or misplaced(key, value)
        if message:
            problems.add(key, value, message)
    if section.get("n_timesteps") is not None:
        with problems.gathered():
            read_number(PositiveNumber, section["n_timesteps"], "n_timesteps")
    with problems.gathered():
        read_expressions(section)
    with problems.gathered():
        refuse_callbacks(section, may_import)
    problems.raise_any()


def _refuse_shape(data: Any) -> None:
    """Raise where a file holds neither hyperparameters nor a schedule, or has sections without a name or content."""
    items = data if isinstance(data, list) else [data]
    if not any(isinstance(item, Mapping) and item for item in items):
        raise ScheduleConfigError.at((), data, "must be a mapping with a section for each environment, or a schedule")
    if not isinstance(data, Mapping) or is_section(data) or "type" in data:
        return
    problems = Problems()
    has_sections = any(_has_marks(value) for value in data.values())
    for name, value in data.items():
        if value is None and (has_sections or not any(data.values())):
            problems.add(name, value, "must be a mapping of hyperparameters; the section is empty")
        if not isinstance(name, str) and _has_marks(value):
            problems.add(str(name), name, NAME_IS_TEXT)
    problems.raise_any()


def _sections(data: Any, algo: type[Any] | None) -> Iterator[tuple[Keys, Mapping[Any, Any]]]:
    """Yield the mappings of a file that hold hyperparameters: the file itself, or its sections."""
    if not isinstance(data, Mapping) or ("type" in data and not _has_marks(data)):
        return
    parts: list[tuple[Keys, Any]] = [((), data)] if is_section(data) else [((name,), data[name]) for name in data]
    for path, part in parts:
        # Where nobody says that the file is one of the Zoo, it may hold anything else beside schedules.
        if isinstance(part, Mapping) and (algo is not None or "n_timesteps" in part or "policy" in part):
            yield path, part


def _has_marks(value: Any) -> bool:
    return isinstance(value, Mapping) and any(key in value for key in SECTION_MARKS)


def misplaced(key: Any, value: Any) -> str:
    """Return what is wrong with a schedule at a key where neither SB3 nor the Zoo takes one; empty otherwise."""
    if key in (*SCHEDULE_KEYS, *MAPPINGS) or str(key).endswith("_kwargs") or not _looks_scheduled(value):
        return ""
    message = f"takes no schedule; give it to lr_schedule.sb3.ScheduleCallback(schedules={{{key!r}: ...}})"
    return f"{message} under callback"


def _looks_scheduled(value: Any) -> bool:
    if isinstance(value, Mapping):
        # By its keys, and not by a type that is known: a misspelt one is a schedule too.
        return any(key in value for key in ("type", "initial_value", "controller"))
    if isinstance(value, list):
        return bool(value) and all(map(_looks_scheduled, value))
    if not isinstance(value, str) or is_numeral(value):
        return False
    try:
        return bool(parse_string(value))
    except ScheduleConfigError:
        prefix, _, numeral = value.rpartition("_")
        near = difflib.get_close_matches(prefix, [*registry, *ZOO_PREFIXES], n=1, cutoff=NEARLY)
        return bool(near) and is_numeral(numeral)
