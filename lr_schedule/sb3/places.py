"""Where a value goes: the attributes of a model that an algorithm reads, set for a while and put back."""

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
"""Stands for "nothing to put back"; None may be the very value to put back."""


class Place(Protocol):
    """Something that a scheduled value is written to while training runs."""

    def attach(self) -> None:
        """Remember what has to be put back, and register what has to be called."""

    def write(self, value: Any) -> None:
        """Make `value` the one that the algorithm uses from now on."""

    def detach(self) -> None:
        """Put everything back; harmless where nothing is attached."""


@dataclass
class AttributePlace:
    """One attribute of one object, seen with the value while the object itself keeps the one that it was made with.

    Args:
        owner: The object.
        name: The attribute.
        make: Turns a value into what the attribute holds.
        keep: Whether the last value stays when training ends, because the algorithm itself sets the attribute too.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any] = float
    keep: bool = False
    _original: Any = _UNSET

    def attach(self) -> None:
        """Take the place of the attribute; a property of the owner's class is set, and put back later."""
        self._original = getattr(self.owner, self.name)
        if not self.keep and not hasattr(getattr_static(type(self.owner), self.name, None), "__set__"):
            own_class.change(self.owner, **{self.name: own_class.Shown(self._original)})

    def write(self, value: Any) -> None:
        """Set the attribute."""
        setattr(self.owner, self.name, self.make(value))

    def detach(self) -> None:
        """Put the value back."""
        if self._original is not _UNSET and not self.keep:
            setattr(self.owner, self.name, self._original)
            own_class.change_back(self.owner, self.name)
        self._original = _UNSET


class HeldSchedule(FloatSchedule):
    """A schedule of SB3 that is held at one value; a pickle of it is the schedule whose place it takes."""

    __slots__ = ("value",)

    def __init__(self, original: Any) -> None:
        if original is None:  # clip_range_vf, which is off where it is None; FloatSchedule refuses it
            self.value_schedule = None  # type: ignore[assignment]
        else:
            super().__init__(original)
        self.value = math.nan

    def __call__(self, _: float) -> float:
        """Return the value, whatever SB3 thinks the progress is."""
        return self.value

    def __reduce__(self) -> tuple[Any, ...]:
        # A user may pickle it in the midst of training. That must be the model's own schedule, None for none, and no
        # value of the moment; and loading it must not ask for this class.
        return (type(None), ()) if self.value_schedule is None else (FloatSchedule, (self.value_schedule,))


@dataclass
class SchedulePlace(AttributePlace):
    """One attribute under which a model keeps a schedule that it asks for the value."""

    _held: HeldSchedule | None = None

    def attach(self) -> None:
        """Take the place of the model's own schedule."""
        super().attach()
        self._held = HeldSchedule(self._original)
        setattr(self.owner, self.name, self._held)

    def write(self, value: Any) -> None:
        """Set the value that the model gets."""
        self._held.value = float(value)  # type: ignore[union-attr]  # a place is attached first


@dataclass
class LearnedAlphaPlace:
    """The entropy coefficient that SAC learns, held at a scheduled value instead.

    The optimizer still steps, and every step is undone. SAC offers no switch: where it has made the optimizer, it
    steps it in every update, and reads the coefficient from the parameter that the optimizer moves.
    """

    model: Any
    _value: float = 0.0
    _handle: RemovableHandle | None = None

    def attach(self) -> None:
        """Undo the optimizer's steps from now on."""
        self._handle = self.model.ent_coef_optimizer.register_step_post_hook(lambda *_: self._fill())

    def write(self, value: Any) -> None:
        """Set the coefficient."""
        self._value = math.log(value)
        self._fill()

    def _fill(self) -> None:
        with torch.no_grad():
            self.model.log_ent_coef.fill_(self._value)

    def detach(self) -> None:
        """Allow the optimizer's steps again; they start from the last value."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
