"""How far a run is: progress from the model's own count of steps, over one `learn` or over a whole run of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Number, at_least, read_number
from lr_schedule.steps import progress_at

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

RUN_RECORD = "schedule_run"
"""Attribute of a model, saved with it, that tells how much of a run of many `learn` calls is done (plain numbers)."""


@dataclass(frozen=True)
class Clock:
    """Progress of a run, read from the number of environment steps that the model has taken.

    Args:
        total: Length of the run in environment steps (> 0; may be fractional, as `learn` takes any number).
        before: Steps of the run that the model's own count leaves out, because `learn` set that count back to 0.
        whole_run: Whether the run is longer than one `learn`; the model then has to remember it.
    """

    total: float
    before: int = 0
    whole_run: bool = False

    def elapsed(self, model: BaseAlgorithm) -> int:
        """Return the number of environment steps of the run that are done."""
        return self.before + model.num_timesteps

    def progress(self, model: BaseAlgorithm) -> float:
        """Return progress_remaining: 1.0 at the start of the run, 0.0 from its end on."""
        return progress_at(self.elapsed(model), self.total)

    def record(self, model: BaseAlgorithm) -> None:
        """Let the model remember where the run stands, for a later `learn` and for what is saved from now on."""
        if self.whole_run:
            record = {"before": self.before, "elapsed": self.elapsed(model), "total": self.total}
            setattr(model, RUN_RECORD, record)


def clock_for(model: BaseAlgorithm, total_timesteps: int | None, timesteps_done: int | None = None) -> Clock:
    """Return the clock of the `learn` call that the model has just set up.

    Args:
        model: A model whose `learn` has set its step count and its total.
        total_timesteps: Length of the whole run (None: this `learn` is the whole run).
        timesteps_done: How much of it is done now (None: what the model remembers).

    Raises:
        ScheduleConfigError: The whole run is done already, or the run has no end.
    """
    if total_timesteps is None:
        total = read_number(Number, model._total_timesteps, "total_timesteps")
        return Clock(total if total > 0.0 else 1.0)
    clock = Clock(total_timesteps, _steps_before(model, timesteps_done), whole_run=True)
    done = clock.elapsed(model)
    if done >= total_timesteps and model._total_timesteps > model.num_timesteps:
        message = (
            f"must be more than the {done} steps that the run has done; give the length of the whole run, "
            "or timesteps_done=0 to start a new run with this model"
        )
        raise ScheduleConfigError.at("total_timesteps", total_timesteps, message)
    return clock


def _steps_before(model: BaseAlgorithm, timesteps_done: int | None) -> int:
    if timesteps_done is not None:
        return timesteps_done - model.num_timesteps
    record: dict[str, int] = getattr(model, RUN_RECORD, {"before": 0, "elapsed": 0})
    # A count of 0 is one that learn() has just set back: all that was done lies before it.
    return record["elapsed"] if model.num_timesteps == 0 else record["before"]


def remaining_timesteps(model: BaseAlgorithm, total_timesteps: int) -> int:
    """Return how many environment steps are left of a run, to hand to `learn` when a run is resumed.

    Use it for the plain resume, in which one more `learn` finishes the run: SB3 adds what is done to what it is given,
    so handing over the whole length again would stretch every schedule.

    Formula:
        ``total_timesteps - done``

    Args:
        model: The model, as loaded or as left by the last `learn`.
        total_timesteps: Length of the whole run in environment steps (>= 1).

    Returns:
        The number of steps, 0 where the run is complete: a last rollout that goes past the end is a part of the run.

    Raises:
        ScheduleConfigError: `total_timesteps` is no whole number, or less than what is done of a run that a
            `ScheduleCallback` was told to be longer.

    Example:
        >>> from stable_baselines3 import A2C
        >>> model = A2C("MlpPolicy", "CartPole-v1", device="cpu").learn(100)
        >>> remaining_timesteps(model, 300)
        200
        >>> remaining_timesteps(model, 98)
        0
    """
    total = int(read_number(at_least(1), total_timesteps, "total_timesteps"))
    record: dict[str, int] = getattr(model, RUN_RECORD, {"before": 0})
    done = record["before"] + model.num_timesteps
    longer = record.get("total", 0)
    if total < min(done, longer):
        message = f"must be at least the {done} steps done of a run of {longer}"
        raise ScheduleConfigError.at("total_timesteps", total_timesteps, message)
    return max(total - done, 0)
