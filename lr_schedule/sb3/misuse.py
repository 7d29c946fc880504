"""Errors about a callback in a place where it cannot work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lr_schedule.errors import ScheduleConfigError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.callbacks import BaseCallback


def require_top_level(callback: BaseCallback) -> None:
    """Raise an error if a callback is inside an event callback."""
    if callback.parent is not None:
        message = (
            "SB3 does not notify a callback inside an event callback of rollouts, so it would set nothing; "
            "pass it to learn() itself, or in a list with the other: callback=[ScheduleCallback(...), ...]"
        )
        raise ScheduleConfigError.at("callback", type(callback.parent).__name__, message)


def require_free(model: Any, set_now: Any) -> None:
    """Raise an error if a callback is used for a second model during training."""
    if model is not set_now:
        message = (
            "is in use by another model that trains now; use a separate ScheduleCallback for each model, "
            "or end the other training first with on_training_end()"
        )
        raise ScheduleConfigError.at("callback", type(model).__name__, message)


def require_model(callback: BaseCallback) -> None:
    """Raise an error if a user's training loop has not set the model of the callback."""
    if not hasattr(callback, "model"):
        raise ScheduleConfigError.at("callback", None, "has no model yet; call init_callback(model) first")


def require_run(model: BaseAlgorithm, run_timesteps: int | None) -> None:
    """Raise an error if a user's training loop has not set up a run in the model."""
    if not hasattr(model, "_logger") or (run_timesteps is None and not model.start_time):
        message = (
            "no run is set up in the model; in your own training loop, call model._setup_learn(timesteps, callback) "
            "first, or call model.set_logger(...) and give the callback run_timesteps"
        )
        raise ScheduleConfigError.at("callback", type(model).__name__, message)


def require_start(callback: BaseCallback, set_now: Any) -> None:
    """Raise an error if a user's training loop has not started the callback, or has ended with an exception."""
    if set_now is None:
        message = (
            "training has not started; in your own training loop, call on_training_start(locals(), globals()) before "
            "the first rollout, and again after an exception"
        )
        raise ScheduleConfigError.at("callback", type(getattr(callback, "model", None)).__name__, message)
