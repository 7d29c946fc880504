"""Hyperparameters in the format of the RL Zoo: find their schedules, check them, and create them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lr_schedule.config.yaml_files import Document, read_yaml
from lr_schedule.control import Controller
from lr_schedule.errors import Keys, Problems, ScheduleConfigError, under
from lr_schedule.steps import length_given
from lr_schedule.zoo.checks import refuse_mistakes
from lr_schedule.zoo.expressions import read_expressions
from lr_schedule.zoo.keys import ZOO_KEYS
from lr_schedule.zoo.sections import (
    FoundSchedule,
    find_schedules_in_section,
    find_section,
    stated_length,
)

if TYPE_CHECKING:
    from lr_schedule.sb3.preview import Preview

FOR_CALLBACK = ("metric", "sign", "range")
"""Keys that a target of a ScheduleCallback may have besides those of its schedule or controller."""

NEEDS_FEEDING = (
    "a controller needs a metric while a model trains; give it to lr_schedule.sb3.ScheduleCallback, for example under "
    "callback, or train with python -m lr_schedule.zoo train, which adds the callback"
)


class Hyperparams(NamedTuple):
    """One section of a hyperparameter file: the arguments of the algorithm, and the other keys.

    `load_hyperparams` returns it. Use it as a pair ``model, zoo``, or by its attributes.

    Attributes:
        model: Keyword arguments of the algorithm, as in ``PPO(env=env, **model)``. Schedules are `BaseLRSchedule`
            objects.
        zoo: The other keys, which the Zoo itself uses: ``n_timesteps``, ``n_envs``, ``normalize``, ``callback`` and so
            on.

    Example:
        >>> load_hyperparams({"n_envs": 8, "n_steps": 32, "learning_rate": 3e-4})
        Hyperparams(model={'n_steps': 32, 'learning_rate': 0.0003}, zoo={'n_envs': 8})
    """

    model: dict[str, Any]
    zoo: dict[str, Any]


def load_hyperparams(
    source: str | os.PathLike[str] | Mapping[str, Any],
    env_id: str | None = None,
    run_timesteps: float | None = None,
    *,
    total_timesteps: float | None = None,
) -> Hyperparams:
    """Read hyperparameters in the format of the RL Zoo, with schedules as callable objects.

    Use it to train from a Zoo file without the Zoo. It creates schedules from mappings, lists of phases and strings
    such as ``cosine_3e-4`` at ``learning_rate``, ``clip_range``, ``clip_range_vf``, ``delta_std`` and
    ``qf_learning_rate``, and in a ScheduleCallback under ``callback``. Numbers stay numbers.

    Args:
        source: A YAML file, or a mapping, for example from OmegaConf. It has one section for each environment, or the
            hyperparameters themselves, as in the ``config.yml`` that the Zoo saves. It is not changed.
        env_id: Name of the section. If it does not exist, ``atari`` or ``default`` is used. You can omit it if there
            is only one section.
        run_timesteps: Length of the run, for keys that end in ``_steps``. Must be above 0. The default is
            ``n_timesteps`` of the section.
        total_timesteps: Another name for `run_timesteps`.

    Returns:
        The keyword arguments of the algorithm, and the other keys.

    Raises:
        ScheduleConfigError: The file, the section or a schedule is wrong. Each problem has its line.

    Example:
        >>> model, zoo = load_hyperparams({"n_timesteps": 1e5, "policy": "MlpPolicy", "learning_rate": "lin_3e-4"})
        >>> model["learning_rate"](0.5), zoo
        (0.00015, {'n_timesteps': 100000.0})
    """
    _, length = length_given(run_timesteps, total_timesteps)
    if isinstance(source, Mapping):
        try:
            document = Document("", _copy(source), None)
        except RecursionError:
            raise ScheduleConfigError.at((), "...", "nested too deeply, or contains itself") from None
    else:
        document = read_yaml(os.fspath(source))
    # A mapping has no lines for the messages, but the same paths.
    placed = document.located if document.file else under
    with placed():
        path = find_section(document.data, env_id)
    with placed(*path):
        return _read_section(document.data[path[0]] if path else document.data, length)


def _read_section(section: Mapping[str, Any], total_timesteps: float | None) -> Hyperparams:
    """Return the section with its schedules created; those of a callback are put into its lists and mappings."""
    made = dict(section)
    total = stated_length(section) if total_timesteps is None else total_timesteps
    problems = Problems()
    with problems.gathered():
        refuse_mistakes(section)
    for found in find_schedules_in_section(section, total):
        with problems.gathered():
            _put(made, found.path, _read_schedule(found))
    problems.raise_any()
    made.update(read_expressions(section))
    # YAML has no tuples, and SB3 accepts (4, "step") only as a tuple. The Zoo does the same.
    if isinstance(made.get("train_freq"), list):
        made["train_freq"] = tuple(made["train_freq"])
    if total_timesteps is not None:
        made["n_timesteps"] = total_timesteps
    zoo = {key: value for key, value in made.items() if key in ZOO_KEYS}
    return Hyperparams({key: value for key, value in made.items() if key not in ZOO_KEYS}, zoo)


def _copy(value: Any) -> Any:
    """Return containers of any type as new dicts and lists with the same objects."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, tuple)):
        return [_copy(item) for item in value]
    return value


def _read_schedule(found: FoundSchedule) -> Any:
    # A schedule is created even for a number, to check it, but the number is returned.
    made = found.create()
    if isinstance(made, Controller) and len(found.path) == 1:
        raise ScheduleConfigError.at(found.path[0], found.cfg, NEEDS_FEEDING)
    beside = {key: found.cfg[key] for key in FOR_CALLBACK if isinstance(found.cfg, Mapping) and key in found.cfg}
    if isinstance(made, Controller) or beside:
        # A ScheduleCallback creates it again, from fields in fractions instead of keys in steps.
        return {**made.written_fields(), **beside}
    return found.cfg if isinstance(found.cfg, (int, float)) else made


def _put(data: Any, path: Keys, value: Any) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value


def preview_section(
    model: Mapping[str, Any],
    zoo: Mapping[str, Any],
    algo: type[Any],
    scheduled: Mapping[str, Any] | None = None,
    **others: Any,
) -> Preview:
    """Return the preview of a run with the hyperparameters of one section.

    Args:
        model: The arguments of the algorithm, from `load_hyperparams`.
        zoo: The other keys, from `load_hyperparams`, with ``n_timesteps``.
        algo: Class of the algorithm.
        scheduled: Schedules by target, besides those of the section.
        others: Other arguments of `lr_schedule.sb3.preview`.
    """
    from lr_schedule.sb3 import preview

    # The last key of each schedule is the name of its target, both in a section and in a callback.
    found = {str(found.path[-1]): found.cfg for found in find_schedules_in_section({**model, **zoo})}
    schedules = {**found, **(scheduled or {})}
    arguments = {key: value for key, value in model.items() if key not in {*schedules, "policy"}}
    return preview(schedules, algo, int(zoo["n_timesteps"]), n_envs=zoo.get("n_envs", 1), **arguments, **others)
