"""Make a controller, and the metric that it observes, from a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lr_schedule.config.reading import read_fields
from lr_schedule.control.controller import Controller, find_kind
from lr_schedule.control.kinds import KLController  # defining the classes registers their types
from lr_schedule.errors import ScheduleConfigError


def create_controller(cfg: Any, total_steps: float | None = None) -> Controller:
    """Turn a config into a controller.

    Use it in your own training loop. `ScheduleLR` and ``ScheduleCallback`` create controllers from configs themselves.

    Args:
        cfg: A mapping with the type under ``controller`` and the keys of this type, or a controller, which is returned.
        total_steps: Length of the run in steps, for keys of its schedules that end in ``_steps``. Must be above 0. You
            can omit it if the config has no such keys.

    Returns:
        A controller of that type, before its first observation.

    Raises:
        ScheduleConfigError: The config is wrong. The message names the key and the reason.

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


MetricName = str | Callable[[Any], Any]
"""A metric as the user gives it: a key of a log, or a function of the model."""


def is_controlled(cfg: Any) -> bool:
    """Tell whether an object is a controller or its config."""
    return isinstance(cfg, Controller) or (isinstance(cfg, Mapping) and "controller" in cfg)


def create_fed_controller(cfg: Any, total_steps: float | None = None) -> tuple[Controller, MetricName]:
    """Return a controller before its first observation, and its metric, from the key ``metric``.

    Args:
        cfg: As for `create_controller`, with the key ``metric``, which is optional for the controller ``kl``. A
            controller is copied, because other code may use it too.
        total_steps: As for `create_controller`.
    """
    given = cfg.written_fields() if isinstance(cfg, Controller) else dict(cfg)
    metric = given.pop("metric", None)
    controller = create_controller(given, total_steps)
    if metric is None and isinstance(controller, KLController):
        metric = "train/approx_kl"
    if not (isinstance(metric, str) and metric) and not callable(metric):
        message = "must be a key of the log, such as rollout/ep_rew_mean, or in Python a function of the model"
        raise ScheduleConfigError.at("metric", metric, message)
    return controller, metric
