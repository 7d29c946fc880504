"""Small sources of step-based schedules, in the shape of other libraries' schedulers."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import optax

from lr_schedule import BaseLRSchedule

T = 400


LR = 0.003


def shuffled(schedule: BaseLRSchedule, total: float = T) -> list[float]:
    """Return the values at every step, asked in random order."""
    steps = int(total) + 1
    order = random.Random(5).sample(range(steps), steps)
    found = {k: schedule(1 - k / total) for k in order}
    return [found[k] for k in range(steps)]


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
        self.start = optimizer.param_groups[0]["lr"]
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
    "cosine": optax.cosine_decay_schedule(LR, T, alpha=0.01),
    "warmup cosine": optax.warmup_cosine_decay_schedule(0.0, LR, 40, T, 1e-5),
    "exponential": optax.exponential_decay(LR, 100, 0.5, staircase=True),
    "joined": optax.join_schedules([optax.linear_schedule(0.0, LR, 50), optax.constant_schedule(LR)], [50]),
}
