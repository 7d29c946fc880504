"""A callback that notes the learning rates of a training, for tests here and for the Zoo's YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback


class Recorder(BaseCallback):
    """Notes what each update logs and, where optimizers are named, what they use when they step.

    Args:
        optimizers: Where the optimizers are, from the model on, such as ``policy.optimizer``.
        path: A file for what was logged, as JSON, with all digits.
    """

    def __init__(self, *optimizers: str, path: str | None = None) -> None:
        super().__init__()
        self.optimizers, self.path = optimizers, path
        self.used: list[tuple[float, float]] = []
        self.logged: dict[int, tuple[int, float]] = {}

    def _on_training_start(self) -> None:
        for name in self.optimizers:
            owner: Any = self.model
            for part in name.split("."):
                owner = getattr(owner, part)
            owner.register_step_pre_hook(self._note)

    def _note(self, optimizer: Any, *_: Any) -> None:
        self.used.append((self.model._current_progress_remaining, optimizer.param_groups[0]["lr"]))

    def _on_rollout_start(self) -> None:
        values: dict[str, Any] = self.logger.name_to_value
        if "train/learning_rate" in values:
            self.logged.setdefault(values["train/n_updates"], (self.num_timesteps, values["train/learning_rate"]))

    def _on_training_end(self) -> None:
        self._on_rollout_start()
        if self.path is not None:
            Path(self.path).write_text(json.dumps(list(self.logged.values())))

    def _on_step(self) -> bool:
        return True
