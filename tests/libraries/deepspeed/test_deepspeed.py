"""Schedules in DeepSpeed: what its optimizer really has in every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before the import: DeepSpeed looks for its device and its processes then.
os.environ.update(DS_ACCELERATOR="cpu", RANK="0", LOCAL_RANK="0", WORLD_SIZE="1")

import deepspeed
import pytest
import torch

from lr_schedule import BaseLRSchedule
from lr_schedule.optim import ScheduleLR
from tests.libraries.running import run_page

ACCUMULATED, TOTAL = 3, 100
RATE = {"type": "linear", "initial_value": 1e-3, "final_value": 1e-5, "warmup_fraction": 0.05}
DECAY = {"type": "cosine", "initial_value": 0.1}


@pytest.fixture(autouse=True, scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # A faster all-reduce for the processes of one machine; it would be compiled for minutes.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    meeting = tmp_path_factory.mktemp("deepspeed") / "meeting"
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def make_config(stage: int) -> dict[str, Any]:
    return {
        "train_micro_batch_size_per_gpu": 2,
        "gradient_accumulation_steps": ACCUMULATED,
        "zero_optimization": {"stage": stage},
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": stage > 0},
    }


def make_batches(stage: int, steps: int) -> Iterator[Any]:
    for _ in range(steps * ACCUMULATED):
        yield torch.randn(2, 2, dtype=torch.bfloat16 if stage else torch.float32)


def values(steps: range) -> list[tuple[float, float]]:
    rate, decay = BaseLRSchedule.create(RATE), BaseLRSchedule.create(DECAY)
    return [(rate(1.0 - step / TOTAL), decay(1.0 - step / TOTAL)) for step in steps]


def record(optimizer: torch.optim.Optimizer, seen: list[tuple[float, float]]) -> None:
    optimizer.register_step_post_hook(
        lambda optimizer, *_: seen.extend((g["lr"], g["weight_decay"]) for g in optimizer.param_groups)
    )


def train(engine: Any, stage: int, steps: int) -> None:
    for batch in make_batches(stage, steps):
        engine.backward(engine(batch).square().mean())
        engine.step()


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_every_step_of_deepspeed_has_the_next_values_and_a_checkpoint_goes_on(
    stage: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[float, float]] = []
    make = deepspeed.initialize

    def make_and_record(**arguments: Any) -> Any:
        record(arguments["optimizer"], seen)
        return make(**arguments)

    monkeypatch.setattr(deepspeed, "initialize", make_and_record)
    model, config = torch.nn.Linear(2, 1), make_config(stage)
    names = run_page("deepspeed", model=model, config=config, batches=make_batches(stage, 5))
    assert seen == values(range(5))
    assert names["engine"].get_lr() == [values(range(5, 6))[0][0]]

    seen.clear()
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    engine, *_ = deepspeed.initialize(
        model=model, optimizer=optimizer, config=config, lr_scheduler=names["make_scheduler"]
    )
    engine.load_checkpoint("checkpoints")
    train(engine, stage, 4)
    assert seen == values(range(5, 9))
    assert engine.global_steps == 9


def test_an_optimizer_that_deepspeed_makes_follows_a_schedule_in_each_group() -> None:
    model = torch.nn.Linear(2, 1)
    config = {**make_config(0), "optimizer": {"type": "AdamW", "params": {"lr": 1e-3, "torch_adam": True}}}
    groups = [{"params": [model.weight]}, {"params": [model.bias]}]

    def make_scheduler(optimizer: Any) -> ScheduleLR:
        return ScheduleLR(optimizer, {"lr": [RATE, 1e-4]}, total_steps=TOTAL)

    engine, *_ = deepspeed.initialize(model=model, model_parameters=groups, config=config, lr_scheduler=make_scheduler)
    rates: list[list[float]] = []
    engine.basic_optimizer.register_step_post_hook(lambda o, *_: rates.append([g["lr"] for g in o.param_groups]))
    train(engine, 0, 4)
    assert rates == [[rate, 1e-4] for rate, _ in values(range(4))]


def test_a_controller_of_a_scheduler_of_deepspeed_observes_what_it_is_told() -> None:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    controller = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0}
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=optimizer,
        config=make_config(0),
        lr_scheduler=lambda optimizer: ScheduleLR(optimizer, controller, total_steps=TOTAL),
    )
    engine.lr_scheduler.observe(2.0)
    train(engine, 0, 1)
    assert engine.get_lr() == [0.005]
