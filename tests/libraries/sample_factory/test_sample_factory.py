"""Schedules in Sample Factory: what its optimizer really has in every step of a training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lr_schedule import BaseLRSchedule
from tests.environments import ROOT
from tests.libraries.running import run_page

BATCHES, EPOCHS, BATCH = 2, 2, 16
EXPERIENCE = BATCHES * BATCH
ARGUMENTS = (
    "--env=point --algo=APPO --device=cpu --experiment=point --with_wandb=False --num_workers=1 "
    "--num_envs_per_worker=2 --worker_num_splits=1 --rollout=8 --recurrence=1 --use_rnn=False "
    f"--batch_size={BATCH} --num_batches_per_epoch={BATCHES} --num_epochs={EPOCHS} --encoder_mlp_layers 8"
)


def train(folder: Path, steps: int, *arguments: str) -> list[list[float]]:
    """Train in processes of its own, and return environment steps, rate and coefficient in each step."""
    record = folder / "record"
    record.write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "tests.libraries.sample_factory.script", str(record), *ARGUMENTS.split()]
    command += [f"--train_dir={folder}", f"--train_for_env_steps={steps}", *arguments]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def expected(total: int, starts: range) -> list[list[float]]:
    names = run_page("sample_factory")
    rate, exploration = names["rate"], names["exploration"]
    assert isinstance(rate, BaseLRSchedule)
    return [
        [start, rate(1 - start / total), exploration(1 - start / total)]
        for start in starts
        for _ in range(BATCHES * EPOCHS)
    ]


@pytest.mark.parametrize("processes", [("--serial_mode=True", "--async_rl=False"), ("--async_rl=True",)])
def test_every_step_of_sample_factory_has_the_values_of_its_batch_and_a_run_goes_on(
    processes: tuple[str, ...], tmp_path: Path
) -> None:
    half, total = 5 * EXPERIENCE, 10 * EXPERIENCE
    first = train(tmp_path, half, *processes)
    assert first[: 5 * BATCHES * EPOCHS] == expected(half, range(0, half, EXPERIENCE))
    done = int(first[-1][0]) + EXPERIENCE
    second = train(tmp_path, total, *processes)
    assert second[0][0] == done
    starts = range(done, int(second[-1][0]) + 1, EXPERIENCE)
    assert second == expected(total, starts)
    assert starts[-1] >= total - EXPERIENCE
