"""Schedulers of torch, of transformers and of users, and what stepping them honestly gives."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.optim import lr_scheduler as tls
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from lr_schedule import BaseLRSchedule

LR = 0.003


T = 10_000


BY_NAME: dict[str, tuple[str, dict[str, Any]]] = {
    "constant": ("ConstantLR", {"factor": 0.3, "total_iters": 700}),
    "cosine": ("CosineAnnealingLR", {"T_max": T, "eta_min": 1e-5}),
    "cosine over many half waves": ("CosineAnnealingLR", {"T_max": 613}),
    "warm restarts": ("CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 3, "eta_min": 1e-6}),
    "warm restarts of equal length": ("CosineAnnealingWarmRestarts", {"T_0": 333}),
    "cyclic triangular": ("CyclicLR", {"base_lr": 1e-4, "max_lr": LR, "step_size_up": 311, "step_size_down": 57}),
    "cyclic triangular2": ("CyclicLR", {"base_lr": 1e-4, "max_lr": LR, "step_size_up": 900, "mode": "triangular2"}),
    "cyclic exp_range": (
        "CyclicLR",
        {"base_lr": 1e-4, "max_lr": LR, "step_size_up": 311, "mode": "exp_range", "gamma": 0.9995},
    ),
    "exponential": ("ExponentialLR", {"gamma": 0.9993}),
    "linear": ("LinearLR", {"start_factor": 0.1, "end_factor": 0.9, "total_iters": 8000}),
    "linear to zero": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": T}),
    "milestones": ("MultiStepLR", {"milestones": [30, 31, 4000, 9999, 10_000], "gamma": 0.3}),
    "one cycle": ("OneCycleLR", {"max_lr": LR}),
    "one cycle linear": ("OneCycleLR", {"max_lr": LR, "anneal_strategy": "linear"}),
    "one cycle in three phases": ("OneCycleLR", {"max_lr": LR, "three_phase": True, "pct_start": 0.2}),
    "one cycle in three linear phases": (
        "OneCycleLR",
        {"max_lr": LR, "three_phase": True, "anneal_strategy": "linear", "cycle_momentum": False},
    ),
    "polynomial": ("PolynomialLR", {"total_iters": T, "power": 1.7}),
    "steps": ("StepLR", {"step_size": 123, "gamma": 0.95}),
}


class Wobble(tls.LRScheduler):
    """A scheduler as users write them: a state of its own, and the value before as an ingredient."""

    def __init__(self, optimizer: Any, swing: float = 0.1) -> None:
        self.swing, self.angle = swing, 0.0
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        self.angle += 0.37 * self.swing
        return [0.5 * rate + 0.5 * base * (1 + self.swing * np.sin(self.angle)) for rate, base in
                zip([g["lr"] for g in self.optimizer.param_groups], self.base_lrs, strict=True)]  # fmt: skip


class OlmDecay(tls.LRScheduler):
    """A linear decay to zero over its own total_steps, in the shape of olm's LinearDecayLR."""

    def __init__(self, optimizer: Any, total_steps: int, last_epoch: int = -1) -> None:
        self.total_steps = total_steps
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        left = max(0.0, 1 - self.last_epoch / self.total_steps)
        return [base * left for base in self.base_lrs]


def sequential(optimizer: Any) -> Any:
    warmup = tls.LinearLR(optimizer, start_factor=0.01, total_iters=500)
    middle = tls.CosineAnnealingWarmRestarts(optimizer, T_0=400, T_mult=2)
    return tls.SequentialLR(optimizer, [warmup, middle, tls.ExponentialLR(optimizer, 0.999)], milestones=[500, 7000])


def chained(optimizer: Any) -> Any:
    return tls.ChainedScheduler([tls.ConstantLR(optimizer, 0.1, 4000), tls.ExponentialLR(optimizer, 0.9995)])


def nested(optimizer: Any) -> Any:
    inner = tls.SequentialLR(
        optimizer, [tls.LinearLR(optimizer, 0.1, 1.0, 500), tls.CosineAnnealingLR(optimizer, T - 500)], [500]
    )
    return tls.ChainedScheduler([inner, tls.StepLR(optimizer, 1000, 0.9)])


def chained_then_polynomial(optimizer: Any) -> Any:
    first = tls.ChainedScheduler(
        [tls.LinearLR(optimizer, 0.5, 1.0, 100), tls.MultiplicativeLR(optimizer, lambda _: 0.999)]
    )
    return tls.SequentialLR(optimizer, [first, tls.PolynomialLR(optimizer, T, 2.0)], milestones=[3000])


FACTORIES: dict[str, Callable[[Any], Any]] = {
    "lambda": lambda optimizer: tls.LambdaLR(optimizer, lambda k: 1 / (1 + 0.01 * k)),
    "multiplicative": lambda optimizer: tls.MultiplicativeLR(optimizer, lambda k: 0.9995 if k % 3 else 1.0002),
    "cyclic with a function": lambda optimizer: tls.CyclicLR(
        optimizer, 1e-4, LR, step_size_up=97, scale_fn=lambda x: 1 / (1 + 0.1 * x)
    ),
    "sequential": sequential,
    "chained": chained,
    "nested": nested,
    "chained, then polynomial": chained_then_polynomial,
    "transformers cosine": lambda optimizer: get_cosine_schedule_with_warmup(optimizer, 300, T, num_cycles=1.5),
    "transformers linear": lambda optimizer: get_linear_schedule_with_warmup(optimizer, 300, T),
    "a user's subclass": Wobble,
}


def make(name: str) -> Callable[[Any], Any]:
    """Return what makes the scheduler of that name over an optimizer."""
    if name in FACTORIES:
        return FACTORIES[name]
    kind, arguments = BY_NAME[name]
    own = {"total_steps": T} if kind == "OneCycleLR" else {}
    return lambda optimizer: getattr(tls, kind)(optimizer, **own, **arguments)


def new_optimizer(lr: Any = LR) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(3))], lr=lr, momentum=0.9)


def stepped(scheduler: Any, steps: int, group: int = 0) -> list[float]:
    """Return the learning rates after 0, 1, 2, ... calls of step(); of a OneCycleLR those that are its own."""
    rates = [float(scheduler.optimizer.param_groups[group]["lr"])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            if isinstance(scheduler, tls.OneCycleLR) and scheduler.last_epoch == scheduler.total_steps - 1:
                rates.append(rates[-1])
                continue
            scheduler.step()
            rates.append(float(scheduler.optimizer.param_groups[group]["lr"]))
    return rates


def shuffled(schedule: BaseLRSchedule, total: float, steps: int) -> list[float]:
    """Return the values at every step, asked in random order."""
    order = random.Random(7).sample(range(steps + 1), steps + 1)
    found = {k: schedule(1 - k / total) for k in order}
    return [found[k] for k in range(steps + 1)]
