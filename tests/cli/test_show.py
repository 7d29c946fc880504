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
