"""The targets of schedules, each with its algorithms, its range, and the places of its value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from lr_schedule.control.ranges import ANY, AT_LEAST_1, FRACTION, NOT_NEGATIVE, POSITIVE, Range, nearest_whole
from lr_schedule.sb3 import algorithms, find_places
from lr_schedule.sb3.algorithms import (
    DETERMINISTIC,
    ENTROPY,
    ON_POLICY,
    PPO,
    Q_LEARNING,
    SBX_DETERMINISTIC,
    SBX_ENTROPY,
    SBX_OFF_POLICY,
    SBX_PPO,
    SBX_Q_LEARNING,
)
from lr_schedule.sb3.find_places import FindPlaces


@dataclass(frozen=True)
class Target:
    """A hyperparameter that can follow a schedule.

    Args:
        name: Its name in ``schedules`` and, after ``schedule/``, in the log.
        algorithms: The algorithms that have it.
        allowed: Its range.
        find_places: Returns the places of its value in a model; raises an error if the model cannot use it.
        every_step: Whether it is set after each environment step; otherwise, it is set after each rollout.
        whole: Whether values are rounded to whole numbers.
        read_while_collecting: The algorithms that use the value during the rollout; an update then uses the value from
            the start of its rollout.
        own: Whether the model itself has a schedule for it.
        largest: Returns the largest value for a model, if it depends on the model.
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
        """The range when a model is made: a schedule of the model itself may reach 0."""
        return NOT_NEGATIVE if self.own else self.allowed

    def convert(self, value: Any) -> float | int:
        """Return a value of the schedule as the plain number that the algorithm will use."""
        number = float(value)
        return nearest_whole(number) if self.whole and math.isfinite(number) else number


_OFF_POLICY = (*Q_LEARNING, *DETERMINISTIC, *ENTROPY, *SBX_OFF_POLICY)
_CONTINUOUS = (*DETERMINISTIC, *ENTROPY, *SBX_DETERMINISTIC, *SBX_ENTROPY)
_EPSILON_GREEDY = (*Q_LEARNING, *SBX_Q_LEARNING)
_SMOOTHED = (*DETERMINISTIC, *SBX_DETERMINISTIC)
_WITH_TARGET_NETWORKS = tuple(name for name in _OFF_POLICY if not name.endswith("CrossQ"))
_WITH_ENTROPY = (*ENTROPY, *SBX_ENTROPY)
_WITH_LOSSES = (*PPO, "A2C", *SBX_PPO)
_ROLLOUTS = (*ON_POLICY, *SBX_PPO)

TARGETS = {
    target.name: target
    for target in (
        Target(
            "learning_rate",
            (*algorithms.SB3, *algorithms.SBX_MOVING_RATE),
            NOT_NEGATIVE,
            find_places.learning_rate,
            read_while_collecting=("ARS",),
            own=True,
        ),
        Target("clip_range", (*PPO, *SBX_PPO), POSITIVE, find_places.clip_range, own=True),
        Target("clip_range_vf", PPO, POSITIVE, find_places.schedule("clip_range_vf"), own=True),
        Target("ent_coef", (*_WITH_LOSSES, *ENTROPY), NOT_NEGATIVE, find_places.ent_coef),
        Target("vf_coef", _WITH_LOSSES, NOT_NEGATIVE, find_places.attribute("vf_coef")),
        Target("max_grad_norm", (*PPO, "A2C", *Q_LEARNING), POSITIVE, find_places.attribute("max_grad_norm")),
        Target("target_kl", (*PPO, "TRPO"), POSITIVE, find_places.attribute("target_kl")),
        Target("n_epochs", (*PPO, *SBX_PPO), AT_LEAST_1, find_places.attribute("n_epochs", int), whole=True),
        Target(
            "batch_size",
            (*PPO, "TRPO", *SBX_PPO, *_OFF_POLICY),
            AT_LEAST_1,
            find_places.attribute("batch_size", int),
            whole=True,
        ),
        Target("gradient_steps", _OFF_POLICY, NOT_NEGATIVE, find_places.attribute("gradient_steps", int), whole=True),
        Target("cg_damping", ("TRPO",), NOT_NEGATIVE, find_places.attribute("cg_damping")),
        Target("gamma", (*_ROLLOUTS, *_OFF_POLICY), FRACTION, find_places.gamma, read_while_collecting=_ROLLOUTS),
        Target("gae_lambda", _ROLLOUTS, FRACTION, find_places.gae_lambda, read_while_collecting=_ROLLOUTS),
        Target(
            "tau",
            _WITH_TARGET_NETWORKS,
            FRACTION,
            find_places.attribute("tau"),
            read_while_collecting=_EPSILON_GREEDY,
        ),
        Target("target_entropy", _WITH_ENTROPY, ANY, find_places.target_entropy),
        Target(
            "target_entropy_magnitude",
            _WITH_ENTROPY,
            NOT_NEGATIVE,
            partial(find_places.target_entropy, make=lambda magnitude: -float(magnitude)),
        ),
        Target("target_policy_noise", _SMOOTHED, NOT_NEGATIVE, find_places.attribute("target_policy_noise")),
        Target("target_noise_clip", _SMOOTHED, NOT_NEGATIVE, find_places.attribute("target_noise_clip")),
        Target("action_noise.sigma", _CONTINUOUS, NOT_NEGATIVE, find_places.noise, read_while_collecting=_CONTINUOUS),
        Target(
            "exploration_rate",
            _EPSILON_GREEDY,
            FRACTION,
            find_places.exploration_rate,
            every_step=True,
            read_while_collecting=_EPSILON_GREEDY,
            own=True,
        ),
        Target(
            "delta_std",
            ("ARS",),
            POSITIVE,
            find_places.schedule("delta_std_schedule"),
            read_while_collecting=("ARS",),
            own=True,
        ),
        Target(
            "top_quantiles_to_drop_per_net",
            ("TQC",),
            NOT_NEGATIVE,
            find_places.attribute("top_quantiles_to_drop_per_net", int),
            whole=True,
            # At least one quantile must be left.
            largest=lambda model: model.critic.n_quantiles - 1,
        ),
    )
}

TARGET_WITH_LEARNED_ALPHA = Target("ent_coef", ENTROPY, POSITIVE, find_places.learned_ent_coef)
"""The target ent_coef if a learned coefficient is overridden."""
