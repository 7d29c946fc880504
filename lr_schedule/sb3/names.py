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


def hint(name: Any, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'learning_rate'?"`` for the target that `name` means, or ``"."`` where none is near."""
    return did_you_mean(OTHER_NAMES.get(name, name), known, likeness=0.6)
