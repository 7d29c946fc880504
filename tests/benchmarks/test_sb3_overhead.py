"""What ScheduleCallback costs a SAC run: one environment step with its update, beside the same step without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback, CallbackList

from lr_schedule.sb3 import ScheduleCallback

SCHEDULES = {
    "learning_rate": {"type": "cosine_warmup", "initial_value": 3e-4},
    "gamma": {"type": "linear", "initial_value": 0.99, "final_value": 0.98},
    "tau": {"type": "linear", "initial_value": 0.005, "final_value": 0.001},
    "target_entropy_magnitude": {"type": "cosine", "initial_value": 1.0, "final_value": 0.5},
    "actor.learning_rate": "lin_1e-4",
    "critic.learning_rate": "lin_1e-3",
    "critic.qf0.learning_rate": "lin_2e-3",
}


def training(callback: BaseCallback | None) -> tuple[SAC, BaseCallback]:
    """Return a model of SB3's default size that is in training, and the callbacks that SB3 calls in it."""
    model = SAC("MlpPolicy", "Pendulum-v1", learning_starts=0, buffer_size=10_000, device="cpu", seed=0)
    model.learn(300)
    _, callbacks = model._setup_learn(10_000_000, callback, reset_num_timesteps=False)
    callbacks.on_training_start({}, {})
    return model, callbacks


def one_step(callback: BaseCallback | None) -> Callable[[int], None]:
    """Return a function that does what `learn` does for one environment step."""
    model: Any
    model, callbacks = training(callback)
    buffer = model.replay_buffer

    def step(_: int) -> None:
        model.collect_rollouts(model.env, callbacks, model.train_freq, buffer, learning_starts=0, log_interval=None)
        model.train(gradient_steps=1, batch_size=model.batch_size)

    return step


@pytest.mark.parametrize("who", ["ours", "SB3 alone"])
def test_a_step_of_sac_with_seven_schedules(race: Any, who: str) -> None:
    callback = ScheduleCallback(SCHEDULES) if who == "ours" else CallbackList([])
    race("step of SAC, 7 schedules", who, one_step(callback), 0, aim=None if who == "ours" else 1.02)


@pytest.mark.parametrize("who", ["ours", "step of SAC"])
def test_all_that_the_callback_does_in_a_step_as_a_share_of_a_step_of_sac(race: Any, who: str) -> None:
    group = "work of the callback, share of a step"
    if who != "ours":
        race(group, who, one_step(None), 0, aim=0.02)
        return
    model: Any
    model, callbacks = training(ScheduleCallback(SCHEDULES))
    optimizers = [model.actor.optimizer, model.critic.optimizer, model.ent_coef_optimizer]

    def work(_: int) -> None:
        callbacks.on_rollout_start()
        callbacks.on_step()
        callbacks.on_rollout_end()
        for optimizer in optimizers:
            for hook in (*optimizer._optimizer_step_pre_hooks.values(), *optimizer._optimizer_step_post_hooks.values()):
                hook(optimizer, (), {})

    race(group, who, work, 0)
