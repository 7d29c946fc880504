"""The examples, run as a user runs them, for as few steps as show the point."""

from __future__ import annotations

import csv
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import yaml
from stable_baselines3 import PPO, SAC
from torch.optim.lr_scheduler import OneCycleLR

from lr_schedule import BaseLRSchedule
from lr_schedule.sb3 import ScheduleCallback
from tests.processes import Finished, Program

EXAMPLES = Path(__file__).parent.parent / "examples"


def start(name: str, folder: Path, *arguments: object) -> Program:
    """Start an example in an empty folder."""
    environment = {**os.environ, "COLUMNS": "120", "OMP_NUM_THREADS": "1"}
    return Program(EXAMPLES / f"{name}.py", *arguments, cwd=folder, env=environment)


def run(name: str, folder: Path, *arguments: object) -> str:
    """Return what an example prints that ends well."""
    finished = start(name, folder, *arguments).finish()
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


class Trained(NamedTuple):
    """An example that has trained: its name, its length in timesteps, what it printed and its folder of results."""

    name: str
    total: int
    printed: str
    results: Path


LENGTHS = {"ppo_cartpole": 3072, "sac_pendulum": 600, "custom_loop": 4096}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in LENGTHS],
)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    name, total = request.param, LENGTHS[request.param]
    folder = tmp_path_factory.mktemp(name)
    return Trained(name, total, run(name, folder, "--total-timesteps", total), folder / "runs" / name)


def rows_of(results: Path) -> list[dict[str, float]]:
    with (results / "updates.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def column(results: Path, name: str) -> list[float]:
    return [row[name] for row in rows_of(results)]


def schedules_of(name: str, total: int) -> dict[str, BaseLRSchedule]:
    """Return an example's schedules by the name of their column, read from its YAML."""
    config = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text(encoding="utf-8"))
    if name == "ppo_cartpole":
        found = {"scheduled LR": config["ppo"]["learning_rate"], "clip range": config["ppo"]["clip_range"]}
    elif name == "sac_pendulum":
        found = {"scheduled LR": config["sac"]["learning_rate"]}
    else:
        found = {"scheduled LR": config["schedules"]["learning_rate"]}
        found["entropy coefficient"] = config["schedules"]["entropy_coefficient"]
    return {column: BaseLRSchedule.create(cfg, total) for column, cfg in found.items()}


def test_every_row_holds_the_value_of_the_schedule_in_the_yaml_file(trained: Trained) -> None:
    rows = rows_of(trained.results)
    assert len(rows) >= 3
    for name, schedule in schedules_of(trained.name, trained.total).items():
        expected = [schedule(1 - row["timesteps"] / trained.total) for row in rows]
        assert [row[name] for row in rows] == expected
        assert len(set(expected)) > 1


def test_the_optimizers_used_the_scheduled_learning_rate_at_every_update(trained: Trained) -> None:
    for row in rows_of(trained.results):
        used = {value for name, value in row.items() if name.endswith(" LR")}
        assert used == {row["scheduled LR"]}
    assert "equal to scheduled LR, bit for bit" in trained.printed


def test_the_last_row_is_the_end_of_the_run(trained: Trained) -> None:
    assert rows_of(trained.results)[-1]["timesteps"] >= trained.total


def test_the_table_the_csv_and_the_picture_are_there(trained: Trained) -> None:
    assert all(name in trained.printed for name in ("timesteps", "progress", "mean episode"))
    lines = [line for line in trained.printed.splitlines() if line.lstrip()[:1].isdigit()]
    assert len(lines) >= len(rows_of(trained.results))
    assert (trained.results / "updates.png").read_bytes().startswith(b"\x89PNG")


def test_the_schedules_come_back_equal_from_the_saved_model(trained: Trained) -> None:
    loaded = [line for line in trained.printed.splitlines() if line.startswith("Loaded ")]
    assert len(loaded) == len(schedules_of(trained.name, trained.total))
    assert all(line.endswith("equal to the one saved") for line in loaded)


def test_the_saved_model_holds_the_schedules_for_another_process_too(trained: Trained) -> None:
    expected = schedules_of(trained.name, trained.total)
    if trained.name == "custom_loop":
        saved = torch.load(trained.results / "checkpoint.pt", weights_only=True)["schedules"]
        assert BaseLRSchedule.create(saved["learning_rate"]) == expected["scheduled LR"]
        assert BaseLRSchedule.create(saved["entropy_coefficient"]) == expected["entropy coefficient"]
    elif trained.name == "sac_pendulum":
        assert SAC.load(trained.results / "model.zip", device="cpu").learning_rate == expected["scheduled LR"]
    else:
        model = PPO.load(trained.results / "model.zip", device="cpu")
        assert model.learning_rate == expected["scheduled LR"]
        assert callable(model.clip_range)
        points = (1.0, 0.4, -0.1)
        assert [model.clip_range(p) for p in points] == [expected["clip range"](p) for p in points]


def test_results_go_where_the_option_says(tmp_path: Path) -> None:
    run("custom_loop", tmp_path, "--total-timesteps", "1024", "--output", "elsewhere/deep")
    written = {path.name for path in (tmp_path / "elsewhere/deep").iterdir()}
    assert written == {"checkpoint.pt", "updates.csv", "updates.png"}
    assert not (tmp_path / "runs").exists()


def test_a_mistake_in_the_yaml_file_is_named_before_training_starts(tmp_path: Path) -> None:
    config = (EXAMPLES / "ppo_cartpole.yml").read_text(encoding="utf-8").replace("final_value", "final_valu")
    (tmp_path / "mistake.yml").write_text(config, encoding="utf-8")
    finished: Finished = start("ppo_cartpole", tmp_path, "--config", "mistake.yml").finish()
    assert finished.returncode == 1
    assert "final_valu: unknown key; did you mean 'final_value'?" in finished.stderr


@pytest.mark.slow
def test_ppo_with_torch_and_optax_schedules_uses_what_stepping_by_hand_gives(tmp_path: Path) -> None:
    printed = run("bridge_one_cycle_ppo", tmp_path, "--total-timesteps", "10000")
    assert printed.count("optimizer LR, stepped by hand: equal to scheduled LR, bit for bit, in all 10 rows") == 2
    assert "Loaded one_cycle: TorchLRSchedule, equal" in printed
    assert "Loaded optax: TableLRSchedule, equal" in printed
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    scheduler = OneCycleLR(optimizer, max_lr=5e-3, total_steps=10, pct_start=0.2)
    expected: list[float] = []
    for _ in range(9):
        optimizer.step()
        scheduler.step()
        expected += [float(rate) for rate in scheduler.get_last_lr()]
    used = column(tmp_path / "runs/bridge_one_cycle_ppo/one_cycle", "optimizer LR")
    assert used == [*expected, expected[-1]]


def follows_its_schedule(results: Path) -> None:
    """Require that each update of the single-file PPO used its rate, and that the checkpoint counts the updates."""
    config = yaml.safe_load((EXAMPLES / "cleanrl_style_ppo.yml").read_text(encoding="utf-8"))
    used = column(results, "optimizer LR")
    schedule = BaseLRSchedule.create(config["learning_rate"], len(used))
    assert used == [torch.tensor(schedule(1 - k / len(used))).item() for k in range(len(used))]
    assert len(set(used)) == len(used)
    checkpoint = torch.load(results / "checkpoint.pt", weights_only=True)
    assert checkpoint["scheduler"]["last_epoch"] == checkpoint["scheduler"]["total_steps"] == len(used)


def test_the_single_file_ppo_uses_its_schedules_at_every_update(tmp_path: Path) -> None:
    text = (EXAMPLES / "cleanrl_style_ppo.yml").read_text(encoding="utf-8")
    (tmp_path / "plain.yml").write_text(text.replace("compile: true", "compile: false"), encoding="utf-8")
    run("cleanrl_style_ppo", tmp_path, "--total-timesteps", "12800", "--config", "plain.yml")
    follows_its_schedule(tmp_path / "runs/cleanrl_style_ppo")


@pytest.mark.slow
def test_the_single_file_ppo_learns_cartpole_on_its_schedules(tmp_path: Path) -> None:
    printed = run("cleanrl_style_ppo", tmp_path)
    (mean,) = re.findall(r"Mean reward of the last 100 episodes: ([\d.]+)", printed)
    assert float(mean) >= 400
    follows_its_schedule(tmp_path / "runs/cleanrl_style_ppo")


def test_the_optax_loop_fits_and_resumes_exactly(tmp_path: Path) -> None:
    printed = run("optax_loop", tmp_path)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", printed)]
    assert losses[-1] < 1e-3 < losses[0]
    assert "equal to those of the whole run, bit for bit" in printed


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder and the output of the example with a controller, which stands alone with its YAML."""
    folder = tmp_path_factory.mktemp("kl_ppo")
    for suffix in (".py", ".yml"):
        shutil.copy(EXAMPLES / f"kl_ppo{suffix}", folder)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    finished = Program(folder / "kl_ppo.py", "--total-timesteps", "6000", cwd=folder, env=environment).finish()
    assert finished.returncode == 0, finished.stderr
    return folder, finished.stdout


def test_the_rates_of_the_example_with_a_controller_follow_from_the_kls_alone(controlled: tuple[Path, str]) -> None:
    folder, printed = controlled
    assert "The rates follow from the KLs, bit for bit, in all 6 updates" in printed
    assert re.search(r"KL within its band in [0-6] of 6 updates", printed)
    assert (folder / "kl_ppo.png").read_bytes().startswith(b"\x89PNG")


def test_the_example_with_a_controller_is_a_section_of_the_zoo() -> None:
    text = (EXAMPLES / "kl_ppo.yml").read_text(encoding="utf-8")
    section = yaml.safe_load(text)["CartPole-v1"]
    (callback,) = section["callback"]
    keywords = callback["lr_schedule.sb3.ScheduleCallback"]
    assert keywords["schedules"]["learning_rate"]["controller"] == "kl"
    assert ScheduleCallback(**keywords).schedules == keywords["schedules"]
    assert isinstance(section["learning_rate"], float)


@pytest.mark.slow
def test_the_controller_of_the_example_brings_the_kl_into_its_band(tmp_path: Path) -> None:
    printed = run("kl_ppo", tmp_path)
    (within, updates) = map(int, re.findall(r"in (\d+) of (\d+) updates", printed)[0])
    assert within >= updates / 2
