"""Bridged schedules in Stable-Baselines3: every update uses what honest stepping gives, after a save and load too."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from stable_baselines3 import PPO, SAC
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from lr_schedule import BaseLRSchedule, from_steps, from_torch
from tests.processes import python

LOAD = """
import sys, json
from stable_baselines3 import PPO
for path in sys.argv[1:]:
    model = PPO.load(path, device="cpu")
    print(json.dumps([model.lr_schedule(1 - k / 16) for k in range(17)]))
"""


def honest(total: int, **arguments: Any) -> list[float]:
    """Return the rates of a OneCycleLR after 0, 1, ..., total calls of its step(), the last one held."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    scheduler = OneCycleLR(optimizer, total_steps=total, **arguments)
    rates: list[Any] = scheduler.get_last_lr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(total - 1):
            scheduler.step()
            rates = rates + scheduler.get_last_lr()
    return [*rates, rates[-1]]


def used_rates(model: Any, optimizers: list[torch.optim.Optimizer], total: int) -> list[tuple[int, float]]:
    """Return the clock and the rate at every step of these optimizers in a run of `total` timesteps."""
    seen: list[tuple[int, float]] = []
    for optimizer in optimizers:
        optimizer.register_step_pre_hook(
            lambda used, *_: seen.append((model.num_timesteps, used.param_groups[0]["lr"]))
        )
    model.learn(total)
    return seen


def test_every_update_of_ppo_uses_the_rate_of_honest_stepping() -> None:
    updates = 1000 / 64  # 15.625: the last of 16 updates is past the end
    schedule = BaseLRSchedule.create({"type": "torch", "scheduler": "OneCycleLR", "max_lr": "1e-2"}, updates)
    model = PPO("MlpPolicy", "CartPole-v1", learning_rate=schedule, n_steps=64, batch_size=32, n_epochs=2, device="cpu")
    seen = used_rates(model, [model.policy.optimizer], 1000)
    expected = honest(16, max_lr=1e-2)
    assert seen == [(64 * k, expected[k]) for k in range(1, 17) for _ in range(4)]
    assert len({rate for _, rate in seen}) == 15


def test_every_update_of_sac_uses_the_rate_of_honest_stepping() -> None:
    schedule = from_torch("OneCycleLR", 150, max_lr=1e-2, pct_start=0.4)
    model = SAC("MlpPolicy", "Pendulum-v1", learning_rate=schedule, learning_starts=20, device="cpu", batch_size=8)
    optimizers: list[Any] = [model.actor.optimizer, model.critic.optimizer, model.ent_coef_optimizer]
    seen = used_rates(model, optimizers, 150)
    expected = honest(150, max_lr=1e-2, pct_start=0.4)
    assert sorted(seen) == sorted((k, expected[k]) for k in range(21, 151) for _ in optimizers)


def test_saved_models_give_the_same_values_in_a_fresh_process(tmp_path: Path) -> None:
    schedules: dict[str, BaseLRSchedule] = {
        "recipe": from_torch("OneCycleLR", 16, max_lr=1e-2),
        "factory": from_torch(lambda optimizer: LambdaLR(optimizer, lambda k: 0.9**k), 16, 1e-2),
        "function": from_steps(lambda k: 0.01 / (1 + k), 16),
    }
    paths = [tmp_path / f"{name}.zip" for name in schedules]
    for schedule, path in zip(schedules.values(), paths, strict=True):
        model = PPO("MlpPolicy", "CartPole-v1", learning_rate=schedule, n_steps=64, batch_size=64, device="cpu")
        model.learn(64)
        model.save(path)
    lines = python("-c", LOAD, *paths).stdout.splitlines()
    expected = [[schedule(1 - k / 16) for k in range(17)] for schedule in schedules.values()]
    assert [json.loads(line) for line in lines] == expected


def test_the_recipe_can_be_read_in_the_zip_without_unpickling(tmp_path: Path) -> None:
    schedule = from_torch("OneCycleLR", 16, max_lr=1e-2)
    model = PPO("MlpPolicy", "CartPole-v1", learning_rate=schedule, n_steps=64, batch_size=64, device="cpu")
    model.save(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as file:
        data = json.loads(file.read("data"))["learning_rate"]
    assert (data["scheduler"], data["total_steps"], data["arguments"]) == ("OneCycleLR", 16, {"max_lr": 1e-2})
