"""Examples run as a user runs them, alone in a folder, and what each of their updates really used."""

from __future__ import annotations

import contextlib
import io
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from matplotlib import pyplot as plt
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from torch.optim.optimizer import register_optimizer_step_pre_hook

from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.preview import Preview

EXAMPLES = Path(__file__).parent.parent / "examples"
PER_CALL = 500
"""Timesteps that each `learn` trains where an example is only previewed; one rollout where that is longer."""


class Update(NamedTuple):
    """One update of Stable-Baselines3: its clock, the rates in use when optimizers stepped, and other values."""

    timesteps: int
    rates: list[set[float]]
    values: dict[str, Any]


@dataclass
class Recording:
    """What an example printed and wrote, and what it trained with.

    Args:
        folder: The folder in which the example ran, alone.
        printed: What it printed.
        steps: The identity of an optimizer of torch and its learning rate, for each of its steps.
        runs: The updates of Stable-Baselines3, for each model.
        previews: The preview of each call of `learn`, where that was asked for.
    """

    folder: Path
    printed: str = ""
    steps: list[tuple[int, float]] = field(default_factory=list)
    runs: list[list[Update]] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """The learning rate of each step of an optimizer."""
        return [rate for _, rate in self.steps]

    def table(self, columns: int) -> list[list[float]]:
        """Return the rows of the printed table of so many columns, the first of which holds whole numbers."""
        rows = [line.replace(",", "").split() for line in self.printed.splitlines()]
        return [[float(cell) for cell in row] for row in rows if len(row) == columns and row[0].isdigit()]


def copy(name: str, folder: Path) -> Path:
    """Put an example and its YAML, nothing else, into a folder, and return its path there."""
    for suffix in (".py", ".yml"):
        if (EXAMPLES / f"{name}{suffix}").exists():
            shutil.copy(EXAMPLES / f"{name}{suffix}", folder)
    return folder / f"{name}.py"


def constants(name: str) -> dict[str, Any]:
    """Return what the file of an example defines."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def section(name: str) -> Any:
    """Return what the YAML file of an example holds."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text(encoding="utf-8"))


def run(name: str, folder: Path, *arguments: object) -> Recording:
    """Run an example to its end, and record its updates."""
    recording = Recording(folder)
    with _started(recording, arguments) as patch, _steps_noted(recording):
        models: dict[int, BaseAlgorithm] = {}
        for cls in (PPO, SAC):
            patch.setattr(cls, "train", _recorded(cls.train, recording, models))
        runpy.run_path(str(copy(name, folder)), run_name="__main__")
    return recording


def look_ahead(name: str, folder: Path, *arguments: object) -> list[Preview]:
    """Run an example with hardly any training, and return the preview of each `learn` as long as it asks for."""
    recording = Recording(folder)
    with _started(recording, arguments) as patch:
        for cls in (PPO, SAC):
            patch.setattr(cls, "learn", _previewed(cls.learn, recording))
        runpy.run_path(str(copy(name, folder)), run_name="__main__")
    return recording.previews


@contextlib.contextmanager
def _started(recording: Recording, arguments: tuple[object, ...]) -> Iterator[pytest.MonkeyPatch]:
    """Make this process like one that a user has started in the folder."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(recording.folder)
        patch.setattr(sys, "argv", ["example.py", *map(str, arguments)])
        try:
            yield patch
        finally:
            plt.close("all")
            recording.printed = printed.getvalue()


@contextlib.contextmanager
def _steps_noted(recording: Recording) -> Iterator[None]:
    # Kept alive, as the identity of an object that is gone may be given to another one.
    optimizers: dict[int, Any] = {}

    def note(optimizer: Any, *_: Any) -> None:
        optimizers[id(optimizer)] = optimizer
        recording.steps.append((id(optimizer), float(optimizer.param_groups[0]["lr"])))

    hook = register_optimizer_step_pre_hook(note)
    try:
        yield
    finally:
        hook.remove()


def _recorded(
    train: Callable[..., None], recording: Recording, models: dict[int, BaseAlgorithm]
) -> Callable[..., None]:
    """Return `train` of an algorithm so that it notes what an update uses."""

    def recorded(model: Any, *args: Any, **kwargs: Any) -> None:
        values = {name: getattr(model, name, None) for name in ("ent_coef", "gamma", "n_epochs")}
        if isinstance(model, PPO):
            values["gamma"] = model.rollout_buffer.gamma
            values["clip_range"] = model.clip_range(model._current_progress_remaining)  # type: ignore[operator]
        before = len(recording.steps)
        train(model, *args, **kwargs)
        used: dict[int, set[float]] = {}
        for optimizer, rate in recording.steps[before:]:
            used.setdefault(optimizer, set()).add(rate)
        values["kl"] = model.logger.name_to_value.get("train/approx_kl")
        if id(model) not in models:
            models[id(model)] = model
            recording.runs.append([])
        recording.runs[-1].append(Update(model.num_timesteps, list(used.values()), values))

    return recorded


def _previewed(learn: Callable[..., Any], recording: Recording) -> Callable[..., Any]:
    """Return `learn` of an algorithm so that it previews the whole run, and trains hardly at all."""

    def previewed(model: Any, total_timesteps: int, callback: Any = None, **options: Any) -> Any:
        schedules = {"learning_rate": model.learning_rate}
        if isinstance(model, PPO):
            # What Stable-Baselines3 has put around the schedule is a function like any other to a preview.
            schedules["clip_range"] = getattr(model.clip_range, "value_schedule", model.clip_range)
        for member in callback if isinstance(callback, list) else [callback]:
            if isinstance(member, ScheduleCallback):
                schedules |= member.schedules
                total_timesteps = member.run_timesteps or total_timesteps
        hyperparams = ("n_steps", "target_kl", "learning_starts", "train_freq")
        given = {name: getattr(model, name) for name in hyperparams if hasattr(model, name)}
        recording.previews.append(preview(schedules, type(model), total_timesteps, model.n_envs, **given))
        learn(model, PER_CALL, callback, **options)
        model.num_timesteps = total_timesteps
        return model

    return previewed
