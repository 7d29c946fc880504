"""from_steps: turn an object that has a value for each step into a schedule of progress."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.bridge.record import Record
from lr_schedule.bridge.stepper import gives_no_number, has_groups, is_stepper, record_steps
from lr_schedule.bridge.stepwise import SourceLRSchedule
from lr_schedule.config.arguments import name_of, parameters_of
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.steps import nearest_step, read_total_steps

FORMS = (
    "must be one of: a function step -> value (optax, a lambda); an object with value(step); a Keras "
    "LearningRateSchedule; an fvcore ParamScheduler; an object with step() or step_update(n) for an optimizer; for a "
    "scheduler class of torch, use from_torch"
)

DRIVES = (
    "changes an optimizer or an engine when it is called, and returns no value for a step; give a function of the "
    "step, such as values.__getitem__ for a list of values (in Ignite, simulate_values returns them)"
)


def from_steps(source: Any, total_steps: float) -> BaseLRSchedule:
    """Turn a function of the step, or a scheduler that counts steps, into a schedule of progress.

    Use it for a schedule of optax or Keras, or for your own scheduler, in libraries that use progress, such as
    Stable-Baselines3. For a scheduler class of torch, use `from_torch`.

    Formula:
        The value of the source at the nearest step, ``floor((1 - p) * total_steps + 1/2)``, without rounding.

    Args:
        source: One of these forms; the first that matches is used. *fvcore*: has ``WHERE_EPSILON`` and is callable with
            the elapsed fraction of the run. *Scheduler*: has ``step()`` or ``step_update(n)`` and an ``optimizer`` with
            ``param_groups``; a copy is stepped from its current state, and the value is the learning rate of its first
            param group. *Keras*: has ``get_config`` and is callable. *Value*: has ``value(step)`` and is not callable.
            *Function*: callable with a step. It must be pure, because it is called once for each step, in any order.
        total_steps: Length of the run in the steps of the source. Must be above 0, and may be fractional.

    Returns:
        A schedule. It calls the source for a step when the step is first needed, and keeps the result. It is saved as
        type ``table``, with all its values.

    Raises:
        ScheduleConfigError: The source has none of these forms, or follows a metric, or total_steps is out of range.
        ValueError: In a call, if the source fails or returns NaN, infinity or a negative value; the message names the
            step.

    Example:
        >>> schedule = from_steps(lambda step: 0.001 * 0.5**step, total_steps=4)
        >>> schedule(0.5)
        0.00025
    """
    total = read_total_steps(total_steps)
    return SourceLRSchedule(record_source(source, total), total, "from_steps")


def record_source(source: Any, total_steps: float) -> Record:
    """Return the record of the values that `source`, in any of its forms, gives step by step."""
    if isinstance(source, BaseLRSchedule):
        message = "is already a schedule of progress; use it directly"
        raise ScheduleConfigError.at("source", source, message)
    if is_stepper(source):
        return record_steps(source, total_steps)
    value_at = _function_of_step(source, total_steps)
    if value_at is None:
        raise ScheduleConfigError.at("source", source, FORMS)
    reason = _why_no_function_of_step(source, value_at)
    if reason is not None:
        raise ScheduleConfigError.at("source", source, reason)
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


def _why_no_function_of_step(source: Any, value_at: Callable[..., Any]) -> str | None:
    """Return why a callable gives no number for a step, or None if no reason is known."""
    parameters = parameters_of(value_at)
    if (parameters and parameters[0].name == "engine") or has_groups(getattr(source, "optimizer", None)):
        return DRIVES
    if gives_no_number(value_at):
        return "is a generator or coroutine function, which gives no number when it is called with a step"
    try:
        # The signature of the wrapper counts: a decorator may pass other arguments to the function that it wraps.
        signature = inspect.signature(value_at, follow_wrapped=False)
    except (TypeError, ValueError):  # some callables written in C have no signature
        return None
    try:
        signature.bind(0)
    except TypeError as error:
        return f"must be callable with one argument, the step: {error}"
    return None
