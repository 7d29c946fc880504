"""Make the environments for a section of the Zoo: copies, wrappers, normalisation, stacked frames."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lr_schedule.errors import ScheduleConfigError, did_you_mean, needs_extra

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecEnv

NOISES = {"normal": "NormalActionNoise", "ornstein-uhlenbeck": "OrnsteinUhlenbeckActionNoise"}


def refuse_unknown_env(env_id: str, packages: Sequence[str] = ()) -> None:
    """Raise an error if gymnasium has no such environment after importing `packages`."""
    with needs_extra("compare"):
        import gymnasium

    import_packages(packages)
    try:
        gymnasium.spec(env_id)
    except (gymnasium.error.Error, ModuleNotFoundError):
        message = f"unknown environment{did_you_mean(env_id, gymnasium.envs.registration.registry)}"
        raise ScheduleConfigError.at("--env", env_id, message) from None


def import_packages(packages: Sequence[str]) -> None:
    """Import modules that register environments."""
    try:
        for name in packages:
            importlib.import_module(name)
    except ImportError as error:
        raise ScheduleConfigError.at("--gym-packages", list(packages), f"cannot be imported: {error}") from None


def make_env(env_id: str, zoo: Mapping[str, Any], seed: int, gamma: Any = None, *, for_training: bool) -> VecEnv:
    """Return the environment for the training of a run, or for its evaluation, which has one copy.

    Args:
        env_id: Name of the environment.
        zoo: The keys of a section for the Zoo: ``n_envs``, ``normalize``, ``env_wrapper`` and so on.
        seed: The seed of its first episodes.
        gamma: The discount factor of the algorithm, to normalise rewards (None: the default).
        for_training: Whether to collect statistics, and to normalise rewards if `zoo` requires it.
    """
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecFrameStack, VecNormalize

    env = make_vec_env(
        env_id,
        n_envs=int(zoo.get("n_envs", 1)) if for_training else 1,
        seed=seed,
        env_kwargs=zoo.get("env_kwargs"),
        monitor_kwargs=zoo.get("monitor_kwargs"),
        wrapper_class=_wrapper(zoo, "env_wrapper"),
    )
    around = _wrapper(zoo, "vec_env_wrapper")
    if around is not None:
        env = around(env)
    if zoo.get("normalize"):
        normalize = zoo["normalize"]
        given = dict(normalize) if isinstance(normalize, Mapping) else {}
        if isinstance(gamma, (int, float)):
            given["gamma"] = gamma
        if not for_training:
            given |= {"training": False, "norm_reward": False}
        env = VecNormalize(env, **given)
    if zoo.get("frame_stack"):
        env = VecFrameStack(env, int(zoo["frame_stack"]))
    return env


def _wrapper(zoo: Mapping[str, Any], key: str) -> Any:
    if zoo.get(key) is None:
        return None
    with needs_extra("compare"):
        from rl_zoo3.utils import get_wrapper_class

    try:
        return get_wrapper_class(dict(zoo), key)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScheduleConfigError.at(key, zoo[key], f"cannot be imported: {error}") from None


def action_noise(zoo: Mapping[str, Any], env: VecEnv) -> dict[str, Any]:
    """Return the argument of the algorithm for the action noise in a section, or an empty mapping."""
    if zoo.get("noise_type") is None:
        return {}
    import numpy as np
    from stable_baselines3.common import noise

    kind = str(zoo["noise_type"]).strip()
    if kind not in NOISES:
        message = f"unknown noise{did_you_mean(kind, NOISES)} Allowed: {', '.join(NOISES)}"
        raise ScheduleConfigError.at("noise_type", kind, message)
    size = env.action_space.shape
    if not size:
        raise ScheduleConfigError.at("noise_type", kind, "needs an environment with actions that are numbers")
    std = float(zoo.get("noise_std", 0.0))
    return {"action_noise": getattr(noise, NOISES[kind])(mean=np.zeros(size), sigma=std * np.ones(size))}
