"""Rules of other libraries that follow a metric: their classes where those are installed, else what the source says."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

BASE = 1e-3
"""The learning rate that each of them starts from."""

Observe = Callable[[float], float]
"""Takes a metric, and returns the learning rate of the next update."""


class KLRule:
    """The rule that the KL of an update moves the rate by, as the sources of seven libraries state it.

    Args:
        target: The KL that is aimed at.
        smallest: The lower bound of the rate.
        raise_at_0: Whether a KL of 0, as after an update that changed nothing, raises the rate.
    """

    def __init__(self, target: float, smallest: float, *, raise_at_0: bool) -> None:
        self.target, self.smallest, self.raise_at_0 = target, smallest, raise_at_0
        self.rate = BASE

    def __call__(self, kl: float) -> float:
        if kl > self.target * 2.0:
            self.rate = max(self.rate / 1.5, self.smallest)
        elif kl < self.target / 2.0 and (kl > 0.0 or self.raise_at_0):
            self.rate = min(self.rate * 1.5, 1e-2)
        return self.rate


def rsl_rl(desired_kl: float) -> Observe:
    """Restate `rsl_rl.algorithms.PPO` with ``schedule="adaptive"`` (5.5)."""
    return KLRule(desired_kl, 1e-5, raise_at_0=False)


def brax(desired_kl: float) -> Observe:
    """Restate the adaptive rate of `brax.training.agents.ppo` (0.14)."""
    return KLRule(desired_kl, 1e-5, raise_at_0=False)


def torchrl(target_kl: float) -> Observe:
    """Restate `torchrl.modules.KLAdaptiveLR` (0.14.1; compared with the class itself by hand: 2.9e-15)."""
    return KLRule(target_kl, 1e-5, raise_at_0=False)


def skrl(kl_threshold: float) -> Observe:
    """Restate `skrl.resources.schedulers.torch.KLAdaptiveLR` (2.1.1; compared with the class by hand: 1.1e-15)."""
    return KLRule(kl_threshold, 1e-6, raise_at_0=True)


def rl_games(kl_threshold: float) -> Observe:
    """Restate `rl_games.common.schedulers.AdaptiveScheduler` (1.6.5; compared with the class by hand: 1.1e-15)."""
    return KLRule(kl_threshold, 1e-6, raise_at_0=True)


def sample_factory(lr_schedule_kl_threshold: float) -> Observe:
    """Restate the scheduler ``kl_adaptive_epoch`` of sample-factory (2.1)."""
    return KLRule(lr_schedule_kl_threshold, 1e-6, raise_at_0=True)


def sbx(target_kl: float) -> Observe:
    """Return the class of SBX itself."""
    from sbx.common.utils import KLAdaptiveLR

    theirs = KLAdaptiveLR(target_kl, BASE)

    def observe(kl: float) -> float:
        theirs.update(kl)
        return float(theirs.current_adaptive_lr)

    return observe


def torch_plateau(**arguments: Any) -> Observe:
    """Return torch's own class."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=BASE)
    theirs = ReduceLROnPlateau(optimizer, **arguments)

    def observe(metric: float) -> float:
        theirs.step(metric)
        rate: float = optimizer.param_groups[0]["lr"]
        return rate

    return observe


def keras_plateau(**arguments: Any) -> Observe:
    """Return the class of Keras itself, on a model that has nothing but a learning rate."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    # It keeps the rate in 32 bits, and rounds to them at each step.
    optimizer = SimpleNamespace(learning_rate=keras.Variable(BASE, dtype="float64"))
    theirs = keras.callbacks.ReduceLROnPlateau(monitor="metric", **arguments)
    theirs.set_model(SimpleNamespace(optimizer=optimizer))
    theirs.on_train_begin()

    def observe(metric: float) -> float:
        theirs.on_epoch_end(0, {"metric": metric})
        return float(optimizer.learning_rate)

    return observe


def optax_plateau(**arguments: Any) -> Observe:
    """Return optax's own transformation, applied to an update of 1."""
    import jax
    import optax

    with jax.enable_x64(True):
        theirs = optax.contrib.reduce_on_plateau(**arguments)
        state = theirs.init({})
    update = jax.jit(lambda state, metric: theirs.update({}, state, value=metric)[1])

    def observe(metric: float) -> float:
        nonlocal state
        with jax.enable_x64(True):
            state = update(state, metric)
        return BASE * float(state.scale)

    return observe
