"""Steps and fractions of a run: the length of a run, the nearest step, and a schedule as a function of the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lr_schedule.errors import ScheduleConfigError, under
from lr_schedule.fields import PositiveNumber, read_number, to_number

NO_TOTAL_STEPS = "needs total_steps, in the config or as create(cfg, total_steps=...)"
"""The message for a number of steps when the length of the run is unknown."""


def read_total_steps(total_steps: Any) -> float:
    """Return a number of steps, which may be fractional, or raise an error that says what is allowed."""
    return read_number(PositiveNumber, total_steps, "total_steps")


def take_total_steps(given: dict[str, Any], total_steps: Any) -> float | None:
    """Remove ``total_steps`` from a config, and return it, or the argument `total_steps` if the config has none."""
    written = given.pop("total_steps", None)
    if written is None:
        return None if total_steps is None else read_total_steps(total_steps)
    total = read_total_steps(written)
    if total_steps is not None and total != to_number(total_steps):
        raise ScheduleConfigError.at(
            "total_steps", written, f"given twice; differs from the argument total_steps, {to_number(total_steps):.10g}"
        )
    return total


def length_given(run_timesteps: Any, total_timesteps: Any) -> tuple[str, Any]:
    """Return the name of the argument that has the length of the whole run, and the length (None if not given).

    Stable-Baselines3 calls the length of one `learn` ``total_timesteps``; this may be a part of the run.
    """
    if None not in (run_timesteps, total_timesteps) and run_timesteps != total_timesteps:
        message = f"is another name for run_timesteps, but differs from its value, {run_timesteps}"
        raise ScheduleConfigError.at("total_timesteps", total_timesteps, message)
    if run_timesteps is None and total_timesteps is not None:
        return "total_timesteps", total_timesteps
    return "run_timesteps", run_timesteps


def to_fractions(steps: Any, total_steps: float) -> Any:
    """Return steps as fractions of the run; convert each item of a list, and the step of a [step, value] pair."""
    if not _is_list(steps):
        try:
            return to_number(steps) / total_steps
        except TypeError:
            raise ScheduleConfigError.at((), steps, "must be a number of steps") from None
    fractions: list[Any] = []
    for index, item in enumerate(steps):
        is_pair = _is_list(item) and len(item) == 2
        with under(index, 0) if is_pair else under(index):
            fraction = to_fractions(item[0] if is_pair else item, total_steps)
        fractions.append([fraction, item[1]] if is_pair else fraction)
    return fractions


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def nearest_step(elapsed_steps: float) -> int:
    """Return the step nearest to a number of steps that was computed from a progress, with rounding errors."""
    return int(elapsed_steps + 0.5)


def progress_at(elapsed: float, total: float) -> float:
    """Return progress_remaining after `elapsed` of `total` steps of a run, in [0, 1]."""
    return min(max(1.0 - float(elapsed) / float(total), 0.0), 1.0)


class StepFunction:
    """A schedule as a function of the step; `BaseLRSchedule.to_steps` makes it.

    Use it as an optax schedule, inside ``jax.jit`` too, or as the argument of ``torch.optim.lr_scheduler.LambdaLR``.

    Formula:
        ``schedule(1 - step / total_steps)``

    Args:
        schedule: A schedule.
        total_steps: Length of the run in steps. Must be above 0, and may be fractional.

    Raises:
        ScheduleConfigError: total_steps is not a finite number above 0.

    Example:
        >>> StepFunction(BaseLRSchedule.create("lin_0.001"), total_steps=100)(25)
        0.00075
    """

    # LambdaLR writes the __dict__ of a callable object into its state; it is empty, because there is nothing to save.
    __slots__ = ("__dict__", "__weakref__", "_schedule", "_total_steps")

    def __init__(self, schedule: Callable[[Any], Any], total_steps: float) -> None:
        self._total_steps = read_total_steps(total_steps)
        self._schedule = schedule

    def __call__(self, step: Any) -> Any:
        """Return the value at `step`: a float for a number, an array for an array of whole or real numbers.

        Args:
            step: 0 at the start of the run, `total_steps` at its end. Before the start, the value is the first one, and
                after the end the last one.

        Raises:
            ValueError: The step is NaN.
        """
        return self._schedule(1.0 - step / self._total_steps)

    def __eq__(self, other: object) -> bool:
        return self.__reduce__() == other.__reduce__() if isinstance(other, StepFunction) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.__reduce__())

    def __repr__(self) -> str:
        return f"StepFunction({self._schedule!r}, total_steps={self._total_steps!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return StepFunction, (self._schedule, self._total_steps)


COUNTING = {"BaseParamScheduler", "LearningRateSchedule", "ParamScheduler"}
"""Classes of callables in Keras, fvcore and Ignite whose argument is not progress_remaining."""


def require_of_progress(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of progress; reject one that is known to have another argument, and would give wrong values."""
    if isinstance(function, StepFunction):
        message = "is a function of the step, made by to_steps; give the schedule itself"
        raise ScheduleConfigError.at((), function, message)
    if not COUNTING.isdisjoint(base.__name__ for base in type(function).__mro__):
        message = "counts steps or elapsed time, not progress; give from_steps(source, total_steps)"
        raise ScheduleConfigError.at((), function, message)
    return function
