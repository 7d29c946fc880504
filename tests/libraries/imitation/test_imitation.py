"""GAIL and AIRL of imitation train a generator whose hyperparameters follow schedules, update by update."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from imitation.algorithms.adversarial.airl import AIRL
from imitation.algorithms.adversarial.gail import GAIL
from imitation.data import rollout
from imitation.data.wrappers import RolloutInfoWrapper
from imitation.rewards.reward_nets import BasicRewardNet, BasicShapedRewardNet
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from lr_schedule import BaseLRSchedule, LinearLRSchedule
from lr_schedule.sb3 import schedule_hyperparameters
from tests.libraries.running import run_page

RUN, N_STEPS, N_ENVS = 256, 16, 2


class Noting(PPO):
    """PPO that notes what each of its updates uses."""

    def train(self) -> None:
        before = len(self.rates)
        handle = self.policy.optimizer.register_step_pre_hook(
            lambda optimizer, *_: self.rates.append(optimizer.param_groups[0]["lr"])
        )
        super().train()
        handle.remove()
        self.used.append((self.num_timesteps, self.ent_coef, {*self.rates[before:]}))

    def _setup_model(self) -> None:
        super()._setup_model()
        self.used: list[Any] = []
        self.rates: list[float] = []


@pytest.mark.parametrize(("method", "network"), [(GAIL, BasicRewardNet), (AIRL, BasicShapedRewardNet)])
@pytest.mark.parametrize("rate", ["of the model", "attached"])
def test_each_update_of_the_generator_follows_the_whole_run(method: Any, network: Any, rate: str) -> None:
    venv = DummyVecEnv([lambda: RolloutInfoWrapper(gym.make("CartPole-v1"))] * N_ENVS)
    settings: dict[str, Any] = {"n_steps": N_STEPS, "batch_size": 16, "n_epochs": 1, "device": "cpu", "seed": 0}
    expert, until = PPO("MlpPolicy", venv, **settings), rollout.make_sample_until(min_episodes=3)
    demonstrations = rollout.rollout(expert, venv, until, rng=np.random.default_rng(0))
    falls = LinearLRSchedule(1e-3, final_value=1e-4)
    schedules: dict[str, Any] = {"ent_coef": {"type": "linear", "initial_value": 0.5}}
    if rate == "attached":
        schedules["learning_rate"] = falls
    generator = Noting(
        "MlpPolicy", venv, learning_rate=3e-4 if rate == "attached" else falls, ent_coef=0.25, **settings
    )
    schedule_hyperparameters(generator, schedules, run_timesteps=RUN)
    trainer = method(
        demonstrations=demonstrations,
        demo_batch_size=16,
        gen_train_timesteps=N_STEPS * N_ENVS * 2,  # two updates in each `learn` that imitation calls
        n_disc_updates_per_round=1,
        venv=venv,
        gen_algo=generator,
        reward_net=network(venv.observation_space, venv.action_space),
        allow_variable_horizon=True,
    )
    trainer.train(RUN)
    progress = [1.0 - update * N_STEPS * N_ENVS / RUN for update in range(1, 9)]
    assert [ent_coef for _, ent_coef, _ in generator.used] == pytest.approx([0.5 * p for p in progress], rel=1e-12)
    assert [len(rates) for _, _, rates in generator.used] == [1] * 8
    used = [rate for _, _, rates in generator.used for rate in rates]
    assert used == pytest.approx([1e-3 * p + 1e-4 * (1.0 - p) for p in progress], rel=1e-12)
    assert generator.ent_coef == 0.25


def test_the_lines_of_the_page_schedule_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    train = GAIL.train
    rounds = 3 * N_STEPS * N_ENVS
    monkeypatch.setattr(GAIL, "train", lambda trainer, total: train(trainer, rounds))
    venv = DummyVecEnv([lambda: RolloutInfoWrapper(gym.make("Pendulum-v1"))] * N_ENVS)
    settings: dict[str, Any] = {"n_steps": N_STEPS, "batch_size": 16, "n_epochs": 1, "device": "cpu", "seed": 0}
    generator, until = Noting("MlpPolicy", venv, **settings), rollout.make_sample_until(min_timesteps=1_100)
    demonstrations = rollout.rollout(PPO("MlpPolicy", venv, **settings), venv, until, rng=np.random.default_rng(0))
    network = BasicRewardNet(venv.observation_space, venv.action_space)
    left = run_page("imitation", learner=generator, demonstrations=demonstrations, venv=venv, reward_net=network)
    falls, ent_coef = (BaseLRSchedule.create(left["schedules"][name]) for name in ("learning_rate", "ent_coef"))
    progress = [1.0 - update * N_STEPS * N_ENVS / 200_000 for update in range(1, 4)]
    assert [used for _, used, _ in generator.used] == pytest.approx([ent_coef(p) for p in progress], rel=1e-12)
    rates = [rate for _, _, rates in generator.used for rate in rates]
    assert rates == pytest.approx([falls(p) for p in progress], rel=1e-12)
