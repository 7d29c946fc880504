"""From a config to a controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lr_schedule.config.reading import read_fields
from lr_schedule.control import kinds  # noqa: F401  # a kind is known as soon as its class is defined
from lr_schedule.control.controller import Controller, find_kind
from lr_schedule.errors import ScheduleConfigError


def create_controller(cfg: Any, total_steps: float | None = None) -> Controller:
    """Turn a config into a controller.

    Args:
        cfg: A mapping with the kind under ``controller`` and its keys beside it; or a controller, which is returned.
        total_steps: Length of the run in the steps of the ``*_steps`` keys of its schedules (> 0; None where there are
            none).

    Returns:
        A controller of that kind, before its first observation.

    Raises:
        ScheduleConfigError: The config cannot be used; the message says where and why.

    Example:
        >>> controller = create_controller({"controller": "kl", "schedule": 0.001, "target_kl": 0.01})
        >>> controller.observe(0.03, progress_remaining=0.9)
        >>> round(controller(0.9), 6)
        0.000667
    """
    if isinstance(cfg, Controller):
        return cfg
    if not isinstance(cfg, Mapping) or "controller" not in cfg:
        message = "must be a mapping with the key controller, such as {'controller': 'kl', 'schedule': 3e-4}"
        raise ScheduleConfigError.at((), cfg, message)
    given = dict(cfg)
    cls = find_kind(given.pop("controller"))
    controller: Controller = object.__new__(cls)
    controller._set_fields(read_fields(cls, given, total_steps))
    return controller
