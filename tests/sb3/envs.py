"""Small environments in which a hundred steps take a few milliseconds."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Walk(gym.Env):
    """Rewards 1 for each step, and ends after `length` of them."""

    def __init__(self, *, discrete: bool = False, length: int = 10) -> None:
        self.observation_space = spaces.Box(-1.0, 1.0, (3,), np.float32)
        self.action_space = spaces.Discrete(2) if discrete else spaces.Box(-1.0, 1.0, (1,), np.float32)
        self.length = length
        self.at = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.at = 0
        return self._observe(), {}

    def step(self, action: Any) -> Any:
        self.at += 1
        return self._observe(), 1.0, self.at >= self.length, False, {}

    def action_masks(self) -> Any:
        return np.array([True, True])

    def _observe(self) -> Any:
        return self.np_random.uniform(-1.0, 1.0, 3).astype(np.float32)


class Breaks(Walk):
    """Raises at its step number `breaks_at`, counted over all episodes."""

    def __init__(self, *, breaks_at: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps_left = breaks_at

    def step(self, action: Any) -> Any:
        self.steps_left -= 1
        if self.steps_left == 0:
            raise ConnectionError("the simulator has gone away")
        return super().step(action)
