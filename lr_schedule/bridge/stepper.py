"""Step a scheduler to get its values, without changing the scheduler and the optimizer of the user."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lr_schedule.bridge.copies import REACHES, copied, is_over, quiet, watched
from lr_schedule.bridge.record import Record
from lr_schedule.bridge.sharing import find_shared
from lr_schedule.bridge.torch_steps import shorten
from lr_schedule.config.arguments import name_of, parameters_of
from lr_schedule.config.group_keys import LR, find_key
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.steps import nearest_step

METRIC_DRIVEN = (
    "follows a metric, not the step, so it is not a schedule; call its step(metric) yourself, or use a schedule of "
    "progress such as 'cosine'"
)

NEEDS_ARGUMENT = (
    "cannot be stepped, because its step needs the argument {names}. If that is a metric, it is not a schedule; "
    "otherwise give a function optimizer -> object with an optimizer and a step() that passes the argument"
)

DOES_NOT_RUN = "has a step that is a generator or coroutine function, so calling it sets no rate"

METRICS = ("loss", "metric", "metrics", "monitor", "score", "val_loss", "valid_loss", "validation_loss")
"""Names of the first argument of a ``step`` that is a metric."""


def gives_no_number(function: Any) -> bool:
    """Tell whether calling a function only creates a generator or coroutine."""
    kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    return any(is_kind(each) for is_kind in kinds for each in (function, type(function).__call__))


def is_stepper(source: Any) -> bool:
    """Tell whether `source` is an object with ``step()`` or ``step_update(n)`` for an optimizer."""
    steps = callable(getattr(source, "step", None)) or callable(getattr(source, "step_update", None))
    return steps and not isinstance(source, type) and has_groups(getattr(source, "optimizer", None))


def record_steps(
    scheduler: Any, total_steps: float, group: int = 0, *, key: str = "lr", own_optimizer: Any = None
) -> Record:
    """Return the record of the values that stepping `scheduler` gives; a copy of it is stepped.

    Args:
        scheduler: The scheduler, which is stepped from its current state.
        total_steps: Length of the run in its steps.
        group: Index of the param group whose value is used.
        key: Number of the group that is used: the learning rate, or another one, such as ``momentum`` or ``betas[0]``.
        own_optimizer: An optimizer that was created for this record. A scheduler for it is not copied.
    """
    _refuse_what_cannot_be_counted(scheduler, [])
    optimizer = scheduler.optimizer
    groups = len(optimizer.param_groups)
    if isinstance(group, bool) or not isinstance(group, int) or not 0 <= group < groups:
        raise ScheduleConfigError.at("group", group, f"must be the index of one of the {groups} param groups")
    read = LR.read if key == "lr" else find_key(key, optimizer.param_groups, ("key",)).read
    own_groups = [] if own_optimizer is None else own_optimizer.param_groups
    if is_over(optimizer, own_groups):
        name = find_shared(scheduler, is_ours=lambda other: is_over(other, own_groups))
        if name is not None:
            message = REACHES.format(name=name) + "; create all its schedulers for the optimizer that is passed in"
            raise ScheduleConfigError.at("scheduler", name_of(scheduler), message)
        quiet(optimizer)
        rate_at = _value_after_step(scheduler, group, read)
    else:
        rate_at = watched(_value_after_step(copied(scheduler), group, read), optimizer)
    return Record(rate_at, nearest_step(total_steps), in_order=True, name=name_of(scheduler))


def has_groups(optimizer: Any) -> bool:
    """Tell whether an object has param groups like an optimizer of torch."""
    return isinstance(getattr(optimizer, "param_groups", None), list)


def schedulers_in(scheduler: Any) -> list[Any]:
    """Return the schedulers inside a scheduler (torch's SequentialLR and ChainedScheduler, timm's plateau)."""
    inner = [*getattr(scheduler, "_schedulers", ()), getattr(scheduler, "lr_scheduler", None)]
    return [part for part in inner if hasattr(part, "step")]


def why_not_counted(scheduler: Any) -> str | None:
    """Return why a scheduler, or each one of a class, is not a function of the step; None if it is."""
    if hasattr(scheduler, "step_update"):  # timm: step(epoch, metric=None) does not use the metric
        return None
    if gives_no_number(scheduler.step):
        return DOES_NOT_RUN
    parameters = parameters_of(scheduler.step)[isinstance(scheduler, type) :]  # the step of a class has self first
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(name in METRICS for name in needed + [p.name for p in positional[:1]]) or hasattr(scheduler, "patience"):
        return METRIC_DRIVEN
    return NEEDS_ARGUMENT.format(names=", ".join(needed)) if needed else None


def _refuse_what_cannot_be_counted(scheduler: Any, seen: list[Any]) -> None:
    if any(scheduler is part for part in seen):
        return
    seen.append(scheduler)
    for part in schedulers_in(scheduler):
        _refuse_what_cannot_be_counted(part, seen)
    held = [value for value in getattr(scheduler, "__dict__", {}).values() if is_stepper(value)]
    reasons = [why_not_counted(scheduler), *(METRIC_DRIVEN for part in held if why_not_counted(part) == METRIC_DRIVEN)]
    for reason in filter(None, reasons):
        raise ScheduleConfigError.at("scheduler", name_of(scheduler), reason)


def _value_after_step(scheduler: Any, group: int, read: Callable[[Any], Any]) -> Callable[[int], Any]:
    """Return a function that gives the value at step 0, and steps once before each later value."""
    optimizer = scheduler.optimizer
    groups = optimizer.param_groups
    if hasattr(scheduler, "step_update"):
        count = scheduler.step if getattr(scheduler, "t_in_epochs", False) else scheduler.step_update

        def rate_at(k: int) -> Any:
            if k:
                count(k)
            return read(groups[group])

        return rate_at
    shorten(scheduler, optimizer, schedulers_in)
    step = scheduler.step

    def rate_after_next_step(k: int) -> Any:
        if k:
            step()
        return read(groups[group])

    return rate_after_next_step
