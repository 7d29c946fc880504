"""Small models of every algorithm, and what records the values that they really use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import sb3_contrib
import stable_baselines3
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.noise import NormalActionNoise
from torch.optim.optimizer import register_optimizer_step_post_hook

from tests.sb3.envs import Walk

SMALL = {"net_arch": [8]}
ON_POLICY = {"n_steps": 16, "policy_kwargs": SMALL}
PPO = {**ON_POLICY, "batch_size": 16, "n_epochs": 1}
OFF_POLICY = {"learning_starts": 4, "batch_size": 8, "buffer_size": 500, "policy_kwargs": SMALL}

SETTINGS = {
    "A2C": ON_POLICY,
    "PPO": PPO,
    "MaskablePPO": PPO,
    "RecurrentPPO": {**PPO, "policy_kwargs": {"net_arch": [8], "lstm_hidden_size": 8}},
    "TRPO": {**ON_POLICY, "batch_size": 16, "n_critic_updates": 2},
    "DQN": OFF_POLICY,
    "QRDQN": {**OFF_POLICY, "policy_kwargs": {"net_arch": [8], "n_quantiles": 5}},
    "TD3": OFF_POLICY,
    "DDPG": OFF_POLICY,
    "SAC": OFF_POLICY,
    "TQC": OFF_POLICY,
    "CrossQ": OFF_POLICY,
    "ARS": {"n_delta": 1, "policy_kwargs": SMALL},
}
DISCRETE = ("MaskablePPO", "DQN", "QRDQN")
POLICIES = {"RecurrentPPO": "MlpLstmPolicy"}


def class_of(name: str) -> Any:
    return getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)


def make(name: str, env: Any = None, *, n_envs: int = 1, cls: Any = None, **settings: Any) -> Any:
    """Return a small untrained model of the algorithm called `name`."""
    if env is None:
        env = make_vec_env(lambda: Walk(discrete=name in DISCRETE), n_envs=n_envs)
    chosen = {**deepcopy(SETTINGS[name]), "device": "cpu", "seed": 0, **settings}
    return (cls or class_of(name))(POLICIES.get(name, "MlpPolicy"), env, **chosen)


def noise(sigma: float = 0.1) -> Any:
    return NormalActionNoise(np.zeros(1), np.full(1, sigma))


def at_each_update(name: str, read: Any) -> Any:
    """Return a subclass of an algorithm, and the list in which it notes ``read(model)`` whenever it trains."""
    seen = []
    base = class_of(name)
    method = "_do_one_update" if name == "ARS" else "train"

    def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(read(self))
        return getattr(base, method)(self, *args, **kwargs)

    return type(name, (base,), {method: noting, "__module__": __name__}), seen


@contextmanager
def optimizer_steps() -> Iterator[Any]:
    """Note the optimizer and the learning rate of its groups after each step of any torch optimizer."""
    seen = []
    handle = register_optimizer_step_post_hook(
        lambda optimizer, *_: seen.append((optimizer, [group["lr"] for group in optimizer.param_groups]))
    )
    try:
        yield seen
    finally:
        handle.remove()


def linear(first: float, last: float, progress: float) -> Any:
    """Return the value of a linear schedule, written down independently of the package."""
    clamped = min(max(progress, 0.0), 1.0)
    return first * clamped + last * (1.0 - clamped)
