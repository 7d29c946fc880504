"""All problems of a hyperparameter file, each one once, in the order of the file."""

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
"""Keys, besides those that end in ``_kwargs``, whose mappings are not schedules."""

NOTED = 101
"""Number of values of a learning rate that are checked for a note."""

NEARLY = 0.8
"""Similarity above which the word before a number counts as a misspelled type."""


def problems_in(
    document: Document, total_timesteps: float | None = None, algo: type[Any] | None = None
) -> list[FileProblem]:
    """Return the problems of a file; a problem that YAML merges into several sections is reported once.

    Args:
        document: The file, from `read_yaml`.
        total_timesteps: Length of the run, for keys that end in ``_steps`` (None: the length in the file).
        algo: The algorithm of all sections (None: unknown; the file may have any content besides schedules).
    """
    problems = Problems()
    with problems.gathered():
        _refuse_shape(document.data)
    for path, section in _sections(document.data, algo):
        with problems.gathered(*path):
            refuse_mistakes(section, algo, is_known_package if algo else None)
    mistaken = {problem.path for problem in problems.found}
    for found in find_schedules(document.data):
        # A schedule at a key that accepts none must be moved, so it is not read here.
        if not any(found.path[: len(path)] == path for path in mistaken if path):
            with problems.gathered():
                found.create(total_timesteps)
    located: dict[tuple[int, int, str], FileProblem] = {}
    for problem in document.locate(ScheduleConfigError(problems.found)).problems:
        if isinstance(problem, FileProblem):
            # YAML aliases and merges make many paths to one place; the first path is used.
            located.setdefault((problem.line, problem.column, problem.message), problem)
    return [located[place] for place in sorted(located)]


def notes_on(document: Document, total_timesteps: float | None = None) -> list[str]:
    """Return notes about values that are valid but probably not intended: YAML reads 010 as 8, and 1:30 as 90."""
    notes = []
    for found in find_schedules(document.data):
        if not found.path or not str(found.path[-1]).endswith("learning_rate"):
            continue
        with contextlib.suppress(ScheduleConfigError):
            schedule = found.create(total_timesteps)
            if isinstance(schedule, Controller):  # its value stays within its bounds
                continue
            # A torch scheduler is computed step by step, which takes long for a long run.
            if "'torch'" not in str(schedule.to_config()) and (highest := schedule.sample(NOTED).max().item()) > 1.0:
                line, column = document.position(found.path)
                message = f"note: reaches {highest:.6g}; is a learning rate above 1 intended?"
                notes.append(f"{document.file}:{line}:{column}: {format_path(found.path)}: {message}")
    return notes


def refuse_mistakes(
    section: Mapping[Any, Any], algo: type[Any] | None = None, may_import: Callable[[str], bool] | None = None
) -> None:
    """Raise an error with all problems of a section, except those of its schedules.

    Args:
        section: Hyperparameters, as in a file.
        algo: The algorithm of the section (None: unknown).
        may_import: Returns whether a callback with this dotted name may be imported (None: no name may).
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
    """Raise an error if a file has neither hyperparameters nor a schedule, or sections without a name or content."""
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
    """Yield the mappings of a file that contain hyperparameters: the file itself, or its sections."""
    if not isinstance(data, Mapping) or ("type" in data and not _has_marks(data)):
        return
    parts: list[tuple[Keys, Any]] = [((), data)] if is_section(data) else [((name,), data[name]) for name in data]
    for path, part in parts:
        # If it is not certain that the file is one of the Zoo, it may have any content besides schedules.
        if isinstance(part, Mapping) and (algo is not None or "n_timesteps" in part or "policy" in part):
            yield path, part


def _has_marks(value: Any) -> bool:
    return isinstance(value, Mapping) and any(key in value for key in SECTION_MARKS)


def misplaced(key: Any, value: Any) -> str:
    """Return the message for a schedule at a key where neither SB3 nor the Zoo accepts one, or an empty string."""
    if key in (*SCHEDULE_KEYS, *MAPPINGS) or str(key).endswith("_kwargs") or not _looks_scheduled(value):
        return ""
    message = f"accepts no schedule; give it to lr_schedule.sb3.ScheduleCallback(schedules={{{key!r}: ...}})"
    return f"{message} under callback"


def _looks_scheduled(value: Any) -> bool:
    if isinstance(value, Mapping):
        # By its keys, not by a known type, because a mapping with a misspelled type is a schedule too.
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
