"""What the bridge costs: asking at every step, looking up again, driving an optimizer, beside torch in one process."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import CosineAnnealingLRSchedule, LinearLRSchedule, from_torch
from lr_schedule.optim import ScheduleLR

T = 2000
PROGRESS = [1 - k / T for k in range(T + 1)]


def sequential(optimizer: Any) -> Any:
    parts = [tls.LinearLR(optimizer, 0.1, 1.0, T // 4), tls.CosineAnnealingLR(optimizer, T - T // 4)]
    return tls.SequentialLR(optimizer, parts, [T // 4])


def chained(optimizer: Any) -> Any:
    return tls.ChainedScheduler([tls.ConstantLR(optimizer), tls.ExponentialLR(optimizer, 0.9999)])


SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "LambdaLR": lambda o: tls.LambdaLR(o, lambda k: 0.9999**k),
    "MultiplicativeLR": lambda o: tls.MultiplicativeLR(o, lambda _: 0.9999),
    "StepLR": lambda o: tls.StepLR(o, 30),
    "MultiStepLR": lambda o: tls.MultiStepLR(o, [30, 80]),
    "ConstantLR": lambda o: tls.ConstantLR(o, 0.3, 100),
    "LinearLR": lambda o: tls.LinearLR(o, 0.1, 1.0, T),
    "ExponentialLR": lambda o: tls.ExponentialLR(o, 0.9999),
    "PolynomialLR": lambda o: tls.PolynomialLR(o, T),
    "CosineAnnealingLR": lambda o: tls.CosineAnnealingLR(o, T),
    "CosineAnnealingWarmRestarts": lambda o: tls.CosineAnnealingWarmRestarts(o, 50),
    "CyclicLR": lambda o: tls.CyclicLR(o, 1e-4, 1e-3, 50),
    "OneCycleLR": lambda o: tls.OneCycleLR(o, 1e-2, T + 1),
    "SequentialLR": sequential,
    "ChainedScheduler": chained,
}


def new_optimizer(groups: int = 1, lr: Any = 1e-3) -> torch.optim.Optimizer:
    parameters = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for _ in range(groups)]
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


def step_and_read(scheduler: Any) -> None:
    groups = scheduler.optimizer.param_groups
    for _ in range(T):
        scheduler.step()
        groups[0]["lr"]


def ask(schedule: Any) -> None:
    for progress in PROGRESS:
        schedule(progress)


@pytest.mark.parametrize("who", ["torch, stepped", "ours"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_asking_at_every_step_of_a_run(benchmark: Any, name: str, who: str) -> None:
    make = SCHEDULERS[name]
    benchmark.group = f"every step of {name}, once"
    benchmark.extra_info.update(who=who, aim=1.0, calls=T)

    def fresh() -> tuple[tuple[Any], dict[str, Any]]:
        return (from_torch(make, T) if who == "ours" else make(new_optimizer()),), {}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        benchmark.pedantic(ask if who == "ours" else step_and_read, setup=fresh, rounds=40, warmup_rounds=3)


@pytest.mark.parametrize("who", ["our linear", "ours"])
def test_a_later_look_up(race: Any, who: str) -> None:
    bridged = from_torch("OneCycleLR", T, max_lr=1e-2)
    bridged(0.0)
    schedule = bridged if who == "ours" else LinearLRSchedule(1e-3)
    race("a look-up in a bridged schedule", who, schedule, 0.371, aim=1.5, calls=1000)


@pytest.mark.parametrize("who", ["torch LambdaLR", "ours"])
@pytest.mark.parametrize("rate", ["float", "tensor"])
@pytest.mark.parametrize("groups", [1, 2, 8])
def test_a_step_of_an_optimizers_schedule(race: Any, groups: int, rate: str, who: str) -> None:
    optimizer = new_optimizer(groups, 1.0 if rate == "float" else torch.tensor(1.0))
    total = 10**7
    if who == "ours":
        scheduler: Any = ScheduleLR(optimizer, CosineAnnealingLRSchedule(1.0), total)
    else:
        scheduler = tls.LambdaLR(optimizer, lambda k: (1 + math.cos(math.pi * k / total)) / 2)
        optimizer.step()
        scheduler.step()
    race(f"step(), cosine, {groups} groups, {rate} rate", who, scheduler.step, None, aim=0.25, calls=1000)
