"""Metrics of a model for controllers: from its log, its episodes, its mini-batches, or a function.

Each value is observed once. A value stays in the log until another one replaces it. If it counted as a new observation,
a controller that counts observations without an improvement would count an evaluation again in each update.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecMonitor, is_vecenv_wrapped

from lr_schedule.control.create import MetricName
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.sb3 import algorithms
from lr_schedule.sb3.listening import Listener, listen, stop_listening

EPISODES = {"rollout/ep_rew_mean": "r", "rollout/ep_len_mean": "l", "rollout/success_rate": ""}
"""The log keys of the last episodes, and their keys in Monitor. In the log itself, they are too rare: SB3 writes them
once per `log_interval`, and they are gone when callbacks are called again."""

ALL_MINIBATCHES = "kl"


class Metric:
    """One metric of one model; this base class never has a value.

    Args:
        model: The model.
        name: The metric as the user gives it.
    """

    def __init__(self, model: Any, name: MetricName) -> None:
        self.model = model
        self.name = name
        self.waiting: Any = None
        """The newest value that was not observed yet, or None."""
        self.keys: set[str] = set()
        """The logged keys that the metric has seen so far."""
        self._heard: list[tuple[Any, str, Listener]] = []

    def attach(self) -> None:
        """Start to watch the model."""

    def detach(self) -> None:
        """Stop watching, and restore the model; do nothing if nothing is watched."""
        while self._heard:
            stop_listening(*self._heard.pop())

    def _listen(self, owner: Any, method: str, listener: Listener) -> None:
        listen(owner, method, listener)
        self._heard.append((owner, method, listener))

    def look(self) -> Any:
        """Return the newest value that was not observed yet, or None."""
        return self.waiting

    def take(self) -> Any:
        """Return the newest value that was not observed yet, and count it as observed."""
        value, self.waiting = self.look(), None
        return value

    def may_be_late(self, callbacks: Iterable[BaseCallback]) -> bool:
        """Tell whether the first value may come long after the first update."""
        return False


class LoggedMetric(Metric):
    """The value of a log key, from the algorithm, a callback, or any other code."""

    def attach(self) -> None:
        """Listen to the logger, because it does not notify callbacks."""
        for method in ("record", "record_mean"):
            self._listen(self.model.logger, method, self._hear)

    def _hear(self, _: None, key: str, *args: Any, **kwargs: Any) -> None:
        self.keys.add(key)
        if key == self.name:
            self.waiting = self.model.logger.name_to_value[key]

    def may_be_late(self, callbacks: Iterable[BaseCallback]) -> bool:
        """Tell whether an EvalCallback will log it."""
        evaluates = any(isinstance(callback, EvalCallback) for callback in callbacks)
        return evaluates and str(self.name).startswith("eval/")


class EpisodeMetric(Metric):
    """A mean over the last episodes, as SB3 logs it; it is new if an episode has ended."""

    def attach(self) -> None:
        """Count the episodes that have ended before as observed."""
        self._last = self._newest()

    def _newest(self) -> Any:
        return self.model.ep_info_buffer[-1] if self.model.ep_info_buffer else None

    def look(self) -> Any:
        """Return the mean if an episode has ended."""
        if self._newest() is self._last:
            return self.waiting
        if self.name == "rollout/success_rate":
            return np.mean(self.model.ep_success_buffer) if self.model.ep_success_buffer else None
        return np.mean([episode[EPISODES[str(self.name)]] for episode in self.model.ep_info_buffer])

    def take(self) -> Any:
        """Return the mean if an episode has ended, and wait for the next end."""
        value, self._last = super().take(), self._newest()
        return value

    def may_be_late(self, callbacks: Iterable[BaseCallback]) -> bool:
        """Return true, because episodes may be long."""
        return True


class MinibatchKL(Metric):
    """The KL divergence as PPO estimates it, as a mean over all mini-batches of an update.

    SB3 logs the mean over the last epoch, in which the policies differ most.
    """

    def attach(self) -> None:
        """Listen to the probabilities that PPO compares: of actions when they were chosen, and now."""
        self._old: Any = None
        self._pairs: list[tuple[torch.Tensor, torch.Tensor]] = []
        # The method of SB3 that makes each mini-batch; the public `get` is a generator, so its result has no samples.
        self._listen(self.model.rollout_buffer, "_get_samples", self._hear_samples)
        self._listen(self.model.policy, "evaluate_actions", self._hear_evaluation)

    def _hear_samples(self, samples: Any, *args: Any, **kwargs: Any) -> None:
        self._old = samples

    def _hear_evaluation(self, evaluation: Any, *args: Any, **kwargs: Any) -> None:
        # An evaluation without a mini-batch before it is from other code.
        if self._old is not None:
            new, old = evaluation[1].detach(), self._old.old_log_prob
            mask = getattr(self._old, "mask", None)  # RecurrentPPO pads its sequences
            self._pairs.append((new, old) if mask is None else (new[mask > 1e-8], old[mask > 1e-8]))
            self._old = None

    def look(self) -> Any:
        """Return the mean over the mini-batches since the last update."""
        if not self._pairs:
            return self.waiting
        # Concatenated: three operations on each of 320 small tensors would take longer than the rest of the controller.
        new, old = (torch.cat(parts).double().cpu().numpy() for parts in zip(*self._pairs, strict=True))
        starts = np.cumsum([0, *(len(part) for part, _ in self._pairs)])
        sums = np.add.reduceat(np.expm1(new - old) - (new - old), starts[:-1])
        return np.mean(sums / np.diff(starts))

    def take(self) -> Any:
        """Return the mean over the mini-batches since the last update, and delete them."""
        value = super().take()
        self._pairs = []
        return value


class FunctionMetric(Metric):
    """The result of a function of the model after each update."""

    def attach(self) -> None:
        """Count the updates so far as observed."""
        self._updates = self.model._n_updates

    def take(self) -> Any:
        """Return the result of the function if the model has been updated."""
        if self.model._n_updates == self._updates:
            return None
        self._updates = self.model._n_updates
        return self.name(self.model)  # type: ignore[operator]

    def may_be_late(self, callbacks: Iterable[BaseCallback]) -> bool:
        """Return true, because a function may return None at first."""
        return True


def find_metric(model: Any, name: MetricName) -> Metric:
    """Return the metric of a model that the user gives as `name`."""
    if callable(name):
        return FunctionMetric(model, name)
    if name == ALL_MINIBATCHES:
        algorithm = algorithms.name_of(type(model))
        if algorithm in algorithms.SBX_PPO:  # it logs this mean
            return LoggedMetric(model, "train/approx_kl")
        if algorithm not in algorithms.PPO:
            allowed = ", ".join((*algorithms.PPO, *algorithms.SBX_PPO))
            message = f"{algorithm} computes no KL divergence of policies; use a key of its log. Allowed for {allowed}"
            raise ScheduleConfigError.at("metric", name, message)
        return MinibatchKL(model, name)
    return EpisodeMetric(model, name) if name in EPISODES and _notes_episodes(model) else LoggedMetric(model, name)


def _notes_episodes(model: Any) -> bool:
    env = model.get_env()
    return is_vecenv_wrapped(env, VecMonitor) or any(env.env_is_wrapped(Monitor))
