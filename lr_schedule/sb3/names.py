"""The names under which people look for a target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lr_schedule.errors import did_you_mean

OTHER_NAMES = {
    **dict.fromkeys(("lr", "lr_schedule"), "learning_rate"),
    "actor_lr": "actor.learning_rate",
    **dict.fromkeys(("critic_lr", "qf_lr"), "critic.learning_rate"),
    **dict.fromkeys(("alpha", "entropy", "entropy_coef"), "ent_coef"),
    **dict.fromkeys(("epsilon", "eps", "exploration_fraction"), "exploration_rate"),
    **dict.fromkeys(("exploration_initial_eps", "exploration_final_eps"), "exploration_rate"),
    **dict.fromkeys(("action_noise", "noise", "sigma", "noise_std"), "action_noise.sigma"),
    **dict.fromkeys(("discount", "discount_factor"), "gamma"),
    **dict.fromkeys(("clip", "clip_eps", "clip_coef"), "clip_range"),
    **dict.fromkeys(("lam", "lambda"), "gae_lambda"),
    **dict.fromkeys(("polyak", "polyak_tau"), "tau"),
}
"""What papers and other libraries call a target, or what a model is made with in its place."""

MADE_WITH = {
    "n_steps": "the rollout buffer has its size",
    "buffer_size": "the replay buffer has its size",
    "n_envs": "the environments are made before the model",
    **dict.fromkeys(("policy_kwargs", "net_arch", "activation_fn"), "the networks are made with it"),
    **dict.fromkeys(("optimizer_class", "optimizer_kwargs"), "schedule a number of the optimizer: <part>.weight_decay"),
    **dict.fromkeys(("train_freq", "learning_starts"), "it says when to update; schedule gradient_steps"),
    **dict.fromkeys(("target_update_interval", "policy_delay"), "it says when to update; schedule tau"),
    "qf_learning_rate": "schedule critic.learning_rate",
}
"""Hyperparameters that no schedule can set, and why, or what can be scheduled in their place."""

SBX_COMPILED = {
    "ent_coef": "a fixed ent_coef into its update; make the model with ent_coef='auto', and schedule target_entropy",
    "max_grad_norm": "max_grad_norm into its optimizers",
    "top_quantiles_to_drop_per_net": "the number of quantiles into its update",
}
"""What SBX reads once, when JAX compiles its functions; a new value would never be read."""

SAME_PLACE = {"target_entropy_magnitude": "target_entropy"}
"""Targets that are another name of the value of a target."""


def hint(name: Any, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'learning_rate'?"`` for the target that `name` means, or ``"."`` where none is near."""
    return did_you_mean(OTHER_NAMES.get(name, name), known, likeness=0.6)
