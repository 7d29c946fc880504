"""A cool-down from the rate that a model, or a saved one, has now."""

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
"""What ends the name of an optimizer's state in a saved model: ``policy.optimizer``, ``ent_coef_optimizer``."""


def cool_down(
    source: Any, steps: float, to: float = 0.0, shape: str = "1-sqrt", part: str | None = None
) -> WarmupStableDecayLRSchedule:
    """Return a schedule that starts at exactly the rate in use, and decays from there.

    Use it to stop a run of constant rate or a WSD run early and to finish it well. The schedule is one for the whole
    run: it holds the rate for the timesteps that are done, and decays in those that are added. So the run goes on with
    ``reset_num_timesteps=False``, or with a `ScheduleCallback` that is told the whole length.

    Formula:
        The decay of `WarmupStableDecayLRSchedule` over the last ``steps / (done + steps)`` of the run, from the rate of
        the optimizer.

    Args:
        source: A model, the path of a saved one, an optimizer of torch, or the rate itself (a number).
        steps: Length of the cool-down in timesteps, for an optimizer or a number in steps of the run (finite, > 0).
        to: Rate at its end (finite, >= 0; 0.0).
        shape: A decay_shape of `WarmupStableDecayLRSchedule` ("1-sqrt").
        part: Which optimizer's rate counts, where they have different ones: ``actor``, ``critic`` (None).

    Returns:
        The schedule, for a run of ``done + steps`` timesteps, for an optimizer or a number of `steps`.

    Raises:
        ScheduleConfigError: An argument cannot be used, the file is no saved model, or the rates of several optimizers
            differ.

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
    """Return the timesteps that a run has done, those of earlier `learn` calls included that a callback counted."""
    return float(held.get(RUN_RECORD, {}).get("before", 0) + held["num_timesteps"])


def _read_saved(path: Path) -> tuple[dict[str, Any], float]:
    """Return the param groups of each optimizer of a saved model, and the timesteps done; no code in it is run."""
    file = path if path.is_file() else path.with_name(f"{path.name}.zip")
    if not file.is_file():
        raise ScheduleConfigError.at("source", str(path), "no such file")
    try:
        with zipfile.ZipFile(file) as archive:
            data = json.loads(archive.read("data"))
        _, params, _ = load_from_zip_file(file, load_data=False, device="cpu")
        done = _steps_done(data)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ScheduleConfigError.at("source", str(path), "no model saved by Stable-Baselines3") from error
    states: dict[str, Any] = {name: state for name, state in params.items() if name.endswith(OPTIMIZER)}
    return {name.removesuffix(OPTIMIZER).strip("._"): state["param_groups"] for name, state in states.items()}, done


def _one_rate(groups: dict[str, Any], part: str | None) -> float:
    if not groups:
        raise ScheduleConfigError.at("source", None, "has no optimizer of torch; give the rate itself, a number")
    if part is not None and part not in groups:
        message = f"no optimizer of the model{did_you_mean(part, groups)} Allowed: {', '.join(groups)}"
        raise ScheduleConfigError.at("part", part, message)
    rates = {name: rate_of_groups(held) for name, held in groups.items() if part in (None, name)}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate}" for name, rate in rates.items())
        raise ScheduleConfigError.at("part", None, f"the optimizers have different rates, {shown}: name one of them")
    return next(iter(rates.values()))
