"""Controllers in a run of rsl_rl of two processes: each has environments of its own, and all have the same rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lr_schedule.adapters.rsl_rl import schedule_hyperparameters
from lr_schedule.control import create_controller
from tests.libraries.rsl_rl.training import EPOCHS, MINI_BATCHES, make_runner, record

TOTAL = 6
STEPS = EPOCHS * MINI_BATCHES
KL = {"controller": "kl", "schedule": {"type": "linear", "initial_value": 1e-3}, "target_kl": 1e-3}


def train_in_one_of_two_processes(rank: int, folder: str) -> None:
    """Train as rsl_rl does on two GPUs, whose processes it joins by nccl alone, and save what was in every step."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    runner = make_runner()
    vars(runner.alg).update(is_multi_gpu=True, gpu_world_size=2, gpu_global_rank=rank)
    steps, update = record(runner), runner.alg.update
    losses: list[float] = []

    def update_and_record() -> Any:
        returned = update()
        losses.append(returned["value"])
        return returned

    runner.alg.update = update_and_record
    target = {"controller": "target", "schedule": 0.01, "goal": 0.3, "band": 1.0, "metric": "value"}
    schedule_hyperparameters(runner, {"learning_rate": KL, "entropy_coef": target}, TOTAL)
    torch.manual_seed(rank)  # other actions, and so other rollouts
    runner.learn(TOTAL)
    coefficients = [step.algorithm["entropy_coef"] for step in steps]
    torch.save(([step.rates for step in steps], coefficients, losses), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_a_controller_in_rsl_rl_moves_alike_in_every_process_of_a_distributed_run(tmp_path: Path) -> None:
    spawn: Any = vars(torch.multiprocessing)["spawn"]  # which torch does not export
    spawn(train_in_one_of_two_processes, (str(tmp_path),), nprocs=2)
    (rates, coefficients, losses), other = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert losses != other[2]
    assert (rates, coefficients) == other[:2]
    assert rates[0] == [1e-3]  # and not its nearest number of 32 bits, which is what rsl_rl tells the other process
    assert len({rate for (rate,) in rates}) > 2
    controller = create_controller({"controller": "target", "schedule": 0.01, "goal": 0.3, "band": 1.0})
    means = [(a + b) / 2 for a, b in zip(losses, other[2], strict=True)]
    observed = controller.replay((1.0 - iteration / TOTAL, mean) for iteration, mean in enumerate(means))
    assert coefficients[::STEPS] == pytest.approx([0.01, *observed[:-1]], rel=1e-9)
