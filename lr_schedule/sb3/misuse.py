"""What is said of a callback that stands, or is called, where it cannot work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lr_schedule.errors import ScheduleConfigError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.callbacks import BaseCallback


def require_top_level(callback: BaseCallback) -> None:
    """Raise where a callback stands inside an event callback."""
    if callback.parent is not None:
        message = (
            "SB3 tells a callback inside an event callback nothing of rollouts, so it would set nothing; "
            "hand it to learn() itself, or in a list beside the other: callback=[ScheduleCallback(...), ...]"
        )
        raise ScheduleConfigError.at("callback", type(callback.parent).__name__, message)


def require_free(model: Any, set_now: Any) -> None:
    """Raise where a callback that sets one model is given another."""
    if model is not set_now:
        message = (
            "sets another model that trains now; give each model a ScheduleCallback of its own, "
            "or end the other training first with on_training_end()"
        )
        raise ScheduleConfigError.at("callback", type(model).__name__, message)


def require_model(callback: BaseCallback) -> None:
    """Raise where a training loop of one's own has not given the callback its model."""
    if not hasattr(callback, "model"):
        raise ScheduleConfigError.at("callback", None, "has no model yet; call init_callback(model) first")


def require_run(model: BaseAlgorithm, run_timesteps: int | None) -> None:
    """Raise where a training loop of one's own has not told the model of a run."""
    if not hasattr(model, "_logger") or (run_timesteps is None and not model.start_time):
        message = (
            "the model knows of no run; in a loop of your own call model._setup_learn(timesteps, callback) first, "
            "or model.set_logger(...) and give the callback run_timesteps"
        )
        raise ScheduleConfigError.at("callback", type(model).__name__, message)


def require_start(callback: BaseCallback, set_now: Any) -> None:
    """Raise where a training loop of one's own has not told of the start of training, or has ended in an exception."""
    if set_now is None:
        message = (
            "must be told of the start of training before a rollout; call on_training_start(locals(), globals()) "
            "in a loop of your own, and again after an exception"
        )
        raise ScheduleConfigError.at("callback", type(getattr(callback, "model", None)).__name__, message)
