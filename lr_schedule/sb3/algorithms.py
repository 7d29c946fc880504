"""The supported algorithms, by name and by family."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from lr_schedule.errors import ScheduleConfigError, did_you_mean, how_to_install

PPO = ("PPO", "MaskablePPO", "RecurrentPPO")
ON_POLICY = (*PPO, "A2C", "TRPO")
Q_LEARNING = ("DQN", "QRDQN")
DETERMINISTIC = ("TD3", "DDPG")
ENTROPY = ("SAC", "TQC", "CrossQ")
SB3 = (*ON_POLICY, *Q_LEARNING, *DETERMINISTIC, *ENTROPY, "ARS")

SBX_PPO = ("SBX PPO",)
SBX_Q_LEARNING = ("SBX DQN",)
SBX_DETERMINISTIC = ("SBX TD3", "SBX DDPG")
SBX_ENTROPY = ("SBX SAC", "SBX TQC", "SBX CrossQ")
SBX_OFF_POLICY = (*SBX_ENTROPY, *SBX_DETERMINISTIC, *SBX_Q_LEARNING)
SBX_FIXED_RATE = ("SBX CrossQ", *SBX_DETERMINISTIC, *SBX_Q_LEARNING)
"""SBX algorithms that accept a schedule as learning rate, but always use its first value."""
SBX = (*SBX_PPO, *SBX_OFF_POLICY)
SBX_MOVING_RATE = tuple(name for name in SBX if name not in SBX_FIXED_RATE)

ALL = (*SB3, *SBX)
PACKAGES = {"stable_baselines3": "", "sb3_contrib": "", "sbx": "SBX "}


def name_of(cls: type[Any]) -> str:
    """Return the name in this module of the algorithm that `cls` is or derives from."""
    for base in cls.__mro__:
        # A class PPO of another package is not one of the supported algorithms.
        name = PACKAGES.get(base.__module__.split(".")[0], "?") + base.__name__
        if name in ALL:
            return name
    message = f"derives from none of the supported algorithms. Allowed: {', '.join(ALL)}"
    raise ScheduleConfigError.at("algo", cls.__name__, message)


def find(algo: Any) -> type[Any]:
    """Return the class of an algorithm, given as the class or by name: ``"PPO"``, ``"TQC"``, ``"SBX PPO"``."""
    if inspect.isclass(algo):
        return algo
    if algo not in ALL:
        allowed = ", ".join(ALL)
        raise ScheduleConfigError.at("algo", algo, f"unknown algorithm{did_you_mean(algo, ALL)} Allowed: {allowed}")
    import stable_baselines3

    modules = [stable_baselines3]
    try:
        if algo in SBX:
            import sbx

            modules = [sbx]
        elif not hasattr(stable_baselines3, algo):
            import sb3_contrib

            modules = [sb3_contrib]
    except ImportError as error:
        package = "sbx" if algo in SBX else "sb3_contrib"
        raise ScheduleConfigError.at("algo", algo, how_to_install(package)) from error
    found: type[Any] = getattr(modules[0], algo.removeprefix("SBX "))
    return found


def installed() -> Iterator[type[Any]]:
    """Yield the classes of the algorithms whose packages are installed, without importing SBX."""
    for name in SB3:
        with suppress(ScheduleConfigError):
            yield find(name)


def parameters_of(cls: type[Any]) -> dict[str, Any]:
    """Return the hyperparameters of an algorithm, each with its default."""
    parameters: dict[str, inspect.Parameter] = {}
    # From all bases, because a subclass may pass **kwargs to its base.
    for base in reversed(cls.__mro__):
        parameters.update(inspect.signature(base.__dict__.get("__init__", object.__init__)).parameters)
    others = ("self", "args", "kwargs", "policy", "env")
    return {name: parameter.default for name, parameter in parameters.items() if name not in others}
