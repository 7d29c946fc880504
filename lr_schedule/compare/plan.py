"""The plan of a study (candidates, tasks, seeds, settings), and its comparison with the one in the storage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lr_schedule.compare.queue import Cell, Queue
from lr_schedule.errors import ScheduleConfigError, did_you_mean

ONLY_TASK = "task"
"""The name of the task if no tasks are given."""

CANDIDATES, TASKS, SEEDS, SETTINGS, VERSIONS = "candidates", "tasks", "seeds", "settings", "versions"
PACKAGES = (
    "lr-schedule",
    "stable-baselines3",
    "sb3-contrib",
    "sbx-rl",
    "torch",
    "gymnasium",
    "numpy",
    "scipy",
    "optuna",
)
DIGITS = 12


@dataclass(frozen=True)
class Plan:
    """The runs of a study: each candidate on each task with each seed.

    Attributes:
        candidates: The config of each candidate as plain data, by its name.
        tasks: The names of the tasks.
        seeds: The seeds, which all candidates share.
        settings: Other data that the scores depend on, as plain data: algorithm, length of the run, and so on.
    """

    candidates: Mapping[str, Any]
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    settings: Mapping[str, Any]

    def cells(self) -> list[Cell]:
        """Return the cells, seed by seed, so that a study that is stopped early has runs of all candidates."""
        return [Cell(name, task, seed) for seed in self.seeds for task in self.tasks for name in self.candidates]


def make_plan(candidates: Any, tasks: Any, seeds: Any, settings: Mapping[str, Any] | None = None) -> Plan:
    """Return a plan from the arguments of the caller, after checking them.

    Raises:
        ScheduleConfigError: There are fewer than two candidates or seeds, or a config is not plain data.
    """
    if not isinstance(candidates, Mapping) or len(candidates) < 2:
        raise ScheduleConfigError.at("candidates", candidates, "must be a mapping from names to configs, at least two")
    for name in candidates:
        if not isinstance(name, str) or not name:
            raise ScheduleConfigError.at("candidates", name, "the name of a candidate must be a string")
    plain = {name: _plain(config, ("candidates", name)) for name, config in candidates.items()}
    return Plan(plain, _tasks(tasks), _seeds(seeds), _plain(dict(settings or {}), ("settings",)))


def _tasks(tasks: Any) -> tuple[str, ...]:
    if tasks is None:
        return (ONLY_TASK,)
    named = (tasks,) if isinstance(tasks, str) else tuple(tasks)
    if not named or not all(isinstance(task, str) and task for task in named) or len(set(named)) < len(named):
        raise ScheduleConfigError.at("tasks", tasks, "must be a list of different names of tasks")
    return named


def _seeds(seeds: Any) -> tuple[int, ...]:
    message = "must be a number of seeds, at least 2, or a list of at least 2 different whole numbers >= 0"
    if isinstance(seeds, bool) or not isinstance(seeds, (int, Sequence, range)) or isinstance(seeds, (str, bytes)):
        raise ScheduleConfigError.at("seeds", seeds, message)
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32 for seed in numbers)
    if not whole or len(set(numbers)) < max(2, len(numbers)):
        raise ScheduleConfigError.at("seeds", seeds, message)
    return numbers


def _plain(value: Any, path: tuple[str, ...]) -> Any:
    """Return plain data: schedules and controllers as their configs, tuples as lists; anything else is an error."""

    def config_of(item: Any) -> Any:
        if hasattr(item, "to_config"):
            return item.to_config()
        raise TypeError

    try:
        return json.loads(json.dumps(value, default=config_of, allow_nan=False))
    except (TypeError, ValueError):
        message = "must be plain data or schedules, so that changes can be detected"
        raise ScheduleConfigError.at(path, value, message) from None


def digest(config: Any) -> str:
    """Return a hash of plain data that is the same on all machines."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def read_plan(queue: Queue) -> Plan | None:
    """Return the plan of the study in a storage, or None if there is none."""
    held = queue.study.user_attrs
    if CANDIDATES not in held:
        return None
    configs = {name: entry["config"] for name, entry in held[CANDIDATES].items()}
    return Plan(configs, tuple(held[TASKS]), tuple(held[SEEDS]), held[SETTINGS])


def join_study(queue: Queue, plan: Plan) -> Plan:
    """Write the plan into a new study, or compare it with the existing one, to which it may add.

    Returns:
        The plan of the study.

    Raises:
        ScheduleConfigError: The study is a different one: a candidate or a setting has changed or is missing.
    """
    held = read_plan(queue)
    if held is not None:
        _refuse_changes(held, plan)
        # In the existing order, because the baseline is the first candidate.
        plan = replace(
            plan,
            candidates={**held.candidates, **plan.candidates},
            tasks=tuple(dict.fromkeys([*held.tasks, *plan.tasks])),
            seeds=tuple(dict.fromkeys([*held.seeds, *plan.seeds])),
        )
    if plan != held:
        entries = {name: {"config": config, "hash": digest(config)} for name, config in plan.candidates.items()}
        for key, value in (
            (TASKS, list(plan.tasks)),
            (SEEDS, list(plan.seeds)),
            (SETTINGS, dict(plan.settings)),
            (VERSIONS, versions()),
            (CANDIDATES, entries),
        ):
            queue.study.set_user_attr(key, value)
    return plan


def _refuse_changes(held: Plan, plan: Plan) -> None:
    for name, config in plan.candidates.items():
        there = held.candidates.get(name, config)
        if digest(there) != digest(config):
            where, before, after = _first_change(there, config)
            message = (
                f"has changed since the study started (hash {digest(there)}, now {digest(config)}): {where or 'it'} "
                f"was {json.dumps(before)} and is {json.dumps(after)}; give it another name, or start another study"
            )
            raise ScheduleConfigError.at(("candidates", name), config, message)
    where, before, after = _first_change(dict(held.settings), dict(plan.settings))
    if digest(held.settings) != digest(plan.settings):
        message = f"the storage has another study: {where} was {json.dumps(before)}; use another study or storage"
        raise ScheduleConfigError.at(("settings", *where.split(".")), after, message)
    for key, there, given in (
        ("candidates", held.candidates, plan.candidates),
        ("tasks", held.tasks, plan.tasks),
        ("seeds", held.seeds, plan.seeds),
    ):
        missing = [item for item in there if item not in given]
        if missing:
            known = ", ".join(map(str, there))
            hint = did_you_mean(missing[0], map(str, given)) if key != "seeds" else "."
            message = (
                f"the storage has another study, or {missing[0]!r} is missing{hint} The study has {known}; you can add "
                "more, but not omit any"
            )
            raise ScheduleConfigError.at(key, list(given), message)


def _first_change(before: Any, after: Any, path: str = "") -> tuple[str, Any, Any]:
    """Return the path of the first difference of two pieces of plain data, and both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                return _first_change(before.get(key), after.get(key), f"{path}.{key}".removeprefix("."))
    return path, before, after


def versions() -> dict[str, str]:
    """Return the versions of the packages that scores may depend on."""
    import platform
    from importlib.metadata import distributions

    installed = {one.name.lower().replace("_", "-"): one.version for one in distributions()}
    return {"python": platform.python_version(), **{name: installed[name] for name in PACKAGES if name in installed}}
