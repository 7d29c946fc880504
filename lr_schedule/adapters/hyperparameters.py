"""Numbers of an algorithm that follow schedules and controllers: find them by name, check them, and set them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from lr_schedule.config.group_keys import GroupKey, find_key
from lr_schedule.control.controller import Controller
from lr_schedule.control.create import MetricName
from lr_schedule.control.following import Followed, controller_in, create_followed
from lr_schedule.control.ranges import ANY, NOT_NEGATIVE, Range, check_values, checked, nearest_whole
from lr_schedule.errors import Problems, ScheduleConfigError, did_you_mean, under
from lr_schedule.fields import at_least, to_number
from lr_schedule.steps import progress_at

Write = Callable[[float], None]

WHOLE_AT_LEAST_1 = Range(at_least(1))

OPTIMIZER = re.compile(r"((?:\w+\.)*\w+?)(?:\[(\d+)\])?\.(\w+(?:\[\d+\])?)", re.ASCII)
"""A key of an optimizer, in all param groups or in one: ``optimizer.lr``, ``optimizer[1].betas[0]``."""

RATE_OF_OPTIMIZER = re.compile(r"optimizer(\[\d+\])?\.lr", re.ASCII)
"""The learning rate of the algorithm's own optimizer, which the library may set too."""

SAVED = "lr_schedule"
"""Key of a checkpoint with the states of controllers (plain numbers, by the names of the hyperparameters)."""

KL = ("kl", "train/approx_kl")
"""Names of the KL divergence; the second one is the default ``metric`` of the controller ``kl``."""


@dataclass(frozen=True)
class Hyperparameter:
    """A number of an algorithm, and the schedule or controller that it follows.

    Args:
        name: The name that the user gives.
        follows: A schedule or a controller.
        metric: The metric of the controller (None for a schedule).
        allowed: The range of the number.
        write: Makes the algorithm use a value from now on.
    """

    name: str
    follows: Followed
    metric: MetricName | None
    allowed: Range
    write: Write

    def convert(self, value: Any) -> float | int:
        """Return a value of the schedule as the number that is set."""
        number = to_number(value)
        return nearest_whole(number) if get_args(self.allowed.kind)[0] is int and math.isfinite(number) else number

    def value(self, progress: float) -> float | int:
        """Return the value at a progress; raise an error if it is out of range."""
        return checked(self.name, self.convert(self.follows(progress)), self.allowed, progress)

    @property
    def controller(self) -> Controller | None:
        """The controller that it follows, or None."""
        return controller_in(self.follows)


class Hyperparameters:
    """The hyperparameters of one algorithm that follow schedules, over a run of known length.

    Args:
        schedules: The schedule or controller of each hyperparameter, by its name.
        algorithm: The algorithm; names are those of its attributes, or of keys of its optimizers.
        total: Length of the run in the steps that the library counts.
        ranges: The ranges of known hyperparameters; others may have any finite value.
        own: Functions that set the hyperparameters that are not plain attributes.

    Raises:
        ScheduleConfigError: A schedule or a name is wrong. The error lists all problems, and nothing is set.
    """

    def __init__(
        self,
        schedules: Mapping[str, Any],
        algorithm: Any,
        total: float,
        ranges: Mapping[str, Range],
        own: Mapping[str, Write],
    ) -> None:
        if not isinstance(schedules, Mapping):
            message = "must be a mapping from names to schedules, such as {'learning_rate': {'type': 'linear'}}"
            raise ScheduleConfigError.at("schedules", schedules, message)
        self.total = total
        self.values: dict[str, float | int] = {}
        self.items: list[Hyperparameter] = []
        problems = Problems()
        for name, cfg in schedules.items():
            with problems.gathered():
                write, by_default = (own[name], ANY) if name in own else _find(name, algorithm, ranges, own)
                with under(name):
                    follows, metric = create_followed(cfg, total)
                item = Hyperparameter(name, follows, metric, ranges.get(name, by_default), write)
                check_values(name, follows, item.convert, item.allowed, total)
                self.items.append(item)
        problems.raise_any()

    def progress(self, steps: float) -> float:
        """Return progress_remaining after a number of steps, in [0, 1]."""
        return progress_at(steps, self.total)

    def set(self, progress: float) -> None:
        """Set all values to those at a progress."""
        self.values = {item.name: item.value(progress) for item in self.items}  # compute all before writing any
        self.write_again()

    def write_again(self) -> None:
        """Write the last values again."""
        for item in self.items:
            item.write(self.values[item.name])

    def fed(self) -> Iterator[tuple[Hyperparameter, Controller, MetricName]]:
        """Yield each hyperparameter that follows a controller, the controller, and its metric."""
        for item in self.items:
            if item.controller is not None and item.metric is not None:
                yield item, item.controller, item.metric

    def states(self) -> dict[str, dict[str, float]]:
        """Return the state of each controller, by the name of the hyperparameter."""
        return {item.name: controller.state_dict() for item, controller, _ in self.fed()}

    def load_states(self, saved: Mapping[str, Mapping[str, float]]) -> None:
        """Continue from saved states; a controller of another type continues only with the scale."""
        for item, controller, _ in self.fed():
            start, state = controller.init(), saved.get(item.name, {})
            controller.load_state_dict({**start, **{name: state[name] for name in start.keys() & state.keys()}})


def _find(name: Any, algorithm: Any, ranges: Mapping[str, Range], own: Mapping[str, Write]) -> tuple[Write, Range]:
    """Return the function that sets a number of the algorithm or of one of its optimizers, and its range."""
    found = OPTIMIZER.fullmatch(name) if isinstance(name, str) else None
    groups = getattr(_at(algorithm, found[1]), "param_groups", None) if found else None
    if found and groups is not None:
        return _find_in_groups(name, found, groups)
    path, _, attribute = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    holder = _at(algorithm, path)
    if not attribute.isidentifier() or not _is_number(getattr(holder, attribute, None)):
        known = sorted({*own, *_numbers_of(algorithm), *(key for key in ranges if hasattr(algorithm, key))})
        optimizers = [key for key, held in vars(algorithm).items() if hasattr(held, "param_groups")]
        known += [f"{key}.lr" for key in optimizers]
        message = f"no number of {type(algorithm).__name__}{did_you_mean(name, known)} Allowed: {', '.join(known)}"
        raise ScheduleConfigError.at((str(name),), name, message)
    return partial(setattr, holder, attribute), ANY


def _find_in_groups(name: str, found: re.Match[str], groups: list[dict[str, Any]]) -> tuple[Write, Range]:
    if found[2] is not None and int(found[2]) >= len(groups):
        message = f"the optimizer has {len(groups)} param groups; the first one is [0]"
        raise ScheduleConfigError.at((name,), name, message)
    chosen = groups if found[2] is None else [groups[int(found[2])]]
    return write_to(chosen, find_key(found[3], chosen, (name,))), NOT_NEGATIVE


def write_to(groups: list[dict[str, Any]], key: GroupKey) -> Write:
    """Return a function that sets a key in param groups."""

    def write(value: float) -> None:
        key.require(value)
        for group in groups:
            key.write(group, value)

    return write


def _at(holder: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        holder = getattr(holder, name, None)
    return holder


def _numbers_of(algorithm: Any) -> list[str]:
    return [name for name, held in vars(algorithm).items() if _is_number(held) and not name.startswith("_")]


def _is_number(held: Any) -> bool:
    return isinstance(held, (int, float)) and not isinstance(held, bool)
