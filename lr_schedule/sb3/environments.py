"""Values of environments as targets: ``env.<attribute>`` is set, ``env.<method>()`` is called, in all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnvWrapper

from lr_schedule.errors import ScheduleConfigError, did_you_mean

PREFIX = "env."
CALL = "()"

# A method of gymnasium's wrappers. set_attr of SB3 sets the value on the outermost wrapper, where get_attr finds it and
# the environment inside never reads it.
SET = "set_wrapper_attr"


@dataclass
class EnvPlace:
    """An attribute of the environments, or a method that is called with the value.

    Args:
        model: The model.
        name: The attribute, or the method followed by ``()``.
    """

    model: Any
    name: str
    _originals: list[Any] = field(default_factory=list)
    _written: float | None = None

    def attach(self) -> None:
        """Remember the value in each environment."""
        self._originals = [] if self.name.endswith(CALL) else self.model.get_env().get_attr(self.name)
        self._written = None

    def write(self, value: Any) -> None:
        """Set the value in all environments, or call the method of each with it."""
        if value == self._written:  # off-policy rollouts have one step, and each call is sent to other processes
            return
        env = self.model.get_env()
        if self.name.endswith(CALL):
            env.env_method(self.name.removesuffix(CALL), value)
        else:
            env.env_method(SET, self.name, _like(self._originals[0], value))
        self._written = value

    def detach(self) -> None:
        """Restore the value in each environment; the effect of a method stays."""
        for index, original in enumerate(self._originals):
            self.model.get_env().env_method(SET, self.name, original, indices=index)
        self._originals = []


def _like(original: Any, value: float) -> Any:
    """Return a value as the type of number that the environment has; for a whole number, it is rounded, halves up."""
    return math.floor(value + 0.5) if isinstance(original, (int, np.integer)) else float(value)


def find_place(model: Any, target: str) -> EnvPlace:
    """Return the place of a target, or raise an error that lists the numbers of the environments."""
    name, env = target.removeprefix(PREFIX), model.get_env()
    if not env.has_attr(name.removesuffix(CALL)):
        known = _known(env)
        there = f" Allowed: {', '.join(known)}" if known else ""
        message = f"no environment has this attribute{did_you_mean(name, known)}{there}"
        raise ScheduleConfigError.at((target,), name, message)
    if name.endswith(CALL):
        return EnvPlace(model, name)
    if not env.has_attr(SET):
        raise ScheduleConfigError.at(
            (target,), name, "needs gymnasium 1.0 or later, which can set it below the wrappers"
        )
    for value in env.get_attr(name):
        if not _is_number(value):
            called = f"; to call it, write {target}{CALL}" if callable(value) else ""
            raise ScheduleConfigError.at((target,), value, f"must be a number in every environment{called}")
    return EnvPlace(model, name)


def _known(env: Any) -> list[str]:
    """Return the names of the numbers that the first environment has; those in other processes are unknown."""
    while isinstance(env, VecEnvWrapper):
        env = env.venv
    if not isinstance(env, DummyVecEnv):
        return []
    found = vars(env.envs[0].unwrapped)
    return sorted(name for name, value in found.items() if not name.startswith("_") and _is_number(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
