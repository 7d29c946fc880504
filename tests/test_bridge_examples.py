"""The examples of the bridge, run as a user runs them."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.optim.lr_scheduler import OneCycleLR

from lr_schedule import BaseLRSchedule

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.slow


def run(name: str, folder: Path, *arguments: str) -> str:
    """Return what an example prints that is started in an empty folder."""
    process = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def column(path: Path, name: str) -> list[float]:
    with path.open(newline="", encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def test_ppo_with_torch_and_optax_schedules_uses_what_stepping_by_hand_gives(tmp_path: Path) -> None:
    printed = run("bridge_one_cycle_ppo", tmp_path, "--total-timesteps", "10000")
    assert printed.count("optimizer LR, stepped by hand: equal to scheduled LR, bit for bit, in all 10 rows") == 2
    assert "Loaded one_cycle: TorchLRSchedule, equal" in printed
    assert "Loaded optax: TableLRSchedule, equal" in printed
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    scheduler = OneCycleLR(optimizer, max_lr=5e-3, total_steps=10, pct_start=0.2)
    expected = []
    for _ in range(9):
        optimizer.step()
        scheduler.step()
        expected += scheduler.get_last_lr()
    assert column(tmp_path / "runs/bridge_one_cycle_ppo/one_cycle/updates.csv", "optimizer LR") == [
        *expected,
        expected[-1],
    ]


def test_the_single_file_ppo_learns_cartpole_on_its_schedules(tmp_path: Path) -> None:
    printed = run("cleanrl_style_ppo", tmp_path)
    (mean,) = re.findall(r"Mean reward of the last 100 episodes: ([\d.]+)", printed)
    assert float(mean) >= 400
    config: Any = yaml.safe_load((EXAMPLES / "cleanrl_style_ppo.yml").read_text(encoding="utf-8"))
    used = column(tmp_path / "runs/cleanrl_style_ppo/updates.csv", "optimizer LR")
    schedule = BaseLRSchedule.create(config["learning_rate"], len(used))
    assert used == [torch.tensor(schedule(1 - k / len(used))).item() for k in range(len(used))]
    assert len(set(used)) == len(used)
    checkpoint = torch.load(tmp_path / "runs/cleanrl_style_ppo/checkpoint.pt", weights_only=True)
    assert checkpoint["scheduler"] == {"last_epoch": len(used)}


def test_the_optax_loop_fits_and_resumes_exactly(tmp_path: Path) -> None:
    printed = run("optax_loop", tmp_path)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", printed)]
    assert losses[-1] < 1e-3 < losses[0]
    assert "equal to those of the whole run, bit for bit" in printed
