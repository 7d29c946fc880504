"""`lr-schedule show`: the schedules in a saved model."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_schedule import BaseLRSchedule
from tests.cli.running import run


def test_show_reads_the_schedules_of_a_saved_model(tmp_path: Path) -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    model = sb3.PPO("MlpPolicy", "CartPole-v1", learning_rate=BaseLRSchedule.create("cosine_3e-4"), device="cpu")
    model.save(tmp_path / "model.zip")
    found = run("show", tmp_path / "model.zip", "--json").json()
    assert BaseLRSchedule.create(found["learning_rate"]) == BaseLRSchedule.create("cosine_3e-4")
    text = run("show", tmp_path / "model.zip").stdout
    assert "learning_rate" in text
    assert "cosine initial_value=0.0003" in text
    assert run("show", tmp_path / "gone.zip").returncode == 1
    (tmp_path / "no.zip").write_text("no zip")
    assert run("show", tmp_path / "no.zip").returncode == 1


def test_show_prints_the_states_of_the_controllers(tmp_path: Path) -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    model = sb3.PPO("MlpPolicy", "CartPole-v1", device="cpu")
    model.schedule_controllers = {
        "learning_rate": {"controller": "kl", "metric": "train/approx_kl", "scale": 1 / 1.5},
        "ent_coef": {"controller": "plateau", "metric": "eval/mean_reward", "scale": 1.0, "best": 5.0},
    }
    model.save(tmp_path / "model.zip")
    assert run("show", tmp_path / "model.zip", "--json").json()["controllers"] == model.schedule_controllers
    lines = run("show", tmp_path / "model.zip").stdout.splitlines()[-4:]
    assert [line.split() for line in (lines[0], *lines[2:])] == [
        ["hyperparameter", "controller", "metric", "scale"],
        ["learning_rate", "kl", "train/approx_kl", "0.666667"],
        ["ent_coef", "plateau", "eval/mean_reward", "1"],
    ]
