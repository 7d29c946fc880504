"""Find the schedules in hyperparameters of the RL Zoo: in one section, in a file of sections, in any data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.control import Controller
from lr_schedule.control.controller import kinds
from lr_schedule.control.create import is_controlled
from lr_schedule.control.following import Placed, create_followed
from lr_schedule.errors import Keys, ScheduleConfigError, did_you_mean
from lr_schedule.fields import PositiveNumber, read_number
from lr_schedule.steps import NO_TOTAL_STEPS

SCHEDULE_KEYS = ("learning_rate", "clip_range", "clip_range_vf", "delta_std", "qf_learning_rate")
"""Hyperparameters whose value may be a schedule; for others, use a ScheduleCallback under ``callback``."""

SECTION_MARKS = ("policy", "n_timesteps", "callback", *SCHEDULE_KEYS)
"""Keys that only hyperparameters have; a mapping without them has sections, one for each environment."""

OFF_WHEN_NEGATIVE = ("clip_range", "clip_range_vf")
"""Hyperparameters that the Zoo turns off if a file gives a negative number."""

CALLBACK = "ScheduleCallback"

NO_LENGTH = (
    "needs the length of the run: n_timesteps in the section, total_steps next to this key, or run_timesteps "
    "(--run-timesteps on the command line)"
)


class FoundSchedule(NamedTuple):
    """The config of a schedule or controller, its path, and the length of its run (None if it is not given)."""

    path: Keys
    cfg: Any
    total_timesteps: float | None

    @property
    def is_controlled(self) -> bool:
        """Whether the config is a controller."""
        return is_controlled(self.cfg)

    def create(self, total_timesteps: float | None = None) -> BaseLRSchedule | Controller:
        """Return the schedule or the controller, or raise an error with its path.

        Args:
            total_timesteps: Length of the run (None: the one from the file).
        """
        total = total_timesteps or self.total_timesteps
        try:
            if self.is_controlled or "schedules" in self.path[:-1]:  # a controller, or a target of a ScheduleCallback
                made, _ = create_followed(self.cfg, total)
                return made.schedule if isinstance(made, Placed) else made
            return BaseLRSchedule.create(self.cfg, total)
        except ScheduleConfigError as error:
            # total_steps of a schedule has another name in a file of the Zoo.
            problems = [replace(one, message=one.message.replace(NO_TOTAL_STEPS, NO_LENGTH)) for one in error.problems]
            raise ScheduleConfigError(problems).below(self.path) from None


NAME_IS_TEXT = "the name of a section must be text; write it in quotes"
"""The message for a section with a name such as 1: YAML reads a number, so the Zoo does not find the section."""


def find_section(data: Any, env_id: str | None) -> Keys:
    """Return the path of the section for `env_id`; it is empty if `data` are the hyperparameters themselves."""
    if not isinstance(data, Mapping) or not data:
        raise ScheduleConfigError.at((), data, "must be a mapping with a section for each environment")
    if is_section(data):
        return ()
    names = [str(name) for name in data]
    if env_id is None:
        if len(names) > 1:
            raise ScheduleConfigError.at((), env_id, f"env_id must name a section; sections: {', '.join(names)}")
        env_id = names[0]
    fallbacks = ["atari"] if _is_atari(env_id) else ["default"]
    for name in [env_id, *fallbacks]:
        if name in data:
            if isinstance(data[name], Mapping):
                return (name,)
            raise ScheduleConfigError.at(name, data[name], "must be a mapping of hyperparameters")
        if name in names:
            raise ScheduleConfigError.at(name, name, NAME_IS_TEXT)
    message = f"no such section, and no {fallbacks[0]!r}{did_you_mean(env_id, names)} Sections: {', '.join(names)}"
    raise ScheduleConfigError.at(env_id, env_id, message)


def is_section(data: Mapping[Any, Any]) -> bool:
    """Tell whether a mapping contains hyperparameters, not sections with hyperparameters."""
    if any(key in data for key in SECTION_MARKS):
        return True
    # Names without values are empty sections.
    values = list(data.values())
    return not any(isinstance(value, Mapping) for value in values) and (
        not values or any(v is not None for v in values)
    )


def _is_atari(env_id: str) -> bool:
    # The Zoo gets the entry point from gymnasium; if gymnasium or the games are not installed, the name must suffice.
    if env_id.startswith("ALE/") or "NoFrameskip" in env_id:
        return True
    try:
        import gymnasium
    except ImportError:
        return False
    spec = gymnasium.envs.registration.registry.get(env_id)
    return spec is not None and "AtariEnv" in str(spec.entry_point)


def find_schedules(data: Any, path: Keys = (), total_timesteps: float | None = None) -> Iterator[FoundSchedule]:
    """Yield all schedules in data of any shape: a schedule itself, a Zoo file, any nesting of mappings and lists.

    Args:
        data: The contents of a YAML file.
        path: The path of `data`.
        total_timesteps: Length of the run that is given around `data` (None: it is not given).
    """
    if isinstance(data, Mapping):
        # Inside a file, any mapping with a registered type is a schedule. For a whole file, any "type" is enough, so
        # that a misspelled type is an error.
        if _names_type(data) if path else _has_type(data) and not any(key in data for key in SECTION_MARKS):
            yield FoundSchedule(path, data, total_timesteps)
            return
        total = stated_length(data) or total_timesteps
        here = find_schedules_in_section(data, total)
        yield from (found._replace(path=(*path, *found.path)) for found in here)
        taken = {found.path[0] for found in here} | {"callback"}
        for key, value in data.items():
            if key not in taken:
                yield from find_schedules(value, (*path, key), total)
    elif isinstance(data, list):
        if not path and data and all(isinstance(item, Mapping) for item in data):
            yield FoundSchedule(path, data, total_timesteps)
            return
        for index, item in enumerate(data):
            yield from find_schedules(item, (*path, index), total_timesteps)


def find_schedules_in_section(section: Mapping[Any, Any], total_timesteps: float | None = None) -> list[FoundSchedule]:
    """Return all schedules of one section, including numbers, but not ``None`` and "no clipping".

    Args:
        section: Hyperparameters, as in a file.
        total_timesteps: Length of the run; a ScheduleCallback may have a different one.
    """
    found = []
    for key in SCHEDULE_KEYS:
        cfg = section.get(key)
        is_off = key in OFF_WHEN_NEGATIVE and isinstance(cfg, (int, float)) and cfg < 0
        if key in section and not is_off and (cfg is not None or key != "clip_range_vf"):
            found.append(FoundSchedule((key,), cfg, total_timesteps))
    for path, entry in callbacks_of(section):
        for name, keywords in entry.items() if isinstance(entry, Mapping) else ():
            # The Zoo imports a callback by its dotted path; the last word is the class.
            if str(name).rpartition(".")[2] == CALLBACK and isinstance(keywords, Mapping):
                schedules = keywords.get("schedules")
                total = stated_length(keywords) or total_timesteps
                if isinstance(schedules, Mapping):
                    at = (*path, name, "schedules")
                    found += [FoundSchedule((*at, key), cfg, total) for key, cfg in schedules.items()]
    return found


def callbacks_of(section: Mapping[Any, Any]) -> Iterator[tuple[Keys, Any]]:
    """Yield the path and the value of each entry under ``callback``, which has one callback or a list."""
    value = section.get("callback")
    if isinstance(value, list):
        yield from ((("callback", index), entry) for index, entry in enumerate(value))
    elif value is not None:
        yield ("callback",), value


def _has_type(value: Mapping[Any, Any]) -> bool:
    return "type" in value or "controller" in value


def _names_type(value: Mapping[Any, Any]) -> bool:
    """Tell whether a mapping names a registered type of schedule or controller."""
    name, controller = value.get("type"), value.get("controller")
    return (isinstance(name, str) and name in registry) or (isinstance(controller, str) and controller in kinds)


def stated_length(section: Mapping[Any, Any]) -> float | None:
    """Return the length of the run in a section or a callback, or None if it has none."""
    for key in ("n_timesteps", "run_timesteps", "total_timesteps"):
        # The Zoo or ScheduleCallback reports a value that is not a length.
        with suppress(ScheduleConfigError):
            return read_number(PositiveNumber, section.get(key), key)
    return None
