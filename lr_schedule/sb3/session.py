"""What this package keeps of a model while it trains, outside of the model, where no save finds it."""

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
        """Change it back."""

    def record(self) -> None:
        """Let it remember where the run stands."""


@dataclass
class Session:
    """The callbacks at work on one model, and what they share.

    Args:
        callbacks: Those that have changed the model and have to change it back.
        learn: Start time of the `learn` call that the claims belong to (None: there was none).
        claims: Who sets which target in that call.
        group_values: The numbers of parts of each optimizer.
        watched: The callbacks that release the model when training fails as it starts, or ends.
    """

    callbacks: list[Attached] = field(default_factory=list)
    learn: float | None = None
    claims: dict[str, ReferenceType[Attached]] = field(default_factory=dict)
    group_values: dict[Optimizer, GroupValues] = field(default_factory=dict)
    # Weak, as a callback holds its model, which is the key under which this session is kept.
    watched: list[ReferenceType[BaseCallback]] = field(default_factory=list)

    def values_of(self, optimizer: Optimizer) -> GroupValues:
        """Return the numbers of the parts of an optimizer, which all of its parts share."""
        return self.group_values.setdefault(optimizer, GroupValues(optimizer))


# Not an attribute of the model: SB3 would write it into every save, and fail on what cannot be pickled. The keys are
# weak, so a model that nobody uses any more takes its session along.
_sessions: WeakKeyDictionary[BaseAlgorithm, Session] = WeakKeyDictionary()


def session_of(model: BaseAlgorithm) -> Session:
    """Return the session of a model, a new one where it has none yet."""
    return _sessions.setdefault(model, Session())
