"""A Stable-Baselines3 callback that writes down what each update really used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stable_baselines3.common.callbacks import BaseCallback

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from report import Row


class Recorder(BaseCallback):
    """Records one row at the end of an update: the clock, the values asked for, the reward.

    Args:
        columns: What to ask at each update, by name: functions of progress_remaining.
        every: Environment steps between two rows, the last update apart; with 0 every update has its row.
    """

    def __init__(self, columns: dict[str, Callable[[float], float]], every: int = 0) -> None:
        super().__init__()
        self.columns, self.every = columns, every
        self.rows: list[Row] = []
        self._updates = 0

    def _on_rollout_start(self) -> None:
        if not self.rows or self.num_timesteps - self.rows[-1]["timesteps"] >= self.every:
            self._record()

    def _on_training_end(self) -> None:
        self._record()

    def _on_step(self) -> bool:
        return True

    def _record(self) -> None:
        """Add the row of the update that has just been made, if there was one."""
        if self.model._n_updates == self._updates:
            return
        self._updates = self.model._n_updates
        progress = 1 - self.num_timesteps / self.model._total_timesteps
        rewards = [episode["r"] for episode in self.model.ep_info_buffer]
        self.rows.append(
            {
                "timesteps": self.num_timesteps,
                "progress": progress,
                **{name: ask(progress) for name, ask in self.columns.items()},
                "mean episode reward": sum(rewards) / len(rewards) if rewards else float("nan"),
            }
        )


def learning_rate_in(optimizer: Optimizer) -> float:
    """Return the learning rate that `optimizer` uses now."""
    return optimizer.param_groups[0]["lr"]
