"""Checks of configs that do not need a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.twins import allowed_keys
from lr_schedule.control import Controller
from lr_schedule.control.following import Placed
from lr_schedule.control.ranges import CHECKED, check_values
from lr_schedule.errors import Problem, Problems, ScheduleConfigError
from lr_schedule.sb3 import lookup
from lr_schedule.sb3.names import SAME_PLACE
from lr_schedule.sb3.scheduled import read_schedule
from lr_schedule.steps import NO_TOTAL_STEPS

ANY_LENGTHS = (1_000.0, 10_000.0)
"""Two lengths of a run: a problem with the same message for both does not depend on the length."""


def check_configs(schedules: Mapping[str, Any], run_timesteps: int | None) -> None:
    """Raise ScheduleConfigError if a name or a config is wrong for every model.

    If the length of the run is unknown, checks that depend on it are made later. A function is not called.
    """
    problems = Problems()
    for name, cfg in schedules.items():
        with problems.gathered():
            lookup.require_known(name)
        problems.found += _problems_with(name, cfg, run_timesteps)
        if (other := SAME_PLACE.get(name)) in schedules:
            problems.add(name, name, f"sets the same value as {other}; give one of them")
    problems.raise_any()


def _problems_with(name: str, cfg: Any, run_timesteps: float | None) -> tuple[Problem, ...]:
    try:
        _check_config(name, cfg, run_timesteps)
    except ScheduleConfigError as error:
        if run_timesteps is not None or not any(map(_needs_length, error.problems)):
            return error.problems
        short, long = (_problems_with(name, cfg, length) for length in ANY_LENGTHS)
        said = {(problem.path, problem.message) for problem in long}
        return tuple(problem for problem in short if (problem.path, problem.message) in said)
    return ()


def _check_config(name: Any, cfg: Any, run_timesteps: float | None) -> None:
    schedule, _ = read_schedule(name, cfg, run_timesteps)
    target = lookup.target_named(name)
    if isinstance(schedule, (BaseLRSchedule, Controller, Placed)) and target is not None:
        check_values(
            name, schedule, target.convert, target.allowed, CHECKED if run_timesteps is None else run_timesteps
        )


def _needs_length(problem: Problem) -> bool:
    return problem.message == NO_TOTAL_STEPS or problem.path[-1:] == ("total_steps",)


def as_schedules(cfg_or_schedules: Any) -> dict[str, Any]:
    """Return a mapping from targets to schedules; a single config or schedule is that of the learning rate."""
    if not isinstance(cfg_or_schedules, Mapping):
        return {"learning_rate": cfg_or_schedules}
    constant_keys = {*allowed_keys(BaseLRSchedule), "total_steps"}
    is_constant = bool(cfg_or_schedules) and constant_keys.issuperset(cfg_or_schedules)
    if is_constant or any(key in cfg_or_schedules for key in ("type", "controller")):
        return {"learning_rate": cfg_or_schedules}
    return dict(cfg_or_schedules)
