"""A cool-down that starts at the current learning rate of a model or of a saved model."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.save_util import load_from_zip_file

from lr_schedule import optim
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.kinds.finish import cool_down_from
from lr_schedule.kinds.warmup import WarmupStableDecayLRSchedule
from lr_schedule.optim.finish import rate_of_groups
from lr_schedule.sb3.clock import RUN_RECORD
from lr_schedule.sb3.parts import optimizers_of

OPTIMIZER = "optimizer"
"""End of the name of an optimizer's state in a saved model: ``policy.optimizer``, ``ent_coef_optimizer``."""


def cool_down(
    source: Any, steps: float, to: float = 0.0, shape: str = "1-sqrt", part: str | None = None
) -> WarmupStableDecayLRSchedule:
    """Return a schedule that starts exactly at the learning rate in use and decays from there.

    Use it to finish a run early that has a constant learning rate, or a WSD run on its plateau. The schedule is for the
    whole run: its value is constant for the timesteps that are done, and decays in those that you add. So continue the
    run with ``reset_num_timesteps=False``, or with a `ScheduleCallback` that has the length of the whole run.

    Formula:
        The decay of `WarmupStableDecayLRSchedule` over the last ``steps / (done + steps)`` of the run, from the rate of
        the optimizer.

    Args:
        source: A model, the path of a saved model, a torch optimizer, or the learning rate itself.
        steps: Length of the cool-down in timesteps; for an optimizer or a number, in steps of your run. Must be above
            0.
        to: Learning rate at the end of the cool-down. Must be 0 or above.
        shape: A decay_shape of `WarmupStableDecayLRSchedule`.
        part: The optimizer whose rate to use if they have different rates: ``actor``, ``critic``.

    Returns:
        The schedule, for a run of ``done + steps`` timesteps; for an optimizer or a number, for a run of `steps`.

    Raises:
        ScheduleConfigError: An argument is wrong, the file is not a saved model, or several optimizers have different
            rates and `part` is not given.

    Example:
        >>> from stable_baselines3 import PPO
        >>> model = PPO("MlpPolicy", "CartPole-v1", learning_rate=1e-3, n_steps=64, device="cpu").learn(64)
        >>> schedule = cool_down(model, steps=64)
        >>> schedule(1.0), schedule(0.5), schedule(0.375), schedule(0.0)
        (0.001, 0.001, 0.0005, 0.0)

    Source:
        Haegele et al. 2024, arXiv 2405.18392 (the shape 1-sqrt).
    """
    if isinstance(source, BaseAlgorithm):
        groups = {name: optimizer.param_groups for name, optimizer in optimizers_of(source).items()}
        done = _steps_done(vars(source))
    elif isinstance(source, (str, os.PathLike)):
        groups, done = _read_saved(Path(source))
    else:
        return optim.cool_down(source, steps, to, shape)
    return cool_down_from(_one_rate(groups, part), steps, to, shape, done)


def _steps_done(held: Any) -> float:
    """Return the timesteps that a run has done, including those of earlier `learn` calls that a callback counted."""
    return float(held.get(RUN_RECORD, {}).get("before", 0) + held["num_timesteps"])


def _read_saved(path: Path) -> tuple[dict[str, Any], float]:
    """Return the param groups of each optimizer of a saved model, and the timesteps done, without running its code."""
    file = path if path.is_file() else path.with_name(f"{path.name}.zip")
    if not file.is_file():
        raise ScheduleConfigError.at("source", str(path), "no such file")
    try:
        with zipfile.ZipFile(file) as archive:
            data = json.loads(archive.read("data"))
        _, params, _ = load_from_zip_file(file, load_data=False, device="cpu")
        done = _steps_done(data)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ScheduleConfigError.at("source", str(path), "is not a model saved by Stable-Baselines3") from error
    states: dict[str, Any] = {name: state for name, state in params.items() if name.endswith(OPTIMIZER)}
    return {name.removesuffix(OPTIMIZER).strip("._"): state["param_groups"] for name, state in states.items()}, done


def _one_rate(groups: dict[str, Any], part: str | None) -> float:
    if not groups:
        raise ScheduleConfigError.at("source", None, "has no torch optimizer; give the learning rate itself, a number")
    if part is not None and part not in groups:
        message = f"no optimizer of the model{did_you_mean(part, groups)} Allowed: {', '.join(groups)}"
        raise ScheduleConfigError.at("part", part, message)
    rates = {name: rate_of_groups(held) for name, held in groups.items() if part in (None, name)}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate}" for name, rate in rates.items())
        raise ScheduleConfigError.at(
            "part", None, f"must name one of the optimizers, which have different rates: {shown}"
        )
    return next(iter(rates.values()))
