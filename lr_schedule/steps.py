"""Between steps and progress: a function of the step becomes a schedule, and a schedule a function of the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.bridge.stepper import is_stepper, record_steps
from lr_schedule.bridge.stepwise import Record, SourceLRSchedule, nearest_step, read_total_steps
from lr_schedule.config.arguments import name_of
from lr_schedule.errors import ScheduleConfigError

if TYPE_CHECKING:
    from lr_schedule.bridge.stepwise import StepwiseLRSchedule

FORMS = (
    "must be one of: a function step -> value (optax, a lambda); an object with value(step); a Keras "
    "LearningRateSchedule; an fvcore ParamScheduler; an object with step() or step_update(n) over an optimizer; for a "
    "scheduler class of torch use from_torch"
)


class StepFunction:
    """A schedule as a function of the step; `BaseLRSchedule.to_steps` makes it.

    Use it as an optax schedule, inside ``jax.jit`` too, or as the argument of ``torch.optim.lr_scheduler.LambdaLR``.

    Formula:
        ``schedule(1 - step / total_steps)``

    Args:
        schedule: A schedule, or a config of one.
        total_steps: Length of the run in steps (finite, > 0; may be fractional).

    Raises:
        ScheduleConfigError: The config or total_steps cannot be used.

    Example:
        >>> StepFunction({"type": "linear", "initial_value": 0.001}, total_steps=100)(25)
        0.00075
    """

    # An empty __dict__ is what LambdaLR writes into its state for a callable object: there is nothing to keep.
    __slots__ = ("__dict__", "__weakref__", "_schedule", "_total_steps")

    def __init__(self, schedule: Any, total_steps: float) -> None:
        self._total_steps = read_total_steps(total_steps)
        self._schedule = BaseLRSchedule.create(schedule, self._total_steps)

    def __call__(self, step: Any) -> Any:
        """Return the value at `step`: a float for a number, an array for an array of whole or real numbers.

        Args:
            step: 0 at the start of the run, `total_steps` at its end; outside of the run its first or last value holds.

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


def from_steps(source: Any, total_steps: float) -> StepwiseLRSchedule:
    """Turn what knows a learning rate step by step into a schedule of progress.

    Use it to give an optax schedule, a Keras schedule or a scheduler of your own to what asks for progress, such as
    Stable-Baselines3. For a scheduler class of torch use `from_torch`.

    Formula:
        The value at step ``floor((1 - p) * total_steps + 1/2)``, the nearest one, exactly as the source gives it.

    Args:
        source: The first of these forms that fits counts. *fvcore*: has ``WHERE_EPSILON`` and is callable with the
            elapsed share of the run. *Stepper*: has ``step()`` or ``step_update(n)`` and an ``optimizer`` with
            ``param_groups``; a copy is stepped, from its present state on, and the rate of its first param group
            counts. *Keras*: has ``get_config`` and is callable. *Value*: has ``value(step)`` and is not callable.
            *Function*: callable with a step.
        total_steps: Length of the run in the source's steps (finite, > 0; may be fractional).

    Returns:
        A schedule. It asks the source for a step when that step is first needed, and keeps the answer. What is saved
        of it is the table of its values, which is of type ``table``.

    Raises:
        ScheduleConfigError: The source fits no form or follows a metric, or total_steps is out of range.
        ValueError: When asked, where the source fails or gives NaN, infinity or a negative value; names the step.

    Example:
        >>> schedule = from_steps(lambda step: 0.001 * 0.5**step, total_steps=4)
        >>> schedule(0.5)
        0.00025
    """
    total = read_total_steps(total_steps)
    return SourceLRSchedule(record_source(source, total), total, "from_steps")


def record_source(source: Any, total_steps: float) -> Record:
    """Return the record of what `source`, in any of its forms, gives step by step."""
    if isinstance(source, BaseLRSchedule):
        message = "is a schedule of progress already; use it as it is"
        raise ScheduleConfigError.at("source", source, message)
    if is_stepper(source):
        return record_steps(source, total_steps)
    value_at = _function_of_step(source, total_steps)
    if value_at is None:
        raise ScheduleConfigError.at("source", source, FORMS)
    return Record(value_at, nearest_step(total_steps), in_order=False, name=name_of(source))


def _function_of_step(source: Any, total_steps: float) -> Callable[[int], Any] | None:
    if isinstance(source, type):
        return None
    if hasattr(source, "WHERE_EPSILON") and callable(source):
        latest = 1.0 - source.WHERE_EPSILON
        return lambda step: source(min(step / total_steps, latest))
    if callable(source):
        return source  # type: ignore[no-any-return]
    value = getattr(source, "value", None)
    return value if callable(value) else None
