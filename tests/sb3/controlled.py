"""What the tests of controllers share: a run that is watched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

HIGH = {"controller": "kl", "schedule": {"type": "linear", "initial_value": 0.5}, "maximum": 1.0}
"""A learning rate with which the KL leaves its band."""


class Series(BaseCallback):
    """Notes, for each update, what is logged of it: its timesteps and the values under some keys."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.keys = keys
        self.rows: list[Any] = []

    def _on_rollout_start(self) -> None:
        values: dict[str, Any] = self.logger.name_to_value
        if "train/n_updates" in values:
            self.rows.append((self.num_timesteps, *(values[key] for key in self.keys)))

    def _on_training_end(self) -> None:
        self._on_rollout_start()

    def _on_step(self) -> bool:
        return True


class Used(BaseCallback):
    """Notes, for each update, what is logged of the values that it is made with."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.keys = keys
        self.rows: list[Any] = []

    def _on_rollout_end(self) -> None:
        self.rows.append((self.num_timesteps, *(self.logger.name_to_value[key] for key in self.keys)))

    def _on_step(self) -> bool:
        return True


class Logs(BaseCallback):
    """Logs a value of its own at some timesteps."""

    def __init__(self, key: str, values: dict[int, Any]) -> None:
        super().__init__()
        self.key, self.values = key, values

    def _on_step(self) -> bool:
        if self.num_timesteps in self.values:
            self.logger.record(self.key, self.values[self.num_timesteps])
        return True


def scale_of(model: Any, target: str = "learning_rate") -> float:
    scale: float = model.schedule_controllers[target]["scale"]
    return scale


def noting(seen: list[float], callback: Any, model: Any) -> None:
    """Have what the controller observes noted."""
    started = callback._on_training_start

    def start() -> None:
        started()
        controller = callback._feeds[0].controller

        def observe(metric: Any, progress: float) -> None:
            seen.append(float(metric))
            controller.observe(metric, progress)

        watched = SimpleNamespace(observe=observe, type=controller.type, state_dict=controller.state_dict, scale=1.0)
        callback._feeds[0].controller = watched

    callback._on_training_start = start
