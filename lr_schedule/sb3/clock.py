"""The progress of a run, from the step count of the model, for one `learn` or a run of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Number, at_least, read_number
from lr_schedule.steps import length_given, progress_at

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

RUN_RECORD = "schedule_run"
"""Attribute of a model, saved with it, with the number of steps done in a run of several `learn` calls."""


@dataclass(frozen=True)
class Clock:
    """The progress of a run, from the step count of the model.

    Args:
        total: Length of the run in timesteps (> 0; may be fractional, because `learn` accepts any number).
        before: Timesteps of the run before those that the model counts, because `learn` has reset the count to 0.
        whole_run: Whether the run can have several `learn` calls; its state is then stored in the model.
    """

    total: float
    before: int = 0
    whole_run: bool = False

    def elapsed(self, model: BaseAlgorithm) -> int:
        """Return the number of timesteps of the run that are done."""
        return self.before + model.num_timesteps

    def progress(self, model: BaseAlgorithm) -> float:
        """Return progress_remaining: 1.0 at the start of the run, 0.0 at its end and after it."""
        return progress_at(self.elapsed(model), self.total)

    def record(self, model: BaseAlgorithm) -> None:
        """Store the state of the run in the model, for a later `learn` and for saves."""
        if self.whole_run:
            record = {"before": self.before, "elapsed": self.elapsed(model), "total": self.total}
            setattr(model, RUN_RECORD, record)


def clock_for(model: BaseAlgorithm, run_timesteps: int | None, timesteps_done: int | None = None) -> Clock:
    """Return the clock of the current `learn` call.

    Args:
        model: A model whose `learn` has set its step count and its total.
        run_timesteps: Length of the whole run (None: this `learn` is the whole run).
        timesteps_done: Number of timesteps of it that are done now (None: the number that is stored in the model).

    Raises:
        ScheduleConfigError: The whole run is complete, or the run has no end.
    """
    if run_timesteps is None:
        total = read_number(Number, model._total_timesteps, "total_timesteps")
        return Clock(total if total > 0.0 else 1.0)
    clock = Clock(run_timesteps, _steps_before(model, timesteps_done), whole_run=True)
    done = clock.elapsed(model)
    if done >= run_timesteps and model._total_timesteps > model.num_timesteps:
        message = (
            f"must be above the {done} timesteps that the run has done; give the length of the whole run, "
            "or timesteps_done=0 to start a new run with this model"
        )
        raise ScheduleConfigError.at("run_timesteps", run_timesteps, message)
    return clock


def _steps_before(model: BaseAlgorithm, timesteps_done: int | None) -> int:
    if timesteps_done is not None:
        return timesteps_done - model.num_timesteps
    record: dict[str, int] = getattr(model, RUN_RECORD, {"before": 0, "elapsed": 0})
    # If the count is 0, learn() has just reset it: all steps that are done came before.
    return record["elapsed"] if model.num_timesteps == 0 else record["before"]


def remaining_timesteps(
    model: BaseAlgorithm, run_timesteps: int | None = None, *, total_timesteps: int | None = None
) -> int:
    """Return the number of timesteps that are left in a run, to pass to `learn` when you resume it.

    Use it to finish a run with one more `learn` call. SB3 adds the timesteps that are done to the argument of `learn`,
    so with the whole length every schedule would be stretched.

    Formula:
        ``run_timesteps - done``

    Args:
        model: The model after the last `learn`, or a loaded one.
        run_timesteps: Length of the whole run in timesteps, at least 1.
        total_timesteps: Another name for `run_timesteps`.

    Returns:
        The number of timesteps, or 0 if the run is complete. The last rollout may go past the end of the run.

    Raises:
        ScheduleConfigError: `run_timesteps` is not a whole number, or it is below the timesteps done of a run that is
            longer according to its `ScheduleCallback`.

    Example:
        >>> from stable_baselines3 import A2C
        >>> model = A2C("MlpPolicy", "CartPole-v1", device="cpu").learn(100)
        >>> remaining_timesteps(model, 300)
        200
        >>> remaining_timesteps(model, 98)
        0
    """
    name, length = length_given(run_timesteps, total_timesteps)
    total = int(read_number(at_least(1), length, name))
    record: dict[str, int] = getattr(model, RUN_RECORD, {"before": 0})
    done = record["before"] + model.num_timesteps
    longer = record.get("total", 0)
    if total < min(done, longer):
        message = f"must be at least the {done} timesteps that are done of a run of {longer}"
        raise ScheduleConfigError.at(name, length, message)
    return max(total - done, 0)
