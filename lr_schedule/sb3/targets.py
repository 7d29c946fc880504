"""What may follow a schedule: for each target its algorithms, its range, and where its value goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from lr_schedule.control.ranges import ANY, AT_LEAST_1, FRACTION, NOT_NEGATIVE, POSITIVE, Range, nearest_whole
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.sb3 import algorithms, environments, rates
from lr_schedule.sb3.algorithms import DETERMINISTIC, ENTROPY, ON_POLICY, PPO, Q_LEARNING, SBX_ENTROPY, SBX_PPO
from lr_schedule.sb3.names import OTHER_NAMES, hint
from lr_schedule.sb3.places import AttributePlace, LearnedAlphaPlace, Place, SchedulePlace

FindPlaces = Callable[[Any], list[Place]]


@dataclass(frozen=True)
class Target:
    """One thing that may follow a schedule.

    Args:
        name: Its name in ``schedules`` and, after ``schedule/``, in the log.
        algorithms: The algorithms that have it.
        allowed: The values that it accepts.
        find_places: Returns where its value goes in a model; raises where this very model cannot use it.
        every_step: Whether it is set after each environment step (else: after each rollout).
        whole: Whether values are rounded to whole numbers.
        read_while_collecting: The algorithms that use the value while they collect; an update then works with the value
            of the moment at which its rollout began.
        own: Whether the model keeps a schedule of its own for it.
        largest: Returns the largest value for a model, where that depends on the model.
    """

    name: str
    algorithms: tuple[str, ...]
    allowed: Range
    find_places: FindPlaces
    every_step: bool = False
    whole: bool = False
    read_while_collecting: tuple[str, ...] = ()
    own: bool = False
    largest: Callable[[Any], float] | None = None

    def range_for(self, model: Any) -> Range:
        """Return the values that the target accepts in a model."""
        return self.allowed if self.largest is None else self.allowed.up_to(self.largest(model))

    @property
    def own_range(self) -> Range:
        """The values that a model accepts when it is made: a schedule that it keeps itself may reach 0."""
        return NOT_NEGATIVE if self.own else self.allowed

    def convert(self, value: Any) -> float | int:
        """Return a schedule's value as the plain number that the algorithm is to use."""
        number = float(value)
        return nearest_whole(number) if self.whole and math.isfinite(number) else number


def _attribute(name: str, make: Callable[[Any], Any] = float) -> FindPlaces:
    return lambda model: [AttributePlace(model, name, make)]


def _schedule(name: str) -> FindPlaces:
    return lambda model: [SchedulePlace(model, name)]


def _learning_rate(model: Any) -> list[Place]:
    if algorithms.name_of(type(model)) in SBX_PPO and model.target_kl is not None:
        _refuse("learning_rate", model, "with target_kl set, SBX PPO chooses its learning rate itself")
    return [SchedulePlace(model, "lr_schedule")]


def _clip_range(model: Any) -> list[Place]:
    name = "clip_range_schedule" if algorithms.name_of(type(model)) in SBX_PPO else "clip_range"
    return [SchedulePlace(model, name)]


def _ent_coef(model: Any) -> list[Place]:
    if algorithms.name_of(type(model)) not in ENTROPY:
        return [AttributePlace(model, "ent_coef")]
    if model.ent_coef_optimizer is not None:
        message = (
            "is learned (ent_coef='auto'); make the model with a number, or give ScheduleCallback override_auto=True"
        )
        _refuse("ent_coef", model, message)
    # A fixed coefficient is a tensor in SAC, on the model's device.
    like = model.ent_coef_tensor
    return [AttributePlace(model, "ent_coef_tensor", partial(torch.full_like, like))]


def _learned_ent_coef(model: Any) -> list[Place]:
    if getattr(model, "ent_coef_optimizer", None) is None:
        return _ent_coef(model)
    return [LearnedAlphaPlace(model)]


def _target_entropy(model: Any, make: Callable[[Any], Any] = float) -> list[Place]:
    initial = getattr(model, "ent_coef_init", model.ent_coef)
    if not isinstance(initial, str):
        _refuse("target_entropy", model, "has no effect with a fixed ent_coef; make the model with ent_coef='auto'")
    return [AttributePlace(model, "target_entropy", make)]


def _gamma(model: Any) -> list[Place]:
    owners = [model, getattr(model, "rollout_buffer", None), getattr(model, "replay_buffer", None), *_wrappers(model)]
    # Each of them keeps a copy of the number that the model was made with.
    return [AttributePlace(owner, "gamma") for owner in owners if hasattr(owner, "gamma")]


def _wrappers(model: Any) -> Iterator[VecNormalize]:
    # From the outermost wrapper inwards; VecNormalize may stand anywhere among them.
    env = model.get_env()
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecNormalize):
            yield env
        env = env.venv


def _gae_lambda(model: Any) -> list[Place]:
    return [AttributePlace(owner, "gae_lambda") for owner in (model, model.rollout_buffer)]


def _noise(model: Any) -> list[Place]:
    noise = model.action_noise
    if noise is None:
        _refuse(
            "action_noise.sigma", model, "the model has no action_noise; make it with NormalActionNoise(mean, sigma)"
        )
    # With several environments SB3 keeps a noise for each beside the one that it copies them from.
    noises = [getattr(noise, "base_noise", noise), *getattr(noise, "noises", [])]
    if not all(hasattr(item, "_sigma") for item in noises):
        _refuse("action_noise.sigma", model, f"{type(noises[0]).__name__} has no sigma")
    return [AttributePlace(item, "_sigma", partial(_like, item._sigma)) for item in noises]


def _like(sigma: Any, value: float) -> Any:
    return np.full(np.shape(sigma), value) if np.ndim(sigma) else float(value)


def _exploration_rate(model: Any) -> list[Place]:
    # Both: the rate is what acts, and SB3 overwrites it with what the schedule gives after each step.
    return [
        SchedulePlace(model, "exploration_schedule"),
        AttributePlace(model, "exploration_rate", keep=True),
    ]


def _refuse(name: str, model: Any, message: str) -> None:
    raise ScheduleConfigError.at((name,), type(model).__name__, message)


_OFF_POLICY = (*Q_LEARNING, *DETERMINISTIC, *ENTROPY)
_WITH_LOSSES = (*PPO, "A2C", *SBX_PPO)
_ROLLOUTS = (*ON_POLICY, *SBX_PPO)

TARGETS = {
    target.name: target
    for target in (
        Target(
            "learning_rate",
            (*algorithms.SB3, *SBX_PPO, *SBX_ENTROPY),
            NOT_NEGATIVE,
            _learning_rate,
            read_while_collecting=("ARS",),
            own=True,
        ),
        Target("clip_range", (*PPO, *SBX_PPO), POSITIVE, _clip_range, own=True),
        Target("clip_range_vf", PPO, POSITIVE, _schedule("clip_range_vf"), own=True),
        Target("ent_coef", (*_WITH_LOSSES, *ENTROPY), NOT_NEGATIVE, _ent_coef),
        Target("vf_coef", _WITH_LOSSES, NOT_NEGATIVE, _attribute("vf_coef")),
        Target("max_grad_norm", (*PPO, "A2C", *Q_LEARNING), POSITIVE, _attribute("max_grad_norm")),
        Target("target_kl", (*PPO, "TRPO"), POSITIVE, _attribute("target_kl")),
        Target("n_epochs", (*PPO, *SBX_PPO), AT_LEAST_1, _attribute("n_epochs", int), whole=True),
        Target("batch_size", (*PPO, "TRPO", *_OFF_POLICY), AT_LEAST_1, _attribute("batch_size", int), whole=True),
        Target("gradient_steps", _OFF_POLICY, NOT_NEGATIVE, _attribute("gradient_steps", int), whole=True),
        Target("cg_damping", ("TRPO",), NOT_NEGATIVE, _attribute("cg_damping")),
        Target("gamma", (*_ROLLOUTS, *_OFF_POLICY, *SBX_ENTROPY), FRACTION, _gamma, read_while_collecting=_ROLLOUTS),
        Target("gae_lambda", _ROLLOUTS, FRACTION, _gae_lambda, read_while_collecting=_ROLLOUTS),
        Target(
            "tau",
            (*Q_LEARNING, *DETERMINISTIC, "SAC", "TQC", *SBX_ENTROPY),
            FRACTION,
            _attribute("tau"),
            read_while_collecting=Q_LEARNING,
        ),
        Target("target_entropy", (*ENTROPY, *SBX_ENTROPY), ANY, _target_entropy),
        Target(
            "target_entropy_magnitude",
            (*ENTROPY, *SBX_ENTROPY),
            NOT_NEGATIVE,
            partial(_target_entropy, make=lambda magnitude: -float(magnitude)),
        ),
        Target("target_policy_noise", DETERMINISTIC, NOT_NEGATIVE, _attribute("target_policy_noise")),
        Target("target_noise_clip", DETERMINISTIC, NOT_NEGATIVE, _attribute("target_noise_clip")),
        Target(
            "action_noise.sigma",
            (*DETERMINISTIC, *ENTROPY),
            NOT_NEGATIVE,
            _noise,
            read_while_collecting=(*DETERMINISTIC, *ENTROPY),
        ),
        Target(
            "exploration_rate",
            Q_LEARNING,
            FRACTION,
            _exploration_rate,
            every_step=True,
            read_while_collecting=Q_LEARNING,
            own=True,
        ),
        Target(
            "delta_std",
            ("ARS",),
            POSITIVE,
            _schedule("delta_std_schedule"),
            read_while_collecting=("ARS",),
            own=True,
        ),
        Target(
            "top_quantiles_to_drop_per_net",
            ("TQC",),
            NOT_NEGATIVE,
            _attribute("top_quantiles_to_drop_per_net", int),
            whole=True,
            # One quantile at least has to be left over.
            largest=lambda model: model.critic.n_quantiles - 1,
        ),
    )
}

TARGET_WITH_LEARNED_ALPHA = Target("ent_coef", ENTROPY, POSITIVE, _learned_ent_coef)
"""The ent_coef target where a learned coefficient is to be overridden."""


def targets_of(algorithm: str) -> list[str]:
    """Return the names of the targets of an algorithm, those of parts of the model left out."""
    return [name for name, target in TARGETS.items() if algorithm in target.algorithms]


def require_known(name: Any) -> None:
    """Raise ScheduleConfigError where no algorithm has a target called `name`."""
    if name not in TARGETS and not str(name).endswith(rates.SUFFIX) and not _is_of_environments(name):
        others = f"<part>{rates.SUFFIX}, {environments.PREFIX}<attribute>, {environments.PREFIX}<method>()"
        message = f"unknown target{hint(name, TARGETS)} Allowed: {', '.join(TARGETS)}, {others}"
        raise ScheduleConfigError.at((str(name),), name, message)


def find(name: Any, algorithm: str, model: Any = None) -> Target:
    """Return the target called `name`, or raise the error that lists what `algorithm` has.

    Args:
        name: Name of a target, ``<part>.learning_rate``, or one of the environments.
        algorithm: Name of the algorithm.
        model: The model, whose parts the error then lists too.
    """
    if name in TARGETS and algorithm in TARGETS[name].algorithms:
        return TARGETS[name]
    parts = [part + rates.SUFFIX for part in rates.parts_of(model)] if model is not None else []
    if isinstance(name, str) and name.endswith(rates.SUFFIX) and algorithm not in ("ARS", *algorithms.SBX):
        return Target(name, (algorithm,), NOT_NEGATIVE, lambda model: [rates.rate_place(model, name)])
    if _is_of_environments(name):
        places: FindPlaces = lambda model: [environments.find_place(model, name)]  # noqa: E731
        return Target(name, (algorithm,), ANY, places, read_while_collecting=(algorithm,))
    if name == "learning_rate" and algorithm in algorithms.SBX_FIXED_RATE:
        message = f"{algorithm} builds its optimizers with lr_schedule(1) and never changes the learning rate"
        raise ScheduleConfigError.at((name,), name, message)
    known = targets_of(algorithm) + parts
    allowed = f"Allowed for {algorithm}: {', '.join(known)}"
    nothing = f"No schedule can set anything of {algorithm}"
    message = f"{_problem_with(name, algorithm, known, model)} {allowed if known else nothing}"
    raise ScheduleConfigError.at((str(name),), name, message)


def _is_of_environments(name: Any) -> bool:
    return isinstance(name, str) and name.startswith(environments.PREFIX)


def _problem_with(name: Any, algorithm: str, known: list[str], model: Any) -> str:
    if name in TARGETS:
        return f"{algorithm} has no such target."
    cls = algorithms.find(algorithm) if model is None else type(model)
    if name not in OTHER_NAMES and name in algorithms.parameters_of(cls):
        return f"{algorithm} keeps the one that it is made with; no schedule can set it."
    return f"unknown target{hint(name, known)}"
