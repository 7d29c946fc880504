"""Data about a model during training, stored outside of the model, so that no save contains it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from weakref import ReferenceType, WeakKeyDictionary

from lr_schedule.sb3.groups import GroupValues

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.callbacks import BaseCallback
    from torch.optim import Optimizer


class Attached(Protocol):
    """A callback that has changed a model."""

    def detach(self) -> None:
        """Restore the model."""

    def record(self) -> None:
        """Store the state of the run in the model."""


@dataclass
class Session:
    """The active callbacks of one model, and the data that they share.

    Args:
        callbacks: The callbacks that have changed the model and must restore it.
        learn: Start time of the `learn` call that the claims belong to (None: there was none).
        claims: The callback that sets each target in that call.
        group_values: The numbers of parts of each optimizer.
        watched: The callbacks that release the model if the start of training fails, or when training ends.
    """

    callbacks: list[Attached] = field(default_factory=list)
    learn: float | None = None
    claims: dict[str, ReferenceType[Attached]] = field(default_factory=dict)
    group_values: dict[Optimizer, GroupValues] = field(default_factory=dict)
    # Weak, because a callback refers to its model, which is the key of this session.
    watched: list[ReferenceType[BaseCallback]] = field(default_factory=list)

    def values_of(self, optimizer: Optimizer) -> GroupValues:
        """Return the numbers of the parts of an optimizer, which all of its parts share."""
        return self.group_values.setdefault(optimizer, GroupValues(optimizer))


# Not an attribute of the model: SB3 would write it into every save, and fail if it cannot be pickled. The keys are
# weak, so the session is deleted with its model.
_sessions: WeakKeyDictionary[BaseAlgorithm, Session] = WeakKeyDictionary()


def session_of(model: BaseAlgorithm) -> Session:
    """Return the session of a model, or a new one if it has none yet."""
    return _sessions.setdefault(model, Session())
