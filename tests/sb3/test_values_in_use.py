"""The values reach the place where they count: the loss, the returns, the noise, the choice of an action."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise
from stable_baselines3.common.vec_env import VecNormalize

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.envs import Walk
from tests.sb3.models import at_each_update, class_of, linear, make

TOTAL = 64


def logged_after_each_update(name: str, keys: list[str]) -> Any:
    """Return a subclass of an algorithm and the list of what it has logged under `keys` right after each update."""
    base, seen = class_of(name), []

    def train(self: Any, *args: Any, **kwargs: Any) -> None:
        base.train(self, *args, **kwargs)
        seen.append([self.num_timesteps, *(float(self.logger.name_to_value[key]) for key in keys)])

    return type(name, (base,), {"train": train, "__module__": __name__}), seen


@pytest.mark.parametrize("name", ["PPO", "MaskablePPO", "RecurrentPPO"])
def test_the_loss_of_ppo_is_made_with_the_scheduled_ent_coef_and_vf_coef(name: str) -> None:
    keys = ["train/loss", "train/policy_gradient_loss", "train/entropy_loss", "train/value_loss"]
    cls, seen = logged_after_each_update(name, keys)
    schedules = {
        "ent_coef": LinearLRSchedule(30.0, final_value=3.0),
        "vf_coef": {"type": "linear", "initial_value": 2.0},
    }
    make(name, cls=cls).learn(TOTAL, callback=ScheduleCallback(schedules))
    assert len(seen) == 4
    for timesteps, loss, policy_loss, entropy_loss, value_loss in seen:
        p = 1.0 - timesteps / TOTAL
        expected = policy_loss + linear(30.0, 3.0, p) * entropy_loss + linear(2.0, 0.0, p) * value_loss
        assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["SAC", "TQC", "CrossQ"])
def test_the_losses_use_the_scheduled_alpha(name: str) -> None:
    cls, seen = logged_after_each_update(name, ["train/ent_coef"])
    model = make(name, cls=cls, ent_coef=0.3, gradient_steps=2)
    model.learn(TOTAL, callback=ScheduleCallback({"ent_coef": LinearLRSchedule(0.5, final_value=0.1)}))
    assert len(seen) == TOTAL - 4
    for timesteps, alpha in seen:
        assert alpha == pytest.approx(linear(0.5, 0.1, 1.0 - timesteps / TOTAL), rel=1e-6)
    assert model.ent_coef_tensor.item() == pytest.approx(0.3, rel=1e-6)


@pytest.mark.parametrize("name", ["SAC", "TQC", "CrossQ"])
def test_a_learned_alpha_is_held_at_the_schedule_in_every_gradient_step_when_overridden(name: str) -> None:
    cls, seen = logged_after_each_update(name, ["train/ent_coef"])
    model = make(name, cls=cls, ent_coef="auto", gradient_steps=3, learning_rate=0.1)
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5, final_value=0.1)}, override_auto=True)
    model.learn(TOTAL, callback=callback)
    for timesteps, alpha in seen:
        assert alpha == pytest.approx(linear(0.5, 0.1, 1.0 - timesteps / TOTAL), rel=1e-6)
    assert torch.exp(model.log_ent_coef).item() == pytest.approx(0.1, rel=1e-6)
    model.learn(20)
    assert torch.exp(model.log_ent_coef).item() != pytest.approx(0.1, rel=1e-3)


def test_a_learned_alpha_is_refused_without_override_auto() -> None:
    model = make("SAC", ent_coef="auto_0.1")
    with pytest.raises(ScheduleConfigError, match="override_auto"):
        model.learn(TOTAL, callback=ScheduleCallback({"ent_coef": 0.1}))


@pytest.mark.parametrize("name", ["SAC", "TQC", "CrossQ"])
def test_the_target_entropy_is_minus_the_magnitude_or_what_a_function_gives(name: str) -> None:
    by_magnitude, seen = at_each_update(name, lambda model: (model.num_timesteps, model.target_entropy))
    schedule = {"target_entropy_magnitude": LinearLRSchedule(1.0, final_value=3.0)}
    make(name, cls=by_magnitude).learn(TOTAL, callback=ScheduleCallback(schedule))
    by_function, same = at_each_update(name, lambda model: (model.num_timesteps, model.target_entropy))
    make(name, cls=by_function).learn(TOTAL, callback=ScheduleCallback({"target_entropy": lambda p: -3.0 + 2.0 * p}))
    assert seen == [(steps, pytest.approx(value, rel=1e-12)) for steps, value in same]
    assert all(
        type(value) is float and value == pytest.approx(-linear(1, 3, 1 - t / TOTAL), rel=1e-9) for t, value in seen
    )


def discounted(buffer: Any, gamma: float, gae_lambda: float) -> Any:
    """Return the returns of a full rollout of one environment whose episodes end with the rollout."""
    advantage, returns = 0.0, np.zeros(buffer.buffer_size)
    for step in reversed(range(buffer.buffer_size)):
        last = step == buffer.buffer_size - 1
        goes_on = 0.0 if last else 1.0 - buffer.episode_starts[step + 1, 0]
        next_value = 0.0 if last else buffer.values[step + 1, 0]
        delta = buffer.rewards[step, 0] + gamma * next_value * goes_on - buffer.values[step, 0]
        advantage = delta + gamma * gae_lambda * goes_on * advantage
        returns[step] = advantage + buffer.values[step, 0]
    return returns


@pytest.mark.parametrize("name", ["A2C", "PPO", "TRPO"])
def test_the_returns_of_a_rollout_are_made_with_the_gamma_and_lambda_of_its_start(name: str) -> None:
    model = make(name, make_vec_env(lambda: Walk(length=16)))
    schedules = {"gamma": LinearLRSchedule(0.9, final_value=0.5), "gae_lambda": LinearLRSchedule(0.8, final_value=0.4)}
    errors = []

    class Compare(BaseCallback):
        def _on_step(self) -> bool:
            return True

        def _on_rollout_end(self) -> None:
            p = 1.0 - (self.model.num_timesteps - 16) / TOTAL
            model: Any = self.model
            buffer = model.rollout_buffer
            expected = discounted(buffer, linear(0.9, 0.5, p), linear(0.8, 0.4, p))
            errors.append(np.abs(buffer.returns[:, 0] / expected - 1.0).max())

    model.learn(TOTAL, callback=[ScheduleCallback(schedules), Compare()])
    assert len(errors) == 4
    assert max(errors) < 1e-4


def test_the_returns_of_vec_normalize_are_made_with_the_scheduled_gamma() -> None:
    env = VecNormalize(make_vec_env(lambda: Walk(length=10_000)), gamma=0.7)
    seen, expected, at = [], [], 0.0

    class Returns(BaseCallback):
        def _on_step(self) -> bool:
            seen.append(float(env.returns[0]))
            return True

    make("PPO", env).learn(
        TOTAL, callback=[ScheduleCallback({"gamma": LinearLRSchedule(0.9, final_value=0.1)}), Returns()]
    )
    for step in range(TOTAL):
        at = at * linear(0.9, 0.1, 1.0 - (step // 16 * 16) / TOTAL) + 1.0
        expected.append(at)
    assert seen == pytest.approx(expected, rel=1e-9)
    assert env.gamma == 0.7


def test_the_n_step_buffer_and_its_discounts_follow_gamma() -> None:
    cls, seen = at_each_update(
        "SAC",
        lambda m: (m.num_timesteps, m.gamma, m.replay_buffer.gamma, m.replay_buffer.sample(4).discounts.max().item()),
    )
    model = make("SAC", make_vec_env(lambda: Walk(length=10_000)), cls=cls, n_steps=2, learning_starts=8, gamma=0.97)
    model.learn(TOTAL, callback=ScheduleCallback({"gamma": LinearLRSchedule(0.9, final_value=0.5)}))
    for timesteps, gamma, of_buffer, discount in seen:
        expected = linear(0.9, 0.5, 1.0 - timesteps / TOTAL)
        assert gamma == of_buffer == pytest.approx(expected, rel=1e-9)
        assert discount in (pytest.approx(expected**2, rel=1e-5), pytest.approx(expected, rel=1e-5))
    assert model.gamma == model.replay_buffer.gamma == 0.97


@pytest.mark.parametrize("n_envs", [1, 2])
@pytest.mark.parametrize("name", ["DQN", "QRDQN"])
def test_epsilon_follows_each_environment_step_from_the_first(name: str, n_envs: int) -> None:
    base: Any = class_of(name)
    seen: list[tuple[int, float]] = []

    class Noting(base):  # type: ignore[misc]
        def predict(self, *args: Any, **kwargs: Any) -> Any:
            seen.append((self.num_timesteps, self.exploration_rate))
            return super().predict(*args, **kwargs)

    model = make(name, n_envs=n_envs, cls=Noting, learning_starts=0)
    own = model.exploration_schedule
    model.learn(TOTAL, callback=ScheduleCallback({"exploration_rate": LinearLRSchedule(0.9, final_value=0.1)}))
    assert [timesteps for timesteps, _ in seen] == list(range(0, TOTAL, n_envs))
    for timesteps, epsilon in seen:
        assert epsilon == pytest.approx(linear(0.9, 0.1, 1.0 - timesteps / TOTAL), rel=1e-9)
    assert model.exploration_schedule is own
    assert isinstance(model, DQN) or name == "QRDQN"


@pytest.mark.parametrize("kind", [NormalActionNoise, OrnsteinUhlenbeckActionNoise])
@pytest.mark.parametrize("n_envs", [1, 3])
def test_each_noise_of_each_environment_uses_the_scheduled_sigma(kind: Any, n_envs: int) -> None:
    seen = []

    class Noting(kind):  # type: ignore[misc]
        def __call__(self) -> Any:
            seen.append(np.array(self._sigma))
            return super().__call__()

    noise = Noting(np.zeros(1), 0.7 * np.ones(1))
    model = make("TD3", n_envs=n_envs, action_noise=noise)
    model.learn(TOTAL, callback=ScheduleCallback({"action_noise.sigma": LinearLRSchedule(0.5, final_value=0.1)}))
    steps = math.ceil(TOTAL / n_envs)
    assert len(seen) == steps * n_envs
    for index, sigma in enumerate(seen):
        timesteps = index // n_envs * n_envs
        assert sigma == pytest.approx(linear(0.5, 0.1, 1.0 - timesteps / TOTAL), rel=1e-9)
    assert noise._sigma == pytest.approx(0.7)
    assert all(item._sigma == pytest.approx(0.7) for item in getattr(model.action_noise, "noises", []))


def test_ppo_makes_the_scheduled_number_of_epochs() -> None:
    model = make("PPO", n_epochs=10)
    counts = []

    class Count(BaseCallback):
        def _on_step(self) -> bool:
            return True

        def _on_rollout_start(self) -> None:
            counts.append(self.model._n_updates)

    model.learn(80, callback=[ScheduleCallback({"n_epochs": lambda p: 1.0 + 4.0 * p}), Count()])
    epochs = np.diff([*counts, model._n_updates]).tolist()
    assert epochs == [int(1.0 + 4.0 * (1.0 - step / 80) + 0.5) for step in (16, 32, 48, 64, 80)]
    assert model.n_epochs == 10
