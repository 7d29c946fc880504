"""Candidates: a schedule, a mapping from targets to schedules and controllers, or a section of a Zoo file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.yaml_files import Document
from lr_schedule.control import Controller, create_controller
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.zoo.keys import ZOO_KEYS
from lr_schedule.zoo.sections import SCHEDULE_KEYS, SECTION_MARKS, find_section, is_section

LEARNING_RATE = "learning_rate"
CONTROLLER = "controller"


class Parts(NamedTuple):
    """A candidate's hyperparameters in two groups.

    Attributes:
        section: Those of a section of the Zoo: arguments of the algorithm, and keys of the Zoo.
        scheduled: Those that a ScheduleCallback sets, by target.
    """

    section: dict[str, Any]
    scheduled: dict[str, Any]


def read_candidate(document: Document, tasks: Sequence[str], total_timesteps: float) -> Any:
    """Return the config of the candidate in a file; for a file of sections, those of the tasks.

    Args:
        document: The file.
        tasks: The environments.
        total_timesteps: Length of a run, for keys that end in ``_steps`` (> 0).

    Raises:
        ScheduleConfigError: The file has no schedule, or none for one of the tasks.
    """
    data = document.data
    with document.located():
        if data is None or isinstance(data, bool):
            raise ScheduleConfigError.at((), data, "has no schedule")
        if is_one_schedule(data):
            _refuse_wrong_schedule(data, total_timesteps)
            return data
        if _is_sections(data, tasks):
            sections = {}
            for task in tasks:
                (name,) = find_section(data, task)
                sections[task] = data[name]
            data = {"sections": sections}
        if not any(_names_a_schedule(data, task) for task in tasks):
            known = (*SCHEDULE_KEYS, "callback")
            given = [*for_task(data, tasks[0])]
            hint = did_you_mean(given[0], known) if given else "."
            message = f"has no schedule, and neither a key of the learning rate nor a target with a schedule{hint}"
            raise ScheduleConfigError.at((), given, message)
    return data


def is_one_schedule(data: Any) -> bool:
    """Tell whether a candidate is a single schedule or controller, which is then that of the learning rate."""
    if isinstance(data, Mapping):
        return ("type" in data or CONTROLLER in data) and not any(key in data for key in SECTION_MARKS)
    return not isinstance(data, Mapping)


def _refuse_wrong_schedule(cfg: Any, total_timesteps: float) -> None:
    if is_controller(cfg):
        create_controller(cfg, total_timesteps)
    else:
        BaseLRSchedule.create(cfg, total_timesteps)


def is_controller(cfg: Any) -> bool:
    """Tell whether a config is that of a controller."""
    return isinstance(cfg, Controller) or (isinstance(cfg, Mapping) and CONTROLLER in cfg)


def _is_sections(data: Mapping[str, Any], tasks: Sequence[str]) -> bool:
    if is_section(data):
        return False
    if any(name in data for name in (*tasks, "default", "atari")):
        return True
    return all(isinstance(value, Mapping) and is_section(value) and not _is_scheduled(value) for value in data.values())


def _names_a_schedule(data: Any, task: str) -> bool:
    parts = split(data, task)
    return bool(parts.scheduled) or any(key in parts.section for key in (*SCHEDULE_KEYS, "callback"))


def for_task(config: Any, task: str) -> dict[str, Any]:
    """Return the hyperparameters of a candidate for a task, as one flat mapping."""
    if is_one_schedule(config):
        return {LEARNING_RATE: config}
    if set(config) == {"sections"}:
        return dict(config["sections"].get(task, {}))
    return dict(config)


def split(config: Any, task: str) -> Parts:
    """Return a candidate's hyperparameters for a task, in two groups."""
    section: dict[str, Any] = {}
    scheduled: dict[str, Any] = {}
    for key, value in for_task(config, task).items():
        is_target = key not in ZOO_KEYS and (
            "." in str(key) or is_controller(value) or (key not in SCHEDULE_KEYS and _is_scheduled(value))
        )
        (scheduled if is_target else section)[key] = value
    return Parts(section, scheduled)


def _is_scheduled(value: Any) -> bool:
    """Tell whether the value of a key that accepts no schedule is one, so that a callback must set it."""
    if isinstance(value, BaseLRSchedule) or is_controller(value):
        return True
    if isinstance(value, Mapping):
        return "type" in value
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, Mapping) for item in value)
    if isinstance(value, str) and "_" in value:
        try:
            BaseLRSchedule.create(value)
        except ScheduleConfigError:
            return False
        return True
    return False


def name_candidates(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return candidates by name, each name once.

    Raises:
        ScheduleConfigError: Two candidates have the same name.
    """
    candidates: dict[str, Any] = {}
    for name, config in named:
        if name in candidates:
            message = "two candidates have this name (the name of the file without its folder); rename one file"
            raise ScheduleConfigError.at("candidates", name, message)
        candidates[name] = config
    return candidates


def read_base(document: Document, tasks: Sequence[str]) -> dict[str, Any]:
    """Return the hyperparameters that all candidates share, from a file with them or with sections of them.

    Raises:
        ScheduleConfigError: The file has no hyperparameters, or none for one of the tasks.
    """
    with document.located():
        if not isinstance(document.data, Mapping) or is_one_schedule(document.data):
            raise ScheduleConfigError.at((), document.data, "must be a mapping of hyperparameters, or of sections")
        if _is_sections(document.data, tasks):
            return {"sections": {task: document.data[find_section(document.data, task)[0]] for task in tasks}}
    return dict(document.data)
