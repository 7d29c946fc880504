"""A copy of a scheduler with a copy of its optimizer without parameters; both originals stay unchanged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import FunctionType
from typing import Any

from lr_schedule.bridge.sharing import find_shared
from lr_schedule.config.arguments import name_of
from lr_schedule.errors import ScheduleConfigError

REACHES = "its code uses {name}, which is not an attribute and would not be copied, so the original would be stepped"


def is_over(optimizer: Any, groups: list[Any]) -> bool:
    """Tell whether the param groups of an optimizer are among `groups`."""
    own = getattr(optimizer, "param_groups", None)
    return isinstance(own, list) and bool(own) and all(any(group is known for known in groups) for group in own)


def quiet(optimizer: Any) -> Any:
    """Return an optimizer about which torch does not warn that it was not stepped yet."""
    optimizer._opt_called, optimizer.step = True, _no_step
    return optimizer


def _no_step() -> None:
    """Replace the step of an optimizer."""


_no_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]


def copied(scheduler: Any) -> Any:
    """Return a copy of a scheduler with a copy of its optimizer, without parameters and without their state."""
    optimizer = scheduler.optimizer
    groups = optimizer.param_groups
    memo: dict[int, Any] = {id(param): param for group in groups for param in group.get("params", ())}
    try:
        if isinstance(vars(scheduler).get("step"), FunctionType):
            raise TypeError("its step is a function that was set on the object, which would step the original")  # noqa: TRY301
        if (name := find_shared(scheduler, is_ours=lambda _: False)) is not None:
            raise TypeError(REACHES.format(name=name))  # noqa: TRY301
        for group in groups:
            memo[id(group)] = {key: [] if key == "params" else _detached(group[key], memo) for key in group}
        shadow = _stand_in(optimizer, memo)
        if not is_over(shadow, [memo[id(group)] for group in groups]):
            raise TypeError("its optimizer has no param_groups, and neither has an attribute of it")  # noqa: TRY301
        twin = copy.deepcopy(scheduler, memo)
        if twin.optimizer is not shadow:
            raise TypeError("its copy uses the original optimizer")  # noqa: TRY301
    except Exception as error:
        message = f"cannot be copied ({type(error).__name__}: {error}); give a function optimizer -> scheduler instead"
        raise ScheduleConfigError.at("scheduler", name_of(scheduler), message) from error
    return twin


def _stand_in(optimizer: Any, memo: dict[int, Any]) -> Any:
    """Return an optimizer of the same class with the groups in `memo`; replace an optimizer that it wraps as well."""
    if id(optimizer) in memo:
        return memo[id(optimizer)]
    kind: Any = type(optimizer)
    memo[id(optimizer)] = shadow = kind.__new__(kind)
    held = vars(optimizer)
    if "state" in held:
        memo[id(held["state"])] = {}
    for name, value in held.items():
        vars(shadow)[name] = _held(value, memo)
    if "param_groups" in held:
        memo[id(held["param_groups"])] = shadow.param_groups
    return quiet(shadow)


def _held(value: Any, memo: dict[int, Any]) -> Any:
    """Return the value of an attribute for the copy of an optimizer; copy lists, dicts, groups and optimizers."""
    if id(value) in memo:
        return memo[id(value)]
    if type(value) in (list, tuple):
        return type(value)(_held(item, memo) for item in value)
    if type(value) is dict:
        return {key: _held(item, memo) for key, item in value.items()}
    groups = getattr(value, "param_groups", None)
    if isinstance(groups, list) and groups and all(id(group) in memo for group in groups):
        return _stand_in(value, memo)
    return value


def _detached(value: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of a value of a param group; detach a tensor from its graph, which cannot be copied."""
    return value.detach().clone() if hasattr(value, "detach") else copy.deepcopy(value, memo)


def watched(rate_at: Callable[[int], Any], optimizer: Any) -> Callable[[int], Any]:
    """Return `rate_at`, which steps a copy, with a check that its first step does not change the original.

    `find_shared` reads names. This check finds code that reaches the original in another way, such as ``getattr`` with
    a string.
    """

    def rate_at_step(k: int) -> Any:
        if k != 1:
            return rate_at(k)
        groups = optimizer.param_groups
        before = [_detached(group["lr"], {}) for group in groups]
        rate = rate_at(k)
        moved = [(group, old) for group, old in zip(groups, before, strict=True) if group["lr"] != old]
        for group, old in moved:
            if hasattr(group["lr"], "fill_"):
                group["lr"].fill_(old)
            else:
                group["lr"] = old
        if moved:
            raise TypeError(
                "its copy changed the learning rates of the original, which were set back; give a function "
                "optimizer -> scheduler instead"
            )
        return rate

    return rate_at_step
