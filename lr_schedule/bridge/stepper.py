"""Stepping a scheduler aside: a copy over no parameters, so that scheduler and optimizer stay as they are."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

from lr_schedule.bridge.record import Record
from lr_schedule.bridge.sharing import find_shared
from lr_schedule.bridge.torch_steps import shorten
from lr_schedule.config.arguments import name_of
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.steps import nearest_step

METRIC_DRIVEN = (
    "follows a metric, not the step, so it is no schedule; keep calling its step(metric) yourself, or use a schedule "
    "of progress such as 'cosine'"
)


def is_stepper(source: Any) -> bool:
    """Tell whether `source` is an object with ``step()`` or ``step_update(n)`` over an optimizer."""
    steps = callable(getattr(source, "step", None)) or callable(getattr(source, "step_update", None))
    return steps and not isinstance(source, type) and _has_groups(getattr(source, "optimizer", None))


def record_steps(scheduler: Any, total_steps: float, group: int = 0, *, own_optimizer: Any = None) -> Record:
    """Return the record of the learning rates that stepping `scheduler` gives; it is copied and never changed.

    Args:
        scheduler: What is stepped, from its present state on.
        total_steps: Length of the run in its steps.
        group: Index of the param group whose learning rate counts.
        own_optimizer: An optimizer made for this record; a scheduler over it belongs to us, and is not copied.
    """
    _refuse_metric_driven(scheduler)
    optimizer = scheduler.optimizer
    groups = len(optimizer.param_groups)
    if isinstance(group, bool) or not isinstance(group, int) or not 0 <= group < groups:
        raise ScheduleConfigError.at("group", group, f"must be the index of one of the {groups} param groups")
    if optimizer is not own_optimizer:
        scheduler, optimizer = _shadow(scheduler)
    optimizer._opt_called, optimizer.step = True, _no_step  # or torch warns that the optimizer was not stepped yet
    last_step, name = nearest_step(total_steps), name_of(scheduler)
    return Record(_rate_after_step(scheduler, optimizer, group), last_step, in_order=True, name=name)


def _has_groups(optimizer: Any) -> bool:
    return isinstance(getattr(optimizer, "param_groups", None), list)


def schedulers_in(scheduler: Any) -> list[Any]:
    """Return the schedulers inside a scheduler (torch's SequentialLR and ChainedScheduler, timm's plateau)."""
    inner = [*getattr(scheduler, "_schedulers", ()), getattr(scheduler, "lr_scheduler", None)]
    return [part for part in inner if hasattr(part, "step")]


def is_metric_driven(scheduler: Any) -> bool:
    """Tell whether ``step`` of a scheduler, or of a class of them, needs an argument, which only a metric can be."""
    parameters = list(inspect.signature(scheduler.step).parameters.values())
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(needed) > isinstance(scheduler, type)  # a class's own step needs its self


def _refuse_metric_driven(scheduler: Any) -> None:
    for part in schedulers_in(scheduler):
        _refuse_metric_driven(part)
    if not hasattr(scheduler, "step_update") and is_metric_driven(scheduler):
        raise ScheduleConfigError.at("scheduler", name_of(scheduler), METRIC_DRIVEN)


def _no_step() -> None:
    """Stand in for the step of an optimizer that is there to be scheduled only."""


_no_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]


def _shadow(scheduler: Any) -> tuple[Any, Any]:
    """Return a copy of a scheduler over a copy of its optimizer without parameters and without their state."""
    optimizer = scheduler.optimizer
    memo: dict[int, Any] = {id(param): param for group in optimizer.param_groups for param in group.get("params", ())}
    groups = [
        {key: [] if key == "params" else _copied(value, memo) for key, value in group.items()}
        for group in optimizer.param_groups
    ]
    shadow = _stand_in(optimizer, groups)
    memo |= {id(optimizer): shadow, id(optimizer.param_groups): groups, id(getattr(optimizer, "state", None)): {}}
    memo |= {id(group): groups[n] for n, group in enumerate(optimizer.param_groups)}
    try:
        if isinstance(vars(scheduler).get("step"), FunctionType):
            raise TypeError("its step is a function from elsewhere, which would step the original")  # noqa: TRY301
        if (name := find_shared(scheduler, optimizer)) is not None:
            raise TypeError(f"its code knows {name} beside its attributes, and would reach the original")  # noqa: TRY301
        copied = copy.deepcopy(scheduler, memo)
        if copied.optimizer is not shadow:
            raise TypeError("its copy is over the original optimizer")  # noqa: TRY301
        return copied, shadow
    except Exception as error:
        message = f"cannot be copied ({type(error).__name__}: {error}); give a function optimizer -> scheduler instead"
        raise ScheduleConfigError.at("scheduler", name_of(scheduler), message) from error


def _stand_in(optimizer: Any, groups: list[dict[str, Any]]) -> Any:
    """Return an optimizer of the same class over `groups`, or a bare one where that class keeps no groups itself."""
    held = {**getattr(optimizer, "__dict__", {}), "param_groups": groups, "state": {}}
    shadow = object.__new__(type(optimizer))
    vars(shadow).update(held)
    return shadow if shadow.param_groups is groups else SimpleNamespace(**held)


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of what a param group holds; a tensor is cut off from its graph, which has no deep copy."""
    return value.detach().clone() if hasattr(value, "detach") else copy.deepcopy(value, memo)


def _rate_after_step(scheduler: Any, optimizer: Any, group: int) -> Callable[[int], Any]:
    """Return the function that gives the learning rate at step 0, and at each later one after one more step."""
    groups = optimizer.param_groups
    if hasattr(scheduler, "step_update"):
        count = scheduler.step if getattr(scheduler, "t_in_epochs", False) else scheduler.step_update

        def rate_at(k: int) -> Any:
            if k:
                count(k)
            return groups[group]["lr"]

        return rate_at
    shorten(scheduler, optimizer, schedulers_in)
    step = scheduler.step

    def rate_after_next_step(k: int) -> Any:
        if k:
            step()
        return groups[group]["lr"]

    return rate_after_next_step
