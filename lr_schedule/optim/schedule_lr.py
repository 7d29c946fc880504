"""Schedules drive an optimizer of torch: in a loop of one's own, in Lightning, Accelerate, Ignite, skrl or Tianshou."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.reading import Config
from lr_schedule.control.controller import Controller
from lr_schedule.control.create import create_controller
from lr_schedule.errors import ScheduleConfigError, under
from lr_schedule.fields import to_number
from lr_schedule.optim.optimizers import configure_optimizer
from lr_schedule.steps import read_total_steps

__all__ = ["ScheduleLR", "configure_lr_scheduler", "configure_optimizer", "set_lr"]


def set_lr(optimizer: Optimizer, value: Any) -> None:
    """Set the learning rate of an optimizer, of all its param groups or of each.

    A rate that is a tensor is written in place: a compiled or CUDA-graph-captured optimizer goes on without being
    compiled again, where a float that changes makes ``torch.compile`` start anew.

    Args:
        optimizer: The optimizer.
        value: The rate (finite, >= 0), or a list or array of rates, one for each param group.

    Raises:
        ValueError: A rate is NaN, infinite or negative, their number is not that of the param groups, or groups that
            are given a rate each share one tensor.
        TypeError: A rate is no number.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.Adam([torch.zeros(2)], lr=torch.tensor(0.1))
        >>> set_lr(optimizer, 0.05)
        >>> optimizer.param_groups[0]["lr"]
        tensor(0.0500)
    """
    if getattr(value, "ndim", 0) == 1:
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        _write_each(optimizer.param_groups, [_to_rate(item) for item in value])
        return
    rate = _to_rate(value)
    for group in optimizer.param_groups:
        _write(group, rate)


def _to_rate(value: Any) -> float:
    try:
        rate = to_number(value)
    except TypeError:
        raise TypeError(f"a learning rate must be a number, not {value!r}") from None
    if not 0.0 <= rate < math.inf:
        raise ValueError(f"a learning rate must be finite and >= 0, not {value!r}")
    return rate


def _write(group: dict[str, Any], rate: Any) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def _write_each(groups: list[dict[str, Any]], rates: Sequence[Any]) -> None:
    """Give each param group its rate; groups that share one tensor would all end up with the last."""
    if len(rates) != len(groups):
        raise ValueError(f"got {len(rates)} learning rates for {len(groups)} param groups")
    tensors = [group["lr"] for group in groups if isinstance(group["lr"], Tensor)]
    if len({id(tensor) for tensor in tensors}) < len(tensors):
        message = (
            "param groups share one tensor as their lr, so that none can have a rate of its own; make one for each"
        )
        raise ValueError(f"{message}, as in [{{'params': ..., 'lr': torch.tensor(0.1)}}, ...]")
    for group, rate in zip(groups, rates, strict=True):
        _write(group, rate)


class ScheduleLR(LRScheduler):
    """A scheduler of torch that follows a schedule of progress.

    Use it in a loop of your own, or wherever a scheduler of torch is expected. Step k gets the value of the schedule at
    progress ``1 - k / total_steps``; past the end, the last value holds. It writes a tensor learning rate in place, and
    leaves ``optimizer.step`` as it is, so that it may be stepped before or after the optimizer without a warning.

    Args:
        optimizer: The optimizer; its rate is set for step 0 at once.
        schedule: A schedule or any config of one, for all param groups; or a list with one of these for each group. A
            list of mappings with ``fraction`` or ``steps`` is a schedule of phases, for all groups. A controller, or a
            config of one, is a schedule that `observe` scales.
        total_steps: Length of the run in calls of ``step()`` (finite, > 0; may be fractional).
        last_epoch: The last step that was made, to go on after it (-1: none).

    Raises:
        ScheduleConfigError: A config or total_steps cannot be used, or the list does not fit the param groups.
        ValueError: There is a list, and param groups share one tensor as their learning rate.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(2)], lr=0.1)
        >>> scheduler = ScheduleLR(optimizer, {"type": "linear", "initial_value": 0.01}, total_steps=100)
        >>> scheduler.step()
        >>> optimizer.param_groups[0]["lr"]
        0.0099
    """

    def __init__(self, optimizer: Optimizer, schedule: Config, total_steps: float, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        self.total_steps = read_total_steps(total_steps)
        one_per_group = _is_one_per_group(schedule)
        configs: Any = schedule if one_per_group else [schedule]
        self.schedules = [self._create(cfg, (n,) if one_per_group else ()) for n, cfg in enumerate(configs)]
        if one_per_group and len(self.schedules) != len(optimizer.param_groups):
            message = f"must hold one schedule for each of the {len(optimizer.param_groups)} param groups"
            raise ScheduleConfigError.at("schedule", schedule, message)
        for group in optimizer.param_groups:
            lr = group["lr"]  # a tensor is cloned, as torch does: to read it would wait for its device, or fail on meta
            group.setdefault("initial_lr", lr.detach().clone() if isinstance(lr, Tensor) else float(lr))
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._for_all = None if one_per_group else self.schedules[0]
        self.last_epoch = last_epoch
        self.step()

    def _create(self, cfg: Any, path: tuple[int, ...]) -> BaseLRSchedule | Controller:
        is_controller = isinstance(cfg, Controller) or (isinstance(cfg, Mapping) and "controller" in cfg)
        with under(*path):
            return (create_controller if is_controller else BaseLRSchedule.create)(cfg, self.total_steps)

    def observe(self, metric: Any) -> None:
        """Let every controller among the schedules see a metric of the present step; the next `step` uses what it did.

        Args:
            metric: The metric, such as the KL divergence of the last update (None: there is none; nothing moves).

        Raises:
            ScheduleConfigError: No schedule is a controller.
            TypeError: The metric is no number.
        """
        controllers = self._controllers()
        if not controllers:
            raise ScheduleConfigError.at("schedule", self.schedules, "nothing can be observed: it is no controller")
        for controller in controllers:
            controller.observe(metric, 1.0 - self.last_epoch / self.total_steps)

    def _controllers(self) -> list[Controller]:
        return [schedule for schedule in self.schedules if isinstance(schedule, Controller)]

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next step, or to step `epoch`, and set the learning rates for it."""
        epoch = self.last_epoch + 1 if epoch is None else epoch
        progress = 1.0 - epoch / self.total_steps
        schedule = self._for_all
        if schedule is None:
            _write_each(self.optimizer.param_groups, [each(progress) for each in self.schedules])
            self.last_epoch = epoch
            return
        rate = schedule(progress)
        self.last_epoch = epoch  # not before the rate is known: a step that cannot be made leaves all as it was
        for group in self.optimizer.param_groups:
            if type(group["lr"]) is float:
                group["lr"] = rate
            else:
                _write(group, rate)

    def set(self) -> None:
        """Set the learning rates of the optimizer for the present step once more."""
        self.step(self.last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rates of the present step, one float for each param group."""
        progress = 1.0 - self.last_epoch / self.total_steps
        if self._for_all is None:
            return [schedule(progress) for schedule in self.schedules]
        return [self._for_all(progress)] * len(self.optimizer.param_groups)

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the learning rates of the present step, one float for each param group."""
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return what a later run needs to go on from here: the step, and the states of controllers.

        The schedules are no part of it, since they are part of the program.
        """
        states = [controller.state_dict() for controller in self._controllers()]
        return {"last_epoch": self.last_epoch, **({"controllers": states} if states else {})}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a saved state, of this or of another scheduler of torch, and set the learning rates for it.

        Raises:
            ScheduleConfigError: The state has no ``last_epoch``, or one that is no number of steps; or the controllers
                that were saved are not those of this scheduler.
        """
        epoch = state_dict.get("last_epoch")
        if isinstance(epoch, bool) or not isinstance(epoch, (int, float)) or not math.isfinite(epoch):
            message = "must hold the number of steps made as last_epoch, as the state of a scheduler of torch does"
            raise ScheduleConfigError.at("state_dict", dict(state_dict), message)
        controllers, states = self._controllers(), state_dict.get("controllers", [])
        if len(states) not in (0, len(controllers)):
            message = f"must hold a state for each of the {len(controllers)} controllers"
            raise ScheduleConfigError.at("controllers", states, message)
        for twin, state in zip(copy.deepcopy(controllers), states, strict=False):
            twin.load_state_dict(state)  # on a copy first: one state that is wrong leaves all controllers as they were
        for controller, state in zip(controllers, states, strict=False):
            controller.load_state_dict(state)
        self.step(epoch)  # type: ignore[arg-type]  # Ignite and DeepSpeed may have counted in floats

    # What torch, and what wraps its schedulers, read and write of a scheduler beside its public methods.
    _get_closed_form_lr = get_lr
    _update_lr = step
    _last_lr = property(get_last_lr)

    @property
    def _step_count(self) -> int:
        return self.last_epoch + 1

    @_step_count.setter
    def _step_count(self, count: int) -> None:
        """Ignore what Accelerate and torch count along: the step alone says where we are."""


def _is_one_per_group(schedule: Any) -> bool:
    if not isinstance(schedule, Sequence) or isinstance(schedule, (str, bytes, bytearray)):
        return False
    is_phase = any(isinstance(item, Mapping) and ("fraction" in item or "steps" in item) for item in schedule)
    return not is_phase and not (bool(schedule) and all(_is_point(item) for item in schedule))


def _is_point(item: Any) -> bool:
    """Tell whether an item of a list is a pair of numbers, as in ``[[0, 3e-4], [1e6, 0]]``."""
    is_pair = isinstance(item, (list, tuple)) and len(item) == 2
    return is_pair and not any(isinstance(part, (Mapping, list, tuple, BaseLRSchedule)) for part in item)


def configure_lr_scheduler(optimizer: Optimizer, learning_rate: Config, total_steps: float) -> ScheduleLR:
    """Return the scheduler that a learning rate in a config stands for.

    Args:
        optimizer: The optimizer.
        learning_rate: A number (held constant), a mapping with a ``type``, a list of mappings as phases, each with its
            ``fraction`` of the run or its ``steps``, or anything else that `BaseLRSchedule.create` takes.
        total_steps: Length of the run in calls of ``step()`` (finite, > 0; may be fractional).

    Returns:
        A `ScheduleLR`, at step 0.

    Raises:
        ScheduleConfigError: The learning rate or total_steps cannot be used.

    Example:
        >>> import torch
        >>> optimizer = configure_optimizer("adamw", [torch.zeros(2)], lr=0.1)
        >>> warmup = {"type": "linear", "initial_value": 0.0, "final_value": 0.01, "steps": 10}
        >>> plateau = {"initial_value": 0.01, "steps": 90}
        >>> scheduler = configure_lr_scheduler(optimizer, [warmup, plateau], total_steps=100)
        >>> scheduler.step(50)
        >>> scheduler.get_last_lr()
        [0.01]
    """
    return ScheduleLR(optimizer, BaseLRSchedule.create(learning_rate, read_total_steps(total_steps)), total_steps)
