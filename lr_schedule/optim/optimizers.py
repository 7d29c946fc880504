"""Optimizers by name, for configs."""

from __future__ import annotations

from typing import Any

import torch

from lr_schedule.config.arguments import check_arguments, numerals_to_numbers
from lr_schedule.errors import ScheduleConfigError, did_you_mean

ELSEWHERE = {"lamb": "pytorch_optimizer"}
"""Optimizers that torch does not have, and the packages that have them."""


def configure_optimizer(optimizer_type: str, params: Any, **kwargs: Any) -> torch.optim.Optimizer:
    """Return an optimizer by its name.

    Use it if a config names the optimizer.

    Args:
        optimizer_type: Name of a class of ``torch.optim``, in upper or lower case: ``"adamw"``, ``"SGD"``; or
            ``"Lamb"``, which needs the package pytorch-optimizer.
        params: The parameters, or param groups.
        kwargs: Arguments of the class, such as ``lr``. A number may be in a string, such as ``"3e-4"`` from YAML.

    Returns:
        The optimizer.

    Raises:
        ScheduleConfigError: The name or an argument is unknown, or the class does not accept the value of an argument.
        ModuleNotFoundError: The package of the optimizer is not installed.

    Example:
        >>> configure_optimizer("sgd", [torch.zeros(2)], lr=0.1, momentum=0.9).defaults["momentum"]
        0.9
    """
    kind = _find_optimizer(optimizer_type)
    arguments = numerals_to_numbers(kwargs)
    check_arguments(kind, arguments, named_only=True)
    params = list(params)  # a generator can be read only once
    try:
        optimizer: torch.optim.Optimizer = kind(params, **arguments)
    except (TypeError, ValueError) as error:
        raise ScheduleConfigError.at("optimizer_type", optimizer_type, f"{type(error).__name__}: {error}") from error
    return optimizer


def _find_optimizer(name: Any) -> Any:
    base = torch.optim.Optimizer
    kinds = {key.lower(): kind for key, kind in vars(torch.optim).items() if isinstance(kind, type)}
    known = {key: kind for key, kind in kinds.items() if issubclass(kind, base) and kind is not base}
    key = name.lower() if isinstance(name, str) else name
    if isinstance(name, str) and key in known:
        return known[key]
    if isinstance(name, str) and key in ELSEWHERE:
        return _find_elsewhere(name, ELSEWHERE[key])
    spelled = {kind.__name__.lower(): kind.__name__ for kind in known.values()} | {
        key: key.title() for key in ELSEWHERE
    }
    near = did_you_mean(str(key), spelled)
    allowed = ", ".join(sorted(spelled.values()))
    raise ScheduleConfigError.at("optimizer_type", name, f"no optimizer of torch.optim{near} Allowed: {allowed}")


def _find_elsewhere(name: str, package: str) -> Any:
    try:
        import pytorch_optimizer
    except ModuleNotFoundError:
        message = f"{name} needs the package {package.replace('_', '-')}: pip install {package.replace('_', '-')}"
        raise ModuleNotFoundError(message, name=package) from None
    return getattr(pytorch_optimizer, name.title())
