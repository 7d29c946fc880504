"""Numbers of the optimizers of SBX: those that ``optax.inject_hyperparams`` stores in their states.

An optimizer of optax is a compiled function. A number that it was made with is part of this function and can never
change. An injected number is read from the state of the optimizer in each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.sb3.listening import listen, stop_listening
from lr_schedule.sb3.optimizer_keys import LEARNING_RATE, PartKey

STATES = {
    "actor": ("actor_state",),
    "critic": ("vf_state", "qf_state", "qf1_state", "qf2_state"),
    "policy": ("actor_state", "vf_state", "qf_state", "qf1_state", "qf2_state"),
}
"""The attributes of SBX policies with the states of their networks, by part."""

FILLING = ("_update_learning_rate", "_maybe_reset_params")
"""Methods of SBX in which an update sets the numbers of its optimizers, or makes the optimizers again."""


@dataclass
class InjectedPlace:
    """A number of the optimizers of a part of an SBX model.

    Args:
        model: The model.
        target: The part, and the name of the number in optax.
    """

    model: Any
    target: PartKey
    _value: float = float("nan")
    _originals: list[Any] = field(default_factory=list)

    def attach(self) -> None:
        """Set the number in each update and restore it after it, so that a save contains the original number."""
        self._originals = [held[self.target.key] for held in self._held()]
        for method in FILLING:
            if hasattr(self.model, method):
                listen(self.model, method, self._fill)
        listen(self.model, "train", self._put_back)

    def write(self, value: Any) -> None:
        """Set the number for the next update."""
        self._value = float(value)
        self._fill()

    def detach(self) -> None:
        """Restore the number, and stop listening; do nothing if nothing is attached."""
        if not self._originals:
            return
        self._put_back()
        for method in FILLING:
            if hasattr(self.model, method):
                stop_listening(self.model, method, self._fill)
        stop_listening(self.model, "train", self._put_back)
        self._originals = []

    def _held(self) -> list[dict[str, Any]]:
        # Looked up each time, because an update returns new states.
        return [held for held in injected(self.model, self.target.part) if self.target.key in held]

    def _fill(self, *_: Any, **__: Any) -> None:
        for held, original in zip(self._held(), self._originals, strict=True):
            # With the same dtype as before; otherwise the whole update would be compiled again.
            held[self.target.key] = np.full_like(original, self._value)

    def _put_back(self, *_: Any, **__: Any) -> None:
        for held, original in zip(self._held(), self._originals, strict=True):
            held[self.target.key] = original


def injected_place(model: Any, algorithm: str, target: PartKey) -> InjectedPlace:
    """Return the place of ``<part>.<key>``, or raise an error that lists the numbers of the optimizers."""
    name = ".".join(target)
    if target.key == LEARNING_RATE and getattr(model, "target_kl", None) is not None:
        message = f"with target_kl set, {algorithm} chooses its learning rate itself"
        raise ScheduleConfigError.at((name,), name, message)
    known = [f"{part}.{key}" for part in STATES for held in injected(model, part) for key in held]
    known = list(dict.fromkeys(known))
    if not known:
        require_optimizer_of_user(algorithm, name, None)
    if name not in known:
        message = (
            f"no number that an optimizer of the model reads{did_you_mean(name, known)} Allowed: {', '.join(known)}"
        )
        raise ScheduleConfigError.at((name,), name, message)
    return InjectedPlace(model, target)


def require_optimizer_of_user(algorithm: str, name: str, policy_kwargs: Mapping[str, Any] | None) -> None:
    """Raise an error if the user gives no optimizer, because only a user's optimizer can have injected numbers."""
    if "optimizer_class" not in (policy_kwargs or {}):
        message = (
            f"{algorithm} makes its optimizers without optax.inject_hyperparams, so their numbers cannot change; "
            "make the model with policy_kwargs={'optimizer_class': optax.inject_hyperparams(optax.adam)}"
        )
        raise ScheduleConfigError.at((name,), name, message)


def injected(model: Any, part: str) -> Iterator[dict[str, Any]]:
    """Yield the injected numbers of each optimizer of a part."""
    for name in STATES.get(part, ()):
        state = getattr(model.policy, name, None)
        if state is not None:
            yield from _hyperparams_in(state.opt_state)


def _hyperparams_in(state: Any) -> Iterator[dict[str, Any]]:
    if hasattr(state, "hyperparams"):
        yield state.hyperparams
    elif isinstance(state, tuple):  # a chain of optimizers
        for inner in state:
            yield from _hyperparams_in(inner)
