"""The examples, run as a user runs them, for as few steps as show the point."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from stable_baselines3 import PPO, SAC

from lr_schedule import BaseLRSchedule

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.slow


def run(name, folder, *arguments):
    """Return the finished process of an example started in an empty folder."""
    environment = {**os.environ, "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(
    scope="module",
    params=[("ppo_cartpole", 4000), ("sac_pendulum", 700), ("custom_loop", 4096)],
    ids=lambda job: job[0],
)
def finished(request, tmp_path_factory):
    """An example that has trained: its name, its length in timesteps, its process and its folder of results."""
    name, total = request.param
    folder = tmp_path_factory.mktemp(name)
    process = run(name, folder, "--total-timesteps", str(total))
    assert process.returncode == 0, process.stderr
    return name, total, process, folder / "runs" / name


def rows_of(results):
    with (results / "updates.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def schedules_of(name, total):
    """The example's schedules by the name of their column, read from its YAML."""
    config = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text(encoding="utf-8"))
    if name == "ppo_cartpole":
        found = {"scheduled LR": config["ppo"]["learning_rate"], "clip range": config["ppo"]["clip_range"]}
    elif name == "sac_pendulum":
        found = {"scheduled LR": config["sac"]["learning_rate"]}
    else:
        found = {"scheduled LR": config["schedules"]["learning_rate"]}
        found["entropy coefficient"] = config["schedules"]["entropy_coefficient"]
    return {column: BaseLRSchedule.create(cfg, total) for column, cfg in found.items()}


def test_every_row_holds_the_value_of_the_schedule_in_the_yaml_file(finished):
    name, total, _, results = finished
    rows = rows_of(results)
    assert len(rows) >= 3
    for column, schedule in schedules_of(name, total).items():
        expected = [schedule(1 - row["timesteps"] / total) for row in rows]
        assert [row[column] for row in rows] == expected
        assert len(set(expected)) > 1


def test_the_optimizers_used_the_scheduled_learning_rate_at_every_update(finished):
    _, _, process, results = finished
    for row in rows_of(results):
        used = {value for column, value in row.items() if column.endswith(" LR")}
        assert used == {row["scheduled LR"]}
    assert "equal to scheduled LR, bit for bit" in process.stdout


def test_the_last_row_is_the_end_of_the_run(finished):
    _, total, _, results = finished
    assert rows_of(results)[-1]["timesteps"] >= total


def test_the_table_the_csv_and_the_picture_are_there(finished):
    _, _, process, results = finished
    assert all(name in process.stdout for name in ("timesteps", "progress", "mean episode"))
    assert len([line for line in process.stdout.splitlines() if line.lstrip()[:1].isdigit()]) >= len(rows_of(results))
    assert (results / "updates.png").read_bytes().startswith(b"\x89PNG")


def test_the_schedules_come_back_equal_from_the_saved_model(finished):
    name, total, process, _ = finished
    loaded = [line for line in process.stdout.splitlines() if line.startswith("Loaded ")]
    assert len(loaded) == len(schedules_of(name, total))
    assert all(line.endswith("equal to the one saved") for line in loaded)


def test_the_saved_model_holds_the_schedules_for_another_process_too(finished):
    name, total, _, results = finished
    expected = schedules_of(name, total)
    if name == "custom_loop":
        saved = torch.load(results / "checkpoint.pt", weights_only=True)["schedules"]
        assert BaseLRSchedule.create(saved["learning_rate"]) == expected["scheduled LR"]
        assert BaseLRSchedule.create(saved["entropy_coefficient"]) == expected["entropy coefficient"]
        return
    model = {"ppo_cartpole": PPO, "sac_pendulum": SAC}[name].load(results / "model.zip", device="cpu")
    assert model.learning_rate == expected["scheduled LR"]
    if name == "ppo_cartpole":
        assert [model.clip_range(p) for p in (1.0, 0.4, -0.1)] == [expected["clip range"](p) for p in (1.0, 0.4, -0.1)]


def test_results_go_where_the_option_says(tmp_path):
    process = run("custom_loop", tmp_path, "--total-timesteps", "1024", "--output", "elsewhere/deep")
    assert process.returncode == 0, process.stderr
    assert {path.name for path in (tmp_path / "elsewhere/deep").iterdir()} == {
        "checkpoint.pt",
        "updates.csv",
        "updates.png",
    }
    assert not (tmp_path / "runs").exists()


def test_a_mistake_in_the_yaml_file_is_named_before_training_starts(tmp_path):
    config = (EXAMPLES / "ppo_cartpole.yml").read_text(encoding="utf-8").replace("final_value", "final_valu")
    (tmp_path / "mistake.yml").write_text(config, encoding="utf-8")
    process = run("ppo_cartpole", tmp_path, "--config", "mistake.yml")
    assert process.returncode == 1
    assert "final_valu: unknown key; did you mean 'final_value'?" in process.stderr
