"""The places in a model for the values of a target; each function raises an error if the model cannot use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.sb3 import algorithms
from lr_schedule.sb3.algorithms import ENTROPY, SBX_PPO
from lr_schedule.sb3.places import AttributePlace, LearnedAlphaPlace, Place, SchedulePlace

FindPlaces = Callable[[Any], list[Place]]


def attribute(name: str, make: Callable[[Any], Any] = float) -> FindPlaces:
    """Return a function that finds a plain attribute of the model."""
    return lambda model: [AttributePlace(model, name, make)]


def schedule(name: str) -> FindPlaces:
    """Return a function that finds an attribute with a schedule of the model."""
    return lambda model: [SchedulePlace(model, name)]


def learning_rate(model: Any) -> list[Place]:
    """Find the schedule of the learning rate of all optimizers."""
    if algorithms.name_of(type(model)) in SBX_PPO and model.target_kl is not None:
        _refuse("learning_rate", model, "with target_kl set, SBX PPO chooses its learning rate itself")
    return [SchedulePlace(model, "lr_schedule")]


def clip_range(model: Any) -> list[Place]:
    """Find the schedule of the clip range, which has another name in SBX."""
    name = "clip_range_schedule" if algorithms.name_of(type(model)) in SBX_PPO else "clip_range"
    return [SchedulePlace(model, name)]


def ent_coef(model: Any) -> list[Place]:
    """Find the entropy coefficient: a number, or the tensor that SAC makes from it."""
    if algorithms.name_of(type(model)) not in ENTROPY:
        return [AttributePlace(model, "ent_coef")]
    if model.ent_coef_optimizer is not None:
        message = (
            "is learned (ent_coef='auto'); make the model with a number, or pass override_auto=True to ScheduleCallback"
        )
        _refuse("ent_coef", model, message)
    # A fixed coefficient is a tensor in SAC, on the model's device.
    like = model.ent_coef_tensor
    return [AttributePlace(model, "ent_coef_tensor", partial(torch.full_like, like))]


def learned_ent_coef(model: Any) -> list[Place]:
    """Find the entropy coefficient, also one that the model learns."""
    if getattr(model, "ent_coef_optimizer", None) is None:
        return ent_coef(model)
    return [LearnedAlphaPlace(model)]


def target_entropy(model: Any, make: Callable[[Any], Any] = float) -> list[Place]:
    """Find the target entropy, which has an effect only if the entropy coefficient is learned."""
    initial = getattr(model, "ent_coef_init", model.ent_coef)
    if not isinstance(initial, str):
        _refuse("target_entropy", model, "has no effect with a fixed ent_coef; make the model with ent_coef='auto'")
    return [AttributePlace(model, "target_entropy", make)]


def gamma(model: Any) -> list[Place]:
    """Find every copy of gamma."""
    owners = [model, getattr(model, "rollout_buffer", None), getattr(model, "replay_buffer", None), *_wrappers(model)]
    # Each of them has a copy of the number that the model was made with.
    return [AttributePlace(owner, "gamma") for owner in owners if hasattr(owner, "gamma")]


def _wrappers(model: Any) -> Iterator[VecNormalize]:
    # From the outermost wrapper inwards; VecNormalize may be at any level.
    env = model.get_env()
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecNormalize):
            yield env
        env = env.venv


def gae_lambda(model: Any) -> list[Place]:
    """Find both copies of gae_lambda."""
    return [AttributePlace(owner, "gae_lambda") for owner in (model, model.rollout_buffer)]


def noise(model: Any) -> list[Place]:
    """Find the standard deviation of every action noise."""
    noise = model.action_noise
    if noise is None:
        _refuse(
            "action_noise.sigma", model, "the model has no action_noise; make it with NormalActionNoise(mean, sigma)"
        )
    # With several environments, SB3 has a noise for each, and the one from which they are copied.
    noises = [getattr(noise, "base_noise", noise), *getattr(noise, "noises", [])]
    if not all(hasattr(item, "_sigma") for item in noises):
        _refuse("action_noise.sigma", model, f"{type(noises[0]).__name__} has no sigma")
    return [AttributePlace(item, "_sigma", partial(_like, item._sigma)) for item in noises]


def _like(sigma: Any, value: float) -> Any:
    return np.full(np.shape(sigma), value) if np.ndim(sigma) else float(value)


def exploration_rate(model: Any) -> list[Place]:
    """Find epsilon, and the schedule that overwrites it."""
    # Both, because actions depend on the rate, and SB3 overwrites it with the value of the schedule after each step.
    return [
        SchedulePlace(model, "exploration_schedule"),
        AttributePlace(model, "exploration_rate", keep=True),
    ]


def _refuse(name: str, model: Any, message: str) -> None:
    raise ScheduleConfigError.at((name,), type(model).__name__, message)
