"""What the command line reads and writes: standard input, notes, pictures without a suffix."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lr_schedule import plot
from lr_schedule.cli.plot import MOST_POINTS
from tests.cli.running import BAD, GOOD, run


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


def test_check_and_plot_read_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, GOOD)
    assert run("check", "-") == (0, "1 file, 4 schedules, 0 problems\n", "")
    give(monkeypatch, BAD)
    assert run("check", "-").stdout.startswith("<stdin>:3:19: CartPole-v1.learning_rate.type: unknown type")
    for text in ("lin_0.5", "0.5", "{type: linear, initial_value: 0.5}"):
        give(monkeypatch, text)
        (curve,) = run("plot", "-", "--json", "--points", 2).json()
        assert curve["values"][0] == 0.5
    give(monkeypatch, "x" * 1_000_001)
    assert run("plot", "-").stderr == "<stdin>:1:1: larger than 1,000,000 bytes; hyperparameter files are far smaller\n"


def test_no_file_that_the_zoo_ships_gets_a_note() -> None:
    zoo = pytest.importorskip("rl_zoo3")
    found = run("check", Path(zoo.__file__).parent / "hyperparams", "--json").json()
    assert (found["files"], found["problems"], found["notes"]) == (13, [], [])


def test_a_picture_without_a_suffix_is_a_png_and_is_named_so(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run("plot", "0.1", "-o", tmp_path / "curves")
    assert result.stdout.splitlines()[-1] == f"wrote {tmp_path}/curves.png"
    assert (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("config", ["cosine_3e-4", {"type": "cosine"}, 3e-4, lambda p: p])
def test_plot_takes_one_config_as_it_takes_a_list(config: Any) -> None:
    pytest.importorskip("matplotlib")
    assert len(plot(config).lines) == 1
    assert len(plot([config, config]).lines) == 2


def test_more_points_than_memory_holds_are_refused() -> None:
    message = f"error: --points must be at most {MOST_POINTS:,}, not 999999999999\n"
    assert run("plot", "0.1", "--json", "--points", "999999999999") == (1, "", message)


def test_a_length_that_is_no_number_is_told_in_words() -> None:
    result = run("plot", "0.1", "--total-timesteps", "20k")
    assert result.returncode == 2
    assert "argument --run-timesteps/--total-timesteps: must be a finite number > 0, not 20k" in result.stderr


def test_preview_names_the_place_of_a_target_that_the_algorithm_does_not_have(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    file = tmp_path / "ppo.yml"
    callback = "  callback:\n    lr_schedule.sb3.ScheduleCallback:\n      schedules: {ent_coe: lin_0.1}\n"
    file.write_text(f"A:\n  policy: MlpPolicy\n  n_timesteps: 9999\n  n_step: 8\n{callback}")
    result = run("preview", file, "--algo", "ppo")
    assert result.returncode == 1
    first = result.stderr.splitlines()[0]
    assert first.startswith(f"{file}:4:3: A.n_step: PPO has no such hyperparameter; did you mean 'n_steps'?")
    file.write_text(f"A:\n  policy: MlpPolicy\n  n_timesteps: 9999\n{callback}")
    (line,) = run("preview", file, "--algo", "ppo").stderr.splitlines()
    assert line.startswith(
        f"{file}:6:19: A.callback.lr_schedule.sb3.ScheduleCallback.schedules.ent_coe: unknown target"
    )
