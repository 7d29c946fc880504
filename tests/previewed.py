"""The warnings that `preview` has for the runs which a piece of code trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, EventCallback

from lr_schedule import BaseLRSchedule
from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.algorithms import parameters_of

TAKEN = ("learning_rate", "clip_range", "clip_range_vf")
"""What Stable-Baselines3 itself takes a schedule for."""

COUNTED = ("n_steps", "learning_starts", "train_freq", "n_delta", "n_eval_episodes", "target_kl", "policy_kwargs")
"""What decides when a model updates, and under which name `preview` takes it."""


@contextmanager
def previewed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return a context that gathers, at each `learn` of a new run within it, what `preview` warns of."""
    found: list[str] = []
    setup = BaseAlgorithm._setup_learn

    def watched(model: Any, total_timesteps: int, callback: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = setup(model, total_timesteps, callback, *args, **kwargs)
        if model.num_timesteps == 0:
            found.extend(warnings_of(model, int(result[0]), callback))
        return result

    with monkeypatch.context() as patched:
        patched.setattr(BaseAlgorithm, "_setup_learn", watched)
        yield found


def warnings_of(model: Any, total_timesteps: int, callback: Any) -> list[str]:
    """Return what `preview` warns of where a model learns for so long."""
    known = parameters_of(type(model))
    settings = {name: getattr(model, name) for name in COUNTED if name in known and hasattr(model, name)}
    schedules = {name: _unwrapped(getattr(model, name, None)) for name in TAKEN}
    schedules = {name: schedule for name, schedule in schedules.items() if isinstance(schedule, BaseLRSchedule)}
    for one in _flat(callback):
        if isinstance(one, ScheduleCallback):
            schedules |= one.schedules
            total_timesteps = int(one.run_timesteps or total_timesteps)
    if not schedules:
        return []
    return list(preview(schedules, type(model), total_timesteps, model.n_envs, **settings).warnings)


def _unwrapped(value: Any) -> Any:
    return getattr(value, "value_schedule", value)


def _flat(callback: Any) -> Iterator[Any]:
    if isinstance(callback, (list, tuple)):
        for one in callback:
            yield from _flat(one)
    elif isinstance(callback, CallbackList):
        yield from _flat(callback.callbacks)
    elif isinstance(callback, BaseCallback):
        yield callback
        if isinstance(callback, EventCallback):
            yield from _flat(callback.callback)
