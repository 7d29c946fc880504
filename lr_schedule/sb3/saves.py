"""Saved models: read their schedules without running code, and load them without this package.

SB3 saves an object as a pickle, and its attributes as plain text. This module reads only the plain text.
"""

from __future__ import annotations

import ast
import io
import json
import os
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.utils import FloatSchedule, LinearSchedule

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.kinds.decay import LinearLRSchedule
from lr_schedule.sb3.config_checks import as_schedules
from lr_schedule.sb3.controlled import STATES

ATTRIBUTES = {
    "learning_rate": ("learning_rate", "lr_schedule"),
    "clip_range": ("clip_range", "clip_range_schedule"),
    "clip_range_vf": ("clip_range_vf",),
    "delta_std": ("delta_std_schedule",),
    "exploration_rate": ("exploration_schedule",),
}
"""The attributes of a saved model with its schedules, by target; SB3 and SBX differ for the clip range."""

SB3_SCHEDULES = {
    "ConstantSchedule": ("constant", {"val": "initial_value"}),
    "LinearSchedule": ("linear", {"start": "initial_value", "end": "final_value", "end_fraction": "end_fraction"}),
}
"""The type and the keys for each schedule class of SB3."""

GRID = 1000
"""Number of intervals between the first sampled points of a portable schedule."""
FINEST = 1e-9
"""Shortest interval around a jump, as a fraction of the run."""
MOST_POINTS = 2_000_000
"""Largest number of points; a schedule that needs more, such as noise, cannot be approximated by lines."""
TOLERANCE = 1e-4
"""Largest distance of a line from the schedule in its middle, as a fraction of the largest value."""


def read_schedules(path: str | os.PathLike[str] | io.BufferedIOBase) -> dict[str, dict[str, Any] | None]:
    """Return the configs of all schedules in a saved model, without unpickling anything.

    Use it to see which schedules a model was trained with, and to use them for another model. It is safe for files from
    unknown sources, and works even if the model itself cannot be loaded.

    Args:
        path: A model zip from ``model.save`` (with or without ``.zip``), or an open binary file.

    Returns:
        The configs by target (``learning_rate``, ``clip_range``, ``clip_range_vf``, ``delta_std``,
        ``exploration_rate``), for the targets of the model. Numbers are constant schedules. The config is None if the
        schedule cannot be read without running it: a Python function, or a type that is not registered here.

    Raises:
        ScheduleConfigError: The file is not a model zip.
        FileNotFoundError: There is no such file.

    Example:
        >>> from stable_baselines3 import PPO
        >>> from lr_schedule import LinearLRSchedule
        >>> PPO("MlpPolicy", "CartPole-v1", learning_rate=LinearLRSchedule(0.001), device="cpu").save("model.zip")
        >>> read_schedules("model.zip")["learning_rate"]
        {'type': 'linear', 'initial_value': 0.001, 'final_value': 0.0}
    """
    data = _read_data(path)
    found: dict[str, dict[str, Any] | None] = {}
    for target, attributes in ATTRIBUTES.items():
        stored = [data[name] for name in attributes if data.get(name) is not None]
        if stored:
            found[target] = next((cfg for cfg in map(_as_config, stored) if cfg is not None), None)
    return found


def read_controllers(path: str | os.PathLike[str] | io.BufferedIOBase) -> dict[str, dict[str, Any]]:
    """Return the states of all controllers in a saved model, without unpickling anything.

    Use it to see the scale of each controller when the model was saved.

    Args:
        path: A model zip (see `read_schedules`).

    Returns:
        By target: the type of the ``controller``, its ``metric``, its ``scale``, and the rest of its state. The mapping
        is empty if the model was trained without controllers.

    Raises:
        ScheduleConfigError: The file is not a model zip.
        FileNotFoundError: There is no such file.

    Example:
        >>> from stable_baselines3 import PPO
        >>> from lr_schedule.sb3 import ScheduleCallback
        >>> callback = ScheduleCallback({"learning_rate": {"controller": "kl", "schedule": 3e-4}})
        >>> PPO("MlpPolicy", "CartPole-v1", n_steps=64, device="cpu").learn(64, callback).save("model.zip")
        >>> read_controllers("model.zip")["learning_rate"]["metric"]
        'train/approx_kl'
    """
    found = _read_data(path).get(STATES)
    if not isinstance(found, Mapping):
        return {}
    return {str(name): dict(state) for name, state in found.items() if isinstance(state, Mapping)}


def portable_custom_objects(path_or_schedules: Any) -> dict[str, Any]:
    """Return the ``custom_objects`` with which a model loads without lr_schedule.

    Use it once to convert a model to one that needs only SB3:
    ``PPO.load(path, custom_objects=portable_custom_objects(path)).save(portable_path)``.

    Args:
        path_or_schedules: A model zip (see `read_schedules`), a mapping from targets to configs or schedules, or one
            config or schedule of the learning rate.

    Returns:
        The replacement for each attribute of the model with a schedule of this package: a number for a constant, the
        ``LinearSchedule`` of SB3 for a line, and otherwise lines through sampled points
        (``functools.partial(numpy.interp, ...)``). The lines differ from the schedule by at most 0.01 % of its largest
        value, except within 1e-9 of the run around a jump.

    Raises:
        ScheduleConfigError: The file is not a model zip, or has a schedule that cannot be read.
        FileNotFoundError: There is no such file.

    Example:
        >>> portable_custom_objects({"type": "linear", "initial_value": 0.001})["learning_rate"]
        LinearSchedule(start=0.001, end=0.0, end_fraction=1.0)
    """
    if isinstance(path_or_schedules, (str, os.PathLike, io.IOBase)):
        return _portable_from_zip(path_or_schedules)
    objects: dict[str, Any] = {}
    for target, cfg in as_schedules(path_or_schedules).items():
        if target not in ATTRIBUTES:
            message = f"no model is saved with a schedule for it. Allowed: {', '.join(ATTRIBUTES)}"
            raise ScheduleConfigError.at((str(target),), target, message)
        portable = portable_schedule(BaseLRSchedule.create(cfg))
        objects.update({name: _for_attribute(name, portable) for name in ATTRIBUTES[target]})
    return objects


def _portable_from_zip(path: Any) -> dict[str, Any]:
    data = _read_data(path)
    objects: dict[str, Any] = {}
    for attributes in ATTRIBUTES.values():
        for name in attributes:
            stored = data.get(name)
            if not isinstance(stored, Mapping) or _class_and_fields(stored)[0] in SB3_SCHEDULES:
                continue
            cfg = _as_config(stored)
            if cfg is None:
                message = "cannot be read without running it; pass the schedules instead of the file"
                raise ScheduleConfigError.at((name,), stored.get("value_schedule", stored.get(":type:")), message)
            objects[name] = _for_attribute(name, portable_schedule(BaseLRSchedule.create(cfg)))
    return objects


def portable_schedule(schedule: BaseLRSchedule) -> Any:
    """Return a number or a function of progress that equals `schedule` and does not need this package."""
    # A schedule made from a Python function has no config.
    cfg = schedule.to_config() if not hasattr(schedule, "function") else {}
    if cfg.keys() == {"type", "initial_value"} and schedule.type == "constant":
        return schedule.initial_value
    if type(schedule) is LinearLRSchedule and cfg.keys() <= {"type", "initial_value", "final_value", "end_fraction"}:
        return LinearSchedule(schedule.initial_value, schedule.final_value, schedule.end_fraction)
    points, values = _sample(schedule)
    return partial(np.interp, xp=points, fp=values)


def _for_attribute(name: str, portable: Any) -> Any:
    return portable if name == "learning_rate" else FloatSchedule(portable)


def _sample(schedule: BaseLRSchedule) -> tuple[list[float], list[float]]:
    """Return ascending points of progress and their values; the lines between them follow the schedule."""
    points = np.linspace(0.0, 1.0, GRID + 1)
    values = np.asarray(schedule(points))
    tolerance = TOLERANCE * float(values.max())
    # A line never fits a jump: each round halves the interval around it, down to FINEST, so the loop ends.
    while True:
        middles = (points[1:] + points[:-1]) / 2.0
        there = np.asarray(schedule(middles))
        missed = (abs(there - (values[1:] + values[:-1]) / 2.0) > tolerance) & (np.diff(points) > FINEST)
        if not missed.any():
            return points.tolist(), values.tolist()
        at = np.flatnonzero(missed)
        if len(points) + len(at) > MOST_POINTS:
            message = f"changes so often that {MOST_POINTS:,} points are not enough; pass another schedule"
            raise ScheduleConfigError.at((), schedule, message)
        points, values = np.insert(points, at + 1, middles[at]), np.insert(values, at + 1, there[at])


def _read_data(path: Any) -> dict[str, Any]:
    """Return the attributes that a model zip contains as plain text, without opening its pickles."""
    source = path
    # SB3 appends ".zip" to a name without it when it saves and when it loads.
    if isinstance(path, (str, os.PathLike)) and not Path(path).exists() and Path(f"{os.fspath(path)}.zip").exists():
        source = f"{os.fspath(path)}.zip"
    try:
        with zipfile.ZipFile(source) as archive:
            data = json.loads(archive.read("data"))
    except (zipfile.BadZipFile, KeyError, ValueError, IsADirectoryError) as error:
        message = f"is not a model zip from model.save() ({error})"
        raise ScheduleConfigError.at("path", str(path), message) from None
    if not isinstance(data, dict):
        raise ScheduleConfigError.at("path", str(path), "is not a model zip from model.save()")
    return data


def _as_config(stored: Any) -> dict[str, Any] | None:
    """Return the config of a saved attribute, or None if it cannot be read."""
    if isinstance(stored, (int, float)):
        name, fields = "ConstantSchedule", {"val": stored}
    elif isinstance(stored, Mapping):
        name, fields = _class_and_fields(stored)
    else:
        return None
    if name in SB3_SCHEDULES:
        type_name, keys = SB3_SCHEDULES[name]
        cfg = {"type": type_name, **{keys[key]: value for key, value in fields.items() if key in keys}}
    else:
        # By the name of the class only, because a class may move to another module after a model is saved.
        name = "BaseLRSchedule" if name == "ConstantLRSchedule" else name  # its name in repr()
        type_name = next((cls.type for cls in registry.values() if cls.__name__ == name), "")
        cfg = {"type": type_name, **{key: value for key, value in fields.items() if value is not None}}
    try:
        return BaseLRSchedule.create(cfg).to_config()
    except ScheduleConfigError:
        return None


def _class_and_fields(stored: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the class name and the fields of a saved schedule, without the wrapper of SB3."""
    if "value_schedule" in stored:
        # For the contents of a FloatSchedule, SB3 writes str(...), an expression. It is parsed, but never run.
        return _parse(str(stored["value_schedule"]))
    # SB3 writes str(type(value)) there: "<class 'package.module.Name'>".
    name = str(stored.get(":type:", "")).removeprefix("<class '").removesuffix("'>").rpartition(".")[2]
    return name, {key: value for key, value in stored.items() if not key.startswith(":")}


def _parse(text: str) -> tuple[str, dict[str, Any]]:
    """Return the class name and the keywords of an object that is written as a call with plain data."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            return "", {}
        return call.func.id, {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", {}
