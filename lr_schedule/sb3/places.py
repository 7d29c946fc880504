"""The attributes of a model that an algorithm reads: they are set during training and restored after it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, Protocol

import torch
from stable_baselines3.common.utils import FloatSchedule

from lr_schedule.sb3 import own_class

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

_UNSET: Any = object()
"""Marks that there is nothing to restore; None may be a value to restore."""


class Place(Protocol):
    """A place for a scheduled value during training."""

    def attach(self) -> None:
        """Remember the original value, and register hooks."""

    def write(self, value: Any) -> None:
        """Make the algorithm use `value` from now on."""

    def detach(self) -> None:
        """Restore everything; do nothing if nothing is attached."""


@dataclass
class AttributePlace:
    """One attribute of one object: code sees the scheduled value, and the object keeps the original one.

    Args:
        owner: The object.
        name: The attribute.
        make: Converts a value to the type of the attribute.
        keep: Whether the last value stays when training ends, because the algorithm itself sets the attribute too.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any] = float
    keep: bool = False
    _original: Any = _UNSET

    def attach(self) -> None:
        """Replace the attribute; a property of the owner's class is set, and restored later."""
        self._original = getattr(self.owner, self.name)
        if not self.keep and not hasattr(getattr_static(type(self.owner), self.name, None), "__set__"):
            own_class.change(self.owner, **{self.name: own_class.Shown(self._original)})

    def write(self, value: Any) -> None:
        """Set the attribute."""
        setattr(self.owner, self.name, self.make(value))

    def detach(self) -> None:
        """Restore the value."""
        if self._original is not _UNSET and not self.keep:
            setattr(self.owner, self.name, self._original)
            own_class.change_back(self.owner, self.name)
        self._original = _UNSET


class HeldSchedule(FloatSchedule):
    """A schedule of SB3 with a fixed value; a pickle of it contains the schedule that it replaces."""

    __slots__ = ("value",)

    def __init__(self, original: Any) -> None:
        if original is None:  # clip_range_vf may be None, which turns it off, but FloatSchedule does not accept None
            self.value_schedule = None  # type: ignore[assignment]
        else:
            super().__init__(original)
        self.value = math.nan

    def __call__(self, _: float) -> float:
        """Return the value; the progress of SB3 is ignored."""
        return self.value

    def __reduce__(self) -> tuple[Any, ...]:
        # A user may pickle it during training. The pickle must contain the model's own schedule, or None, instead of
        # the current value, and must load without this class.
        return (type(None), ()) if self.value_schedule is None else (FloatSchedule, (self.value_schedule,))


@dataclass
class SchedulePlace(AttributePlace):
    """An attribute with a schedule that the model calls."""

    _held: HeldSchedule | None = None

    def attach(self) -> None:
        """Replace the model's own schedule."""
        super().attach()
        self._held = HeldSchedule(self._original)
        setattr(self.owner, self.name, self._held)

    def write(self, value: Any) -> None:
        """Set the value that the model gets."""
        self._held.value = float(value)  # type: ignore[union-attr]  # a place is attached first


@dataclass
class LearnedAlphaPlace:
    """The entropy coefficient that SAC learns, fixed at a scheduled value instead.

    The optimizer still steps, and every step is undone. SAC has no switch for this: if it has the optimizer, it steps
    it in every update, and reads the coefficient from the parameter of the optimizer.
    """

    model: Any
    _value: float = 0.0
    _handle: RemovableHandle | None = None

    def attach(self) -> None:
        """Undo each step of the optimizer from now on."""
        self._handle = self.model.ent_coef_optimizer.register_step_post_hook(lambda *_: self._fill())

    def write(self, value: Any) -> None:
        """Set the coefficient."""
        self._value = math.log(value)
        self._fill()

    def _fill(self) -> None:
        with torch.no_grad():
            self.model.log_ent_coef.fill_(self._value)

    def detach(self) -> None:
        """Stop undoing the steps of the optimizer, which continue from the last value."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
