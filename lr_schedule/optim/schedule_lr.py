"""ScheduleLR: a torch scheduler that sets the values of schedules in an optimizer."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.group_keys import LR, GroupKey, find_key
from lr_schedule.config.reading import Config
from lr_schedule.config.twins import allowed_keys
from lr_schedule.control.controller import Controller
from lr_schedule.control.create import create_controller
from lr_schedule.errors import ScheduleConfigError, under
from lr_schedule.fields import PositiveNumber, read_number
from lr_schedule.optim.optimizers import configure_optimizer
from lr_schedule.optim.setting import set_lr, write_each
from lr_schedule.optim.states import config_of, warn_of_differences
from lr_schedule.steps import read_total_steps

__all__ = ["ScheduleLR", "configure_lr_scheduler", "configure_optimizer", "set_lr"]


class Driven(NamedTuple):
    """A key of the param groups that follows one schedule for all groups, or one for each."""

    key: GroupKey
    schedules: list[BaseLRSchedule | Controller]
    for_all: bool
    relative: bool

    def values(self, progress: float) -> list[float]:
        """Return the values at a progress: one for all groups, or one for each."""
        values = [schedule(progress) for schedule in self.schedules]
        for value in values if not self.relative else ():
            self.key.require(value)
        return values

    def write(self, groups: list[dict[str, Any]], values: list[float]) -> None:
        """Write the values into the groups, or the values times the initial number of each group."""
        if not self.for_all:
            write_each(self.key, groups, values, relative=self.relative)
            return
        (value,) = values
        for group in groups:
            (self.key.scale if self.relative else self.key.write)(group, value)


class ScheduleLR(LRScheduler):
    """A torch scheduler that follows schedules of progress.

    Use it in your own training loop, and wherever a torch scheduler is expected. At step k, the value is that of the
    schedule at progress ``1 - k / total_steps``; after the end of the run, the value is constant. It writes tensors in
    place. You can step it before or after the optimizer without a warning, because it does not patch
    ``optimizer.step``.

    Args:
        optimizer: The optimizer. Its values for step 0 are set immediately.
        schedule: A schedule or config of the learning rate for all param groups, or a list with one for each group. A
            list of mappings with ``fraction`` or ``steps``, or of [step, value] pairs, is one schedule for all groups.
            You can also give a controller or its config, which `observe` scales. For other keys of the param groups,
            use a mapping such as ``{"lr": ..., "weight_decay": ..., "betas[0]": ...}``, with values in these forms.
        total_steps: Length of the run in calls of ``step()``. Must be above 0, and may be fractional.
        last_epoch: The last step that is done, to continue after it. The default, -1, starts a new run.
        relative: Whether the value of a schedule is multiplied by the initial value of each group, as for layer-wise
            decay or muP.

    Raises:
        ScheduleConfigError: A config or total_steps is wrong, a key is not in the param groups, or the length of a list
            is not the number of groups.
        ValueError: The schedules are a list, and param groups share one tensor.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(2)], lr=0.1)
        >>> scheduler = ScheduleLR(optimizer, {"type": "linear", "initial_value": 0.01}, total_steps=100)
        >>> scheduler.step()
        >>> optimizer.param_groups[0]["lr"]
        0.0099
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Config | Mapping[str, Config],
        total_steps: float,
        last_epoch: int = -1,
        *,
        relative: bool = False,
    ) -> None:
        self.optimizer = optimizer
        self.total_steps = read_total_steps(total_steps)
        self.relative = relative
        by_key: Any = schedule if _names_keys(schedule) else {"lr": schedule}
        path = (lambda name: (name,)) if by_key is schedule else (lambda _: ())
        self._driven = [self._read(name, cfg, path(name)) for name, cfg in by_key.items()]
        self.schedules = [each for driven in self._driven for each in driven.schedules]
        self.base_lrs = [LR.initial(group) for group in optimizer.param_groups]
        (only, *others) = self._driven
        is_one_rate = not others and only.for_all and only.key == LR and not relative
        self._for_all = only.schedules[0] if is_one_rate else None
        self.last_epoch = last_epoch
        self.step()

    def _read(self, name: Any, cfg: Any, path: tuple[str | int, ...]) -> Driven:
        groups = self.optimizer.param_groups
        key = find_key(name, groups, path or ("lr",))
        one_per_group = _is_one_per_group(cfg)
        configs: Any = cfg if one_per_group else [cfg]
        schedules = [self._create(each, (*path, n) if one_per_group else path) for n, each in enumerate(configs)]
        if one_per_group and len(schedules) != len(groups):
            message = f"must have one schedule for each of the {len(groups)} param groups"
            raise ScheduleConfigError.at(path or "schedule", cfg, message)
        return Driven(key, schedules, not one_per_group, self.relative)

    def _create(self, cfg: Any, path: tuple[str | int, ...]) -> BaseLRSchedule | Controller:
        is_controller = isinstance(cfg, Controller) or (isinstance(cfg, Mapping) and "controller" in cfg)
        with under(*path):
            return (create_controller if is_controller else BaseLRSchedule.create)(cfg, self.total_steps)

    def observe(self, metric: Any) -> None:
        """Pass a metric of the current step to all controllers among the schedules, for the next `step`.

        Args:
            metric: The metric, such as the KL divergence of the last update (None: nothing changes).

        Raises:
            ScheduleConfigError: No schedule is a controller.
            TypeError: The metric is not a number.
        """
        controllers = self._controllers()
        if not controllers:
            raise ScheduleConfigError.at("schedule", self.schedules, "observe needs a controller, not only schedules")
        for controller in controllers:
            controller.observe(metric, 1.0 - self.last_epoch / self.total_steps)

    def _controllers(self) -> list[Controller]:
        return [schedule for schedule in self.schedules if isinstance(schedule, Controller)]

    def step(self, epoch: int | None = None) -> None:
        """Advance to the next step, or to step `epoch`, and set its values."""
        epoch = self.last_epoch + 1 if epoch is None else epoch
        progress = 1.0 - epoch / self.total_steps
        schedule, groups = self._for_all, self.optimizer.param_groups
        if schedule is None:
            found = [driven.values(progress) for driven in self._driven]  # compute all values before writing any
            for driven, values in zip(self._driven, found, strict=True):
                driven.write(groups, values)
            self.last_epoch = epoch
            return
        rate = schedule(progress)
        self.last_epoch = epoch  # after computing the rate, so that a failed step changes nothing
        for group in groups:
            if type(group["lr"]) is float:
                group["lr"] = rate
            else:
                LR.write(group, rate)

    def set(self) -> None:
        """Set the values of the current step again."""
        self.step(self.last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rates of the current step, one for each param group."""
        progress, groups = 1.0 - self.last_epoch / self.total_steps, self.optimizer.param_groups
        for driven in self._driven:
            if driven.key == LR:
                values = driven.values(progress) * (len(groups) if driven.for_all else 1)
                firsts = [LR.initial(group) if self.relative else 1.0 for group in groups]
                return [first * value if self.relative else value for first, value in zip(firsts, values, strict=True)]
        return [group["lr"] for group in groups]

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the learning rates of the current step, as `get_lr` does."""
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a resumed run needs: the step, and the states of controllers.

        It also contains the length of the run and the configs of the schedules, so that `load_state_dict` can recognize
        the state of another run. The config is None for a schedule that is not plain data, such as a function.
        """
        states = [controller.state_dict() for controller in self._controllers()]
        return {
            "last_epoch": self.last_epoch,
            "total_steps": self.total_steps,
            "schedules": {driven.key.name: [config_of(each) for each in driven.schedules] for driven in self._driven},
            **({"relative": True} if self.relative else {}),
            **({"controllers": states} if states else {}),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a saved state of this or of another torch scheduler, and set the values for its step.

        If the saved run had another length or other schedules, a UserWarning names the differences.

        Raises:
            ScheduleConfigError: The state has no valid ``last_epoch``, or the saved controllers are not those of this
                scheduler.
        """
        epoch = state_dict.get("last_epoch")
        if isinstance(epoch, bool) or not isinstance(epoch, (int, float)) or not math.isfinite(epoch):
            message = "must have the number of completed steps as last_epoch, like the state of a torch scheduler"
            raise ScheduleConfigError.at("state_dict", dict(state_dict), message)
        controllers, states = self._controllers(), state_dict.get("controllers", [])
        if len(states) not in (0, len(controllers)):
            message = f"must have a state for each of the {len(controllers)} controllers"
            raise ScheduleConfigError.at("controllers", states, message)
        warn_of_differences(self.state_dict(), state_dict)
        for twin, state in zip(copy.deepcopy(controllers), states, strict=False):
            twin.load_state_dict(state)  # on copies first, so that a wrong state changes no controller
        for controller, state in zip(controllers, states, strict=False):
            controller.load_state_dict(state)
        self.step(epoch)  # type: ignore[arg-type]  # Ignite and DeepSpeed may have counted in floats

    # Names that torch, and libraries that wrap its schedulers, use besides the public methods.
    _get_closed_form_lr = get_lr
    _update_lr = step
    _last_lr = property(get_last_lr)

    @property
    def _step_count(self) -> int:
        return self.last_epoch + 1

    @_step_count.setter
    def _step_count(self, count: int) -> None:
        """Ignore the count of Accelerate and torch; `last_epoch` is the only counter."""


def _names_keys(schedule: Any) -> bool:
    """Tell whether a mapping has keys of param groups and their schedules: none of its keys is a config key."""
    if not isinstance(schedule, Mapping) or not schedule:
        return False
    return schedule.keys().isdisjoint({"type", "controller", "total_steps", *allowed_keys(BaseLRSchedule)})


def _is_one_per_group(schedule: Any) -> bool:
    if not isinstance(schedule, Sequence) or isinstance(schedule, (str, bytes, bytearray)):
        return False
    is_phase = any(isinstance(item, Mapping) and ("fraction" in item or "steps" in item) for item in schedule)
    return not is_phase and not (bool(schedule) and all(_is_point(item) for item in schedule))


def _is_point(item: Any) -> bool:
    """Tell whether an item of a list is a pair of numbers, as in ``[[0, 3e-4], [1e6, 0]]``."""
    is_pair = isinstance(item, (list, tuple)) and len(item) == 2
    return is_pair and not any(isinstance(part, (Mapping, list, tuple, BaseLRSchedule)) for part in item)


def configure_lr_scheduler(optimizer: Optimizer, learning_rate: Config, total_steps: float | None = None) -> ScheduleLR:
    """Return the scheduler for a learning rate from a config.

    Use it if the length of the run is the sum of the ``steps`` of its phases; otherwise create a `ScheduleLR`.

    Args:
        optimizer: The optimizer.
        learning_rate: A list of phases, each a mapping with its ``fraction`` of the run or its ``steps``, or anything
            else that `BaseLRSchedule.create` accepts.
        total_steps: Length of the run in calls of ``step()``. Must be above 0, and may be fractional. You can omit it
            if every phase of a list has ``steps``; the length is then their sum.

    Returns:
        A `ScheduleLR` at step 0.

    Raises:
        ScheduleConfigError: The learning rate or total_steps is wrong.

    Example:
        >>> import torch
        >>> optimizer = configure_optimizer("adamw", [torch.zeros(2)], lr=0.1)
        >>> warmup = {"type": "linear", "initial_value": 0.0, "final_value": 0.01, "steps": 10}
        >>> plateau = {"initial_value": 0.01, "steps": 90}
        >>> scheduler = configure_lr_scheduler(optimizer, [warmup, plateau])
        >>> scheduler.step(50)
        >>> scheduler.total_steps, scheduler.get_last_lr()
        (100.0, [0.01])
    """
    total = _steps_of_phases(learning_rate) if total_steps is None else read_total_steps(total_steps)
    return ScheduleLR(optimizer, BaseLRSchedule.create(learning_rate, total), total)


def _steps_of_phases(learning_rate: Any) -> float:
    phases = learning_rate if isinstance(learning_rate, (list, tuple)) else []
    if not phases or not all(isinstance(phase, Mapping) and "steps" in phase for phase in phases):
        message = "required, except for a list of phases that all have steps"
        raise ScheduleConfigError.at("total_steps", None, message)
    return math.fsum(read_number(PositiveNumber, phase["steps"], f"[{n}].steps") for n, phase in enumerate(phases))
