"""Schedules of steps as other libraries and users write them, and what stepping them honestly gives."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optax
import torch
from torch.optim import lr_scheduler as tls
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from lr_schedule import BaseLRSchedule

LR = 0.003

T = 10_000
"""The length of a run with a scheduler of torch."""

SHORT = 400
"""The length of a run with a source that is asked at every step through Python."""


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

    def get_lr(self) -> list[Any]:
        self.angle += 0.37 * self.swing
        return [0.5 * rate + 0.5 * base * (1 + self.swing * np.sin(self.angle)) for rate, base in
                zip([g["lr"] for g in self.optimizer.param_groups], self.base_lrs, strict=True)]  # fmt: skip


class OlmDecay(tls.LRScheduler):
    """A linear decay to zero over its own total_steps, in the shape of olm's LinearDecayLR."""

    def __init__(self, optimizer: Any, total_steps: int, last_epoch: int = -1) -> None:
        self.total_steps = total_steps
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
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


linear_with_warmup: Any = get_linear_schedule_with_warmup  # has no types

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
    "transformers linear": lambda optimizer: linear_with_warmup(optimizer, 300, T),
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


def shuffled(schedule: BaseLRSchedule, total: float = SHORT, steps: int | None = None) -> list[float]:
    """Return the values at every step from 0 to `steps`, or to the last of the run, asked in random order."""
    last = int(total) if steps is None else steps
    order = random.Random(7).sample(range(last + 1), last + 1)
    found = {k: schedule(1 - k / total) for k in order}
    return [found[k] for k in range(last + 1)]


class Optimizer:
    """The least that a stepper needs of an optimizer, without any framework."""

    def __init__(self, *rates: float) -> None:
        self.param_groups = [{"lr": rate, "params": []} for rate in rates]


class CountingStepper:
    """A stepper in the shape of optimus_dl's BaseLRScheduler: step() counts, set() writes, get_lr() computes."""

    def __init__(self, optimizer: Any, half_life: float) -> None:
        self.optimizer = optimizer
        self.half_life = half_life
        self.count = 0
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]

    def get_lr(self) -> list[float]:
        return [rate * 0.5 ** (self.count / self.half_life) for rate in self.base_lrs]

    def step(self) -> None:
        self.count += 1
        self.set()

    def set(self) -> None:
        for group, rate in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = rate

    def get_last_lr(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]


class UpdateScheduler:
    """A scheduler in the shape of timm's: step(epoch) or step_update(num_updates) counts, with seeded noise."""

    def __init__(self, optimizer: Any, length: int, *, t_in_epochs: bool, noise: float = 0.0) -> None:
        self.optimizer, self.length, self.t_in_epochs, self.noise = optimizer, length, t_in_epochs, noise
        self.start: float = optimizer.param_groups[0]["lr"]
        self.update_groups(0.1 * self.start)

    def _get_lr(self, t: int) -> float:
        warm = 20
        if t < warm:
            return self.start * (0.1 + 0.9 * t / warm)
        return self.start * 0.5 * (1 + math.cos(math.pi * min(t / self.length, 1)))

    def _get_values(self, t: int, on_epoch: bool = True) -> float | None:
        return self._get_lr(t) if on_epoch == self.t_in_epochs else None

    def _noisy(self, value: float, t: int) -> float:
        return value * (1 + self.noise * random.Random(42 + t).uniform(-1, 1))

    def step(self, epoch: int, metric: float | None = None) -> None:
        self._set(self._get_values(epoch, on_epoch=True), epoch)

    def step_update(self, num_updates: int, metric: float | None = None) -> None:
        self._set(self._get_values(num_updates, on_epoch=False), num_updates)

    def _set(self, value: float | None, t: int) -> None:
        if value is not None:
            self.update_groups(self._noisy(value, t))

    def update_groups(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value


class SmoothExponential:
    """An object with value(step) that is not callable, in the shape of DeePMD-kit's LearningRateExp."""

    def __init__(self, start_lr: float, stop_lr: float, num_steps: int, warmup_steps: int = 0) -> None:
        self.start_lr, self.num_steps, self.warmup_steps = start_lr, num_steps, warmup_steps
        self.rate = stop_lr / start_lr

    def value(self, step: Any) -> Any:
        step = np.asarray(step, dtype=np.float64)
        decay = self.start_lr * self.rate ** ((step - self.warmup_steps) / (self.num_steps - self.warmup_steps))
        return np.where(step < self.warmup_steps, self.start_lr * step / max(self.warmup_steps, 1), decay)


OPTAX = {
    "cosine": optax.cosine_decay_schedule(LR, SHORT, alpha=0.01),
    "warmup cosine": optax.warmup_cosine_decay_schedule(0.0, LR, 40, SHORT, 1e-5),
    "exponential": optax.exponential_decay(LR, 100, 0.5, staircase=True),
    "joined": optax.join_schedules([optax.linear_schedule(0.0, LR, 50), optax.constant_schedule(LR)], [50]),
}
