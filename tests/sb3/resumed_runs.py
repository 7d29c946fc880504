"""A run in pieces, each in a process of its own: ``python -m tests.sb3.resumed_runs FOLDER CONTROLLER HOW FIRST LAST``.

Everything that is random is seeded after the fifth update, where the run may be interrupted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.utils import set_random_seed

from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.envs import Walk

N_STEPS, UPDATES, HALF = 16, 10, 5

CONTROLLERS: dict[str, dict[str, Any]] = {
    "kl": {"controller": "kl", "metric": "kl", "schedule": 0.3, "maximum": 1.0},
    "logged": {"controller": "kl", "schedule": {"type": "linear", "initial_value": 0.3}, "maximum": 1.0},
    "plateau": {
        "controller": "plateau",
        "metric": "train/loss",
        "schedule": 0.03,
        "patience": 0,
        "smoothing": 2,
    },
    "target": {"controller": "target", "metric": "train/entropy_loss", "schedule": 0.03, "goal": -1.4, "band": 1.001},
}


class Fixed(Walk):
    """The same observations in each episode, so that an environment that is made anew is as the old one."""

    def _observe(self) -> Any:
        return np.full(3, np.sin(self.at), np.float32)


class Seeds(BaseCallback):
    """Seeds everything after `HALF` of the updates, and notes what each update logs."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Any] = []

    def _on_rollout_start(self) -> None:
        if self.num_timesteps == HALF * N_STEPS:
            set_random_seed(7)

    def _on_rollout_end(self) -> None:
        keys = ("schedule/learning_rate", "schedule/learning_rate_scale")
        self.rows.append([self.logger.name_to_value[key] for key in keys])

    def _on_step(self) -> bool:
        return True


def main(folder: str, name: str, how: str, first: str, last: str) -> None:
    """Make the updates from `first` to `last`, from what the folder holds, and add what was used to it."""
    env = make_vec_env(lambda: Fixed(length=N_STEPS))
    at, rows = Path(folder) / "model.zip", Path(folder) / f"{first}.json"
    if int(first):
        model = PPO.load(at, env=env, device="cpu")
    else:
        network = {"net_arch": [8]}
        model = PPO("MlpPolicy", env, n_steps=N_STEPS, batch_size=8, n_epochs=3, policy_kwargs=network, seed=0)
    whole = UPDATES * N_STEPS if how == "whole" else None
    seeds, steps = Seeds(), (int(last) - int(first)) * N_STEPS
    callback = ScheduleCallback({"learning_rate": CONTROLLERS[name]}, total_timesteps=whole)
    model.learn(steps, callback=[callback, seeds], reset_num_timesteps=not int(first))
    model.save(at)
    states = model.schedule_controllers["learning_rate"]  # type: ignore[attr-defined]
    rows.write_text(json.dumps({"rows": seeds.rows, "state": states}))


if __name__ == "__main__":
    main(*sys.argv[1:])
