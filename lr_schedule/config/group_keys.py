"""Numbers in the param groups of an optimizer, by name: ``lr``, ``weight_decay``, ``betas[0]``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

from lr_schedule.errors import ScheduleConfigError, did_you_mean

Group = dict[str, Any]

NAME = re.compile(r"(\w+)(?:\[(\d+)\])?", re.ASCII)
NOT_NUMBERS = ("params", "param_names")


class GroupKey(NamedTuple):
    """A number in a param group: the value of a key, or one item of it.

    Attributes:
        name: The name that the user writes.
        stem: The key.
        item: The index of the item (None: the value itself).
    """

    name: str
    stem: str
    item: int | None

    def read(self, group: Group) -> Any:
        """Return the number, or the tensor that contains it."""
        held = group[self.stem]
        return held if self.item is None else held[self.item]

    def write(self, group: Group, value: Any) -> None:
        """Set the number; a tensor is filled in place."""
        held = self.read(group)
        if hasattr(held, "fill_"):
            held.fill_(value)
        elif self.item is None:
            group[self.stem] = value
        else:
            items = list(group[self.stem])
            items[self.item] = value
            group[self.stem] = type(group[self.stem])(items)

    def initial(self, group: Group) -> Any:
        """Return the initial number; the group keeps it under ``initial_<name>``, as torch does for ``lr``."""
        held = self.read(
            group
        )  # torch clones a tensor as well: reading its value would wait for the device, or fail on meta
        is_tensor = hasattr(held, "fill_")
        return group.setdefault(f"initial_{self.name}", held.detach().clone() if is_tensor else float(held))

    def scale(self, group: Group, factor: float) -> None:
        """Set the number to a factor times the initial one."""
        first, held = self.initial(group), self.read(group)
        if hasattr(held, "copy_"):
            held.copy_(first * factor)
        else:
            self.write(group, first * factor)

    def require(self, value: float) -> None:
        """Reject a beta of 1 or above, because optimizers divide by its difference from 1."""
        if self.stem == "betas" and not value < 1.0:
            raise ValueError(f"{self.name} must be below 1, not {value!r}")


LR = GroupKey("lr", "lr", None)


def find_key(name: Any, groups: Sequence[Group], path: tuple[str | int, ...]) -> GroupKey:
    """Return the key of that name, or raise an error that lists the allowed names.

    Args:
        name: A name such as ``weight_decay`` or ``betas[0]``.
        groups: The param groups; each must have the key.
        path: The path of the name in the config.
    """
    found = NAME.fullmatch(name) if isinstance(name, str) else None
    stem, item = found.groups() if found else (None, None)
    missing = stem in NOT_NUMBERS or any(stem not in group for group in groups)
    if stem is None or missing:
        known = [key for key in numbers_in(groups[0]) if not key.startswith("initial_")]
        message = f"no key of the param groups{did_you_mean(name, known)} Allowed: {', '.join(known)}"
        raise ScheduleConfigError.at(path, name, message)
    key = GroupKey(name, stem, None if item is None else int(item))
    for group in groups:
        held = group[stem]
        if isinstance(held, (list, tuple)) and key.item is None:
            raise ScheduleConfigError.at(path, name, f"has several numbers; name one of them, as in {stem}[0]")
        if key.item is not None and not isinstance(held, (list, tuple)):
            raise ScheduleConfigError.at(path, name, f"{stem} is a single number; name it without [{item}]")
        if key.item is not None and key.item >= len(held):
            raise ScheduleConfigError.at(path, name, f"{stem} has {len(held)} numbers; the first one is {stem}[0]")
        if not _is_number(key.read(group)):
            raise ScheduleConfigError.at(path, name, f"is not a number but {key.read(group)!r}")
    return key


def numbers_in(group: Group) -> list[str]:
    """Return the names of all numbers in a param group."""
    names: list[str] = []
    for key, held in group.items():
        if isinstance(held, (list, tuple)) and key not in NOT_NUMBERS:
            names += [f"{key}[{n}]" for n, item in enumerate(held) if _is_number(item)]
        elif _is_number(held):
            names.append(key)
    return names


def _is_number(value: Any) -> bool:
    if hasattr(value, "fill_"):
        return bool(math.prod(value.shape) == 1)
    return isinstance(value, Real) and not isinstance(value, bool)
