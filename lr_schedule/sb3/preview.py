"""The values that a run will use, one row for each update, and warnings about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lr_schedule.bridge.updates import update_ends, warnings_of
from lr_schedule.control import KLController
from lr_schedule.control.following import controller_in
from lr_schedule.control.levels import at
from lr_schedule.control.ranges import Schedule, check_values, checked
from lr_schedule.errors import Problems, ScheduleConfigError, did_you_mean
from lr_schedule.fields import at_least, read_number
from lr_schedule.pictures.text import table
from lr_schedule.sb3 import algorithms, injected, lookup, optimizer_keys, targets
from lr_schedule.sb3.config_checks import as_schedules
from lr_schedule.sb3.scheduled import read_schedule
from lr_schedule.sb3.targets import Target
from lr_schedule.steps import length_given

SHOWN = 12
"""Number of rows in a printed preview; rows in the middle are omitted."""


class Row(NamedTuple):
    """One update: its timesteps and progress, and the value of each target."""

    timesteps: int
    progress: float
    values: dict[str, float]


@dataclass(frozen=True)
class Preview:
    """The updates of a run and the values that they use; it prints as a table.

    Args:
        algorithm: Name of the algorithm.
        timesteps: Number of timesteps at each update.
        progress: progress_remaining at each update.
        values: For each target, its value in each update.
        warnings: Warnings about mistakes that raise no error, one sentence each.
    """

    algorithm: str
    timesteps: npt.NDArray[np.int64]
    progress: npt.NDArray[np.float64]
    values: dict[str, npt.NDArray[np.float64]]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.timesteps)

    def __getitem__(self, index: int) -> Row:
        values = {name: column[index].item() for name, column in self.values.items()}
        return Row(int(self.timesteps[index]), float(self.progress[index]), values)

    def __iter__(self) -> Iterator[Row]:
        return (self[index] for index in range(len(self)))

    def __str__(self) -> str:
        head = ["update", "timesteps", "progress", *self.values]
        count = len(self)
        shown = range(count) if count <= SHOWN else [*range(SHOWN // 2), *range(count - SHOWN // 2, count)]
        rows = [self._cells(index) for index in shown]
        if count > SHOWN:
            rows.insert(SHOWN // 2, ["..."] * len(head))
        return "\n".join([table([head, *rows], numbers=True), *(f"warning: {text}" for text in self.warnings)])

    def _cells(self, index: int) -> list[str]:
        row = self[index]
        return [str(index + 1), str(row.timesteps), f"{row.progress:.4f}", *(f"{v:.6g}" for v in row.values.values())]


def preview(
    cfg_or_schedules: Any,
    algo: Any,
    run_timesteps: int | None = None,
    n_envs: int = 1,
    *,
    total_timesteps: int | None = None,
    **hyperparams: Any,
) -> Preview:
    """Return the values that a run will use: each update with its progress and the value of each scheduled target.

    Use it before a long run. SB3 updates only after each rollout, so it can, for example, skip a short warmup.

    Args:
        cfg_or_schedules: A config or schedule of the learning rate, or a mapping from targets to configs, schedules,
            controllers or functions, as for `ScheduleCallback`.
        algo: The algorithm: its class, or its name (``"PPO"``, ``"TQC"``, ``"SBX SAC"``).
        run_timesteps: Length of the whole run in timesteps, at least 1.
        n_envs: Number of environments, at least 1.
        total_timesteps: Another name for `run_timesteps`.
        hyperparams: Arguments of the algorithm that are not the default: ``n_steps``, ``learning_starts``,
            ``train_freq``, ``n_delta``, ... If updates happen after whole episodes (ARS, or a train_freq in episodes),
            also give ``episode_length``, the number of steps in an episode.

    Returns:
        A `Preview`: arrays with one entry per update, warnings, and a table when printed. For a controller, the values
        are those before any observation: its schedule within its bounds. If an algorithm uses a value during the
        rollout (gamma and gae_lambda on-policy, noise, epsilon, everything in ARS), the row of an update has the value
        at the start of its rollout.

    Raises:
        ScheduleConfigError: A schedule, a target, the algorithm or a hyperparameter is wrong.

    Example:
        >>> print(preview("lin_0.001", "PPO", run_timesteps=6000))
        update  timesteps  progress  learning_rate
             1       2048    0.6587    0.000658667
             2       4096    0.3173    0.000317333
             3       6144    0.0000              0
        warning: learning_rate: only 3 different values in 3 updates; ...
    """
    cls = algorithms.find(algo)
    algorithm = algorithms.name_of(cls)
    length_name, length = length_given(run_timesteps, total_timesteps)
    total = int(read_number(at_least(1), length, length_name))
    settings = _settings(cls, algorithm, hyperparams)
    starts, ends = _updates(algorithm, settings, total, int(read_number(at_least(1), n_envs, "n_envs")))
    progress = _progress(ends, total)
    values: dict[str, npt.NDArray[np.float64]] = {}
    warnings: list[str] = []
    problems = Problems()
    for name, cfg in as_schedules(cfg_or_schedules).items():
        with problems.gathered():
            target, ignored = _find(name, algorithm, settings)
            schedule, _ = read_schedule(name, cfg, total)
            check_values(name, schedule, target.convert, target.own_range, total)
            used = _progress(starts, total) if algorithm in target.read_while_collecting else progress
            values[name] = _column(name, schedule, target, np.ones_like(used) if ignored else used)
            warnings += _warnings(name, schedule, target, values[name], ends, total) if not ignored else [ignored]
            controller = controller_in(schedule)
            if isinstance(controller, KLController) and algorithm in algorithms.PPO:
                warnings += _hidden_kl(name, controller, settings.get("target_kl"), progress)
            if ignored and len(ends) and values[name][0] == 0.0:
                warnings.append(f"{name}: the value is 0 at the start, so {algorithm} never learns anything")
    problems.raise_any()
    if not len(ends):
        warnings.append(f"{algorithm} makes no update in {total} timesteps")
    return Preview(algorithm, ends, progress, values, tuple(warnings))


def _settings(cls: type[Any], algorithm: str, hyperparams: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of an algorithm: the given ones, and the defaults of the others."""
    known = algorithms.parameters_of(cls)
    for name, value in hyperparams.items():
        if name not in (*known, "episode_length"):
            message = f"{algorithm} has no such hyperparameter{did_you_mean(name, known)}"
            raise ScheduleConfigError.at(name, value, message.removesuffix("."))
    return known | {"episode_length": None} | hyperparams


def _find(name: str, algorithm: str, settings: dict[str, Any]) -> tuple[Target, str]:
    """Return a target, and a warning if the algorithm accepts a schedule for it but does not use it."""
    if name == "learning_rate" and algorithm in algorithms.SBX_FIXED_RATE:
        text = f"{name}: {algorithm} uses only the first value, lr_schedule(1), for the whole run"
        return targets.TARGETS[name], text
    if name == "learning_rate" and algorithm in algorithms.SBX_PPO and settings.get("target_kl") is not None:
        return targets.TARGETS[name], f"{name}: with target_kl set, {algorithm} chooses its learning rate itself"
    of_part = optimizer_keys.split(name) if name not in targets.TARGETS else None
    if of_part is not None and algorithm in algorithms.SBX_FIXED_RATE:
        injected.require_optimizer_of_user(algorithm, name, settings.get("policy_kwargs"))
    return lookup.find(name, algorithm), ""


def _updates(
    algorithm: str, settings: dict[str, Any], total: int, n_envs: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the timesteps at the start of each rollout, and at the update after it."""
    learning_starts = 0
    if algorithm == "ARS":
        per_update = 2 * settings["n_delta"] * settings["n_eval_episodes"] * _episode_length(algorithm, settings)
    elif algorithm in (*algorithms.ON_POLICY, *algorithms.SBX_PPO):
        per_update = settings["n_steps"] * n_envs
    else:
        frequency = settings["train_freq"]
        steps, unit = frequency if isinstance(frequency, (tuple, list)) else (frequency, "step")
        # A user gives a word; a model has a member of SB3's TrainFrequencyUnit.
        unit = getattr(unit, "value", unit)
        per_update = steps * n_envs if unit == "step" else steps * _episode_length(algorithm, settings)
        learning_starts = settings["learning_starts"]
    every = update_ends(per_update, total)
    ends = np.arange(every.start, every.stop, every.step, dtype=np.int64)
    ends = ends[ends > learning_starts]
    return ends - per_update, ends


def _episode_length(algorithm: str, settings: dict[str, Any]) -> int:
    length = settings["episode_length"]
    if length is None:
        message = f"required, because {algorithm} updates after whole episodes: give the number of steps in an episode"
        raise ScheduleConfigError.at("episode_length", length, message)
    return int(read_number(at_least(1), length, "episode_length"))


def _progress(timesteps: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.float64]:
    return np.clip(1.0 - timesteps / float(total), 0.0, 1.0)


def _column(name: str, schedule: Schedule, target: Target, progress: Any) -> npt.NDArray[np.float64]:
    """Return the value that training will use at each progress."""
    return np.array([checked(name, target.convert(schedule(p)), target.own_range, p) for p in progress.tolist()])


def _warnings(
    name: str, schedule: Schedule, target: Target, values: Any, ends: npt.NDArray[np.int64], total: int
) -> Iterator[str]:
    """Yield a warning for each mistake that raises no error."""
    is_rate = target.own or name.endswith(optimizer_keys.SUFFIX)
    yield from warnings_of(
        name, schedule, values.tolist(), ends.tolist(), total, is_rate=is_rate, convert=target.convert
    )


def _hidden_kl(name: str, controller: KLController, target_kl: Any, progress: Any) -> Iterator[str]:
    """Yield a warning if SB3 ends an update before its KL can be high enough to lower the value."""
    if target_kl is None:
        return
    highest = max(controller.band * at(controller.target_kl, p) for p in progress.tolist())
    if target_kl < highest:
        text = f"{name}: with target_kl={target_kl:g}, the epochs of an update end before its KL is {highest:g}"
        yield f"{text}, above which the controller lowers the value; remove target_kl"
