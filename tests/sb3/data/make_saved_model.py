"""Writes the stored model of this folder: run it with the Python version that the file's name is to tell."""

from __future__ import annotations

import sys
from pathlib import Path

from stable_baselines3 import PPO

from lr_schedule import BaseLRSchedule, CosineWarmupLRSchedule

PARTS = [
    {"type": "linear", "initial_value": 0.3, "final_value": 0.2, "fraction": 0.25},
    {"type": "cosine", "initial_value": 0.2, "final_value": 0.1, "fraction": 0.75},
]

if __name__ == "__main__":
    model = PPO(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=CosineWarmupLRSchedule(initial_value=0.001, final_value=0.0001, warmup_fraction=0.25),
        clip_range=BaseLRSchedule.create(PARTS),
        n_steps=16,
        batch_size=16,
        n_epochs=1,
        policy_kwargs={"net_arch": [8]},
        device="cpu",
        seed=0,
    )
    model.learn(32)
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    model.save(Path(__file__).parent / f"ppo_python{version}.zip")
