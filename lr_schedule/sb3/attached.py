"""Schedules that stay with a model, whoever calls its `learn`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from stable_baselines3.common.callbacks import BaseCallback, ConvertCallback

from lr_schedule.errors import Problems
from lr_schedule.sb3 import algorithms, lookup, own_class
from lr_schedule.sb3.callback import ScheduleCallback

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

Model = TypeVar("Model", bound="BaseAlgorithm")

HOOK = "_init_callback"
"""The method of SB3 with which `learn` turns its argument `callback`, which may be a list, into one callback."""


def schedule_hyperparameters(
    model: Model, schedules: Mapping[str, Any], run_timesteps: int | None = None, **options: Any
) -> Model:
    """Let hyperparameters of a model follow schedules and controllers in every `learn`, whoever calls it.

    Use it if another library calls `learn` (imitation learning, tuning, your own wrapper) and you cannot pass a
    callback. It adds a `ScheduleCallback` to each `learn`.

    Args:
        model: A model of Stable-Baselines3, sb3-contrib or SBX. Its saves, pickles and copies do not contain the
            schedules, so call this function again for a model that you load.
        schedules: The schedule or controller of each target, as in `ScheduleCallback`. They replace those of an
            earlier call. An empty mapping removes them.
        run_timesteps: Length of the whole run in timesteps, at least 1. By default, each `learn` is a separate run.
        **options: Other arguments of `ScheduleCallback`; ``total_timesteps`` is another name for `run_timesteps`.

    Returns:
        The model itself.

    Raises:
        ScheduleConfigError: A config is wrong, or the algorithm has no such target. Checks that need the length of the
            run are made when `learn` starts.

    Example:
        >>> from stable_baselines3 import PPO
        >>> model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, device="cpu")
        >>> model = schedule_hyperparameters(model, {"ent_coef": {"type": "linear", "initial_value": 0.01}})
        >>> seen = []
        >>> model = model.learn(128, callback=lambda *_: seen.append(model.ent_coef) is None)
        >>> seen[0], seen[-1]
        (0.01, 0.005)
    """
    problems, algorithm = Problems(), algorithms.name_of(type(model))
    # Before the callback checks the names, because with the model the error can list its targets.
    for name in schedules if isinstance(schedules, Mapping) else ():
        with problems.gathered():
            lookup.find(name, algorithm, model)
    problems.raise_any()
    callback = ScheduleCallback(schedules, run_timesteps, **options)
    own_class.change_back(model, HOOK)
    if schedules:
        hook = partial(_with_callback, getattr(model, HOOK), callback)
        own_class.change(model, **{HOOK: own_class.Shown(hook)})
    return model


def _with_callback(init: Any, added: BaseCallback, callback: Any = None, *args: Any, **kwargs: Any) -> BaseCallback:
    """Make the callback of a `learn`, with one added at the end, where it sees what the others log."""
    given = callback if isinstance(callback, list) else [] if callback is None else [callback]
    converted = [one if isinstance(one, BaseCallback) else ConvertCallback(one) for one in given]
    initialised: BaseCallback = init([*converted, added], *args, **kwargs)
    return initialised
