"""`lr-schedule preview`: the updates of a run before it is started."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("stable_baselines3")

from lr_schedule import BaseLRSchedule
from tests.cli.running import run


def test_preview_shows_the_updates_of_the_run(good: Path) -> None:
    result = run("preview", good, "--env", "CartPole-v1", "--algo", "ppo")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].split()[:3] == ["update", "timesteps", "progress"]
    data = run("preview", good, "--env", "CartPole-v1", "--algo", "PPO", "--json").json()
    assert data["timesteps"] == [2048, 4096, 6144, 8192, 10240]
    schedule = BaseLRSchedule.create({"type": "cosine_warmup", "warmup_fraction": 0.05})
    assert data["values"]["learning_rate"] == [schedule(p) for p in data["progress"]]
    assert set(data["values"]) == {"learning_rate", "clip_range", "ent_coef"}


def test_preview_of_updates_after_whole_episodes_needs_their_length(tmp_path: Path) -> None:
    pytest.importorskip("sb3_contrib")
    (tmp_path / "ars.yml").write_text("{n_timesteps: 800, policy: LinearPolicy, n_delta: 2, learning_rate: lin_0.02}")
    arguments = ["preview", tmp_path / "ars.yml", "--algo", "ars", "--json"]
    assert "episode_length" in run(*arguments).stderr
    data = run(*arguments, "--episode-length", 50).json()
    assert data["timesteps"] == [200, 400, 600, 800]


def test_preview_of_an_unknown_algorithm_is_an_error(good: Path) -> None:
    result = run("preview", good, "--env", "CartPole-v1", "--algo", "pppo")
    assert result.returncode == 1
    assert "unknown algorithm" in result.stderr
