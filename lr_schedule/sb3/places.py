"""Where a value goes: the attributes of a model that an algorithm reads, set for a while and put back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from stable_baselines3.common.utils import FloatSchedule

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle


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
    """One attribute of one object.

    Args:
        owner: The object.
        name: The attribute.
        make: Turns a value into what the attribute holds.
        keep: Whether the last value stays; so for what the algorithm itself moves while it trains.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any] = float
    keep: bool = False
    _original: list[Any] = field(default_factory=list)

    def attach(self) -> None:
        """Remember the value to put back."""
        self._original = [getattr(self.owner, self.name)]

    def write(self, value: Any) -> None:
        """Set the attribute."""
        setattr(self.owner, self.name, self.make(value))

    def detach(self) -> None:
        """Put the value back."""
        if self._original and not self.keep:
            setattr(self.owner, self.name, self._original.pop())


class HeldSchedule(FloatSchedule):
    """A schedule of SB3 that is held at one value, and that a save writes as the schedule whose place it takes."""

    __slots__ = ("value",)

    def __init__(self, original: Any) -> None:
        if original is None:
            self.value_schedule = None  # type: ignore[assignment]
        else:
            super().__init__(original)
        self.value = math.nan

    def __call__(self, _: float) -> float:
        """Return the value, whatever SB3 thinks the progress is."""
        return self.value

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(None), ()) if self.value_schedule is None else (FloatSchedule, (self.value_schedule,))


@dataclass
class SchedulePlace:
    """One attribute under which a model keeps a schedule that it asks for the value."""

    owner: Any
    name: str
    _held: HeldSchedule | None = None
    _original: list[Any] = field(default_factory=list)

    def attach(self) -> None:
        """Take the place of the model's own schedule."""
        self._original = [getattr(self.owner, self.name)]
        self._held = HeldSchedule(self._original[0])
        setattr(self.owner, self.name, self._held)

    def write(self, value: Any) -> None:
        """Set the value that the model gets."""
        self._held.value = float(value)  # type: ignore[union-attr]

    def detach(self) -> None:
        """Put the model's own schedule back."""
        if self._original:
            setattr(self.owner, self.name, self._original.pop())


@dataclass
class LearnedAlphaPlace:
    """The entropy coefficient that SAC learns, held at a scheduled value instead.

    The optimizer goes on stepping, and every step is undone: what the losses use is the scheduled value.
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
        """Let the optimizer's steps count again, from the last value on."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
