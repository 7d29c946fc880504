"""Small trainings of rsl_rl on a CPU, of which every step of the optimizer is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from rsl_rl.env import VecEnv
from rsl_rl.runners import OnPolicyRunner
from tensordict import TensorDict

ENVIRONMENTS, EPISODE = 4, 8
EPOCHS, MINI_BATCHES = 2, 2


class Points(VecEnv):  # type: ignore[misc]
    """Four points in a plane, pushed by the actions, which are to stay at the origin."""

    num_envs, num_actions, max_episode_length = ENVIRONMENTS, 2, EPISODE
    device = "cpu"

    def __init__(self) -> None:
        self.cfg: dict[str, Any] = {}
        self.episode_length_buf = torch.zeros(ENVIRONMENTS, dtype=torch.long)
        self.position = torch.zeros(ENVIRONMENTS, 2)

    def get_observations(self) -> Any:
        return TensorDict({"policy": self.position.clone()}, batch_size=[ENVIRONMENTS])

    def step(self, actions: Any) -> Any:
        self.position = (self.position + 0.1 * actions).clamp(-2.0, 2.0)
        self.episode_length_buf += 1
        over = self.episode_length_buf >= EPISODE
        rewards = -self.position.square().sum(1)
        self.position[over], self.episode_length_buf[over] = 0.0, 0
        return self.get_observations(), rewards, over.long(), {"time_outs": over.float()}


def make_config(**algorithm: Any) -> dict[str, Any]:
    """Return the config of a training, with further keys of its algorithm."""
    network = {"class_name": "MLPModel", "hidden_dims": [8], "activation": "elu"}
    return {
        "num_steps_per_env": EPISODE,
        "save_interval": 1,
        "logger": "tensorboard",
        "obs_groups": {"actor": ["policy"], "critic": ["policy"]},
        "actor": {**network, "distribution_cfg": {"class_name": "GaussianDistribution", "init_std": 1.0}},
        "critic": {**network},
        "algorithm": {
            "class_name": "PPO",
            "num_learning_epochs": EPOCHS,
            "num_mini_batches": MINI_BATCHES,
            "schedule": "fixed",
            "learning_rate": 5e-4,
            **algorithm,
        },
    }


def make_runner(log_dir: Path | None = None, seed: int = 1, **algorithm: Any) -> Any:
    torch.manual_seed(seed)
    return OnPolicyRunner(Points(), make_config(**algorithm), log_dir and str(log_dir), device="cpu")


class Step(NamedTuple):
    """What the optimizer and the algorithm had in a step of the optimizer."""

    rates: list[float]
    algorithm: dict[str, Any]


def record(runner: Any) -> list[Step]:
    """Return the list to which every step of the optimizer is added."""
    steps: list[Step] = []

    def add(optimizer: Any, *_: Any) -> None:
        numbers = {name: held for name, held in vars(runner.alg).items() if isinstance(held, (int, float))}
        steps.append(Step([group["lr"] for group in optimizer.param_groups], numbers))

    runner.alg.optimizer.register_step_post_hook(add)
    return steps
