"""Other names of targets."""

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
"""Names of targets in papers and other libraries, and arguments of models that a target replaces."""

MADE_WITH = {
    "n_steps": "it is the size of the rollout buffer",
    "buffer_size": "it is the size of the replay buffer",
    "n_envs": "the environments are made before the model",
    **dict.fromkeys(("policy_kwargs", "net_arch", "activation_fn"), "the networks are made with it"),
    **dict.fromkeys(("optimizer_class", "optimizer_kwargs"), "schedule a number of the optimizer: <part>.weight_decay"),
    **dict.fromkeys(("train_freq", "learning_starts"), "it determines when to update; schedule gradient_steps"),
    **dict.fromkeys(("target_update_interval", "policy_delay"), "it determines when to update; schedule tau"),
    "qf_learning_rate": "schedule critic.learning_rate",
}
"""Hyperparameters that no schedule can set, with the reason or with an alternative."""

SBX_COMPILED = {
    "ent_coef": "a fixed ent_coef into its update; make the model with ent_coef='auto', and schedule target_entropy",
    "max_grad_norm": "max_grad_norm into its optimizers",
    "top_quantiles_to_drop_per_net": "the number of quantiles into its update",
}
"""Values that SBX reads only once, when JAX compiles its functions."""

SAME_PLACE = {"target_entropy_magnitude": "target_entropy"}
"""Targets that set the same value as another target."""


def hint(name: Any, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'learning_rate'?"`` for the target that `name` means, or ``"."`` if there is none."""
    return did_you_mean(OTHER_NAMES.get(name, name), known, likeness=0.6)
