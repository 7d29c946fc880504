"""Which callback sets which target of a model, so that no two callbacks set the same target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.sb3 import guard
from lr_schedule.sb3.names import SAME_PLACE
from lr_schedule.sb3.session import Attached, session_of

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


def claim(model: BaseAlgorithm, callback: Attached, names: Iterable[str]) -> None:
    """Note that `callback` sets the targets `names`, or raise an error if another callback does."""
    claims = claims_of(model)
    claimed: dict[str, ReferenceType[Attached]] = {}
    for name in names:
        place = SAME_PLACE.get(name, name)
        holder = claims[place]() if place in claims else None
        if place in claimed or (holder is not None and holder is not callback):
            raise ScheduleConfigError.at((name,), name, "set by two callbacks, or twice by one; keep one of them")
        claimed[place] = ref(callback)
    claims.update(claimed)


def claims_of(model: BaseAlgorithm) -> dict[str, ReferenceType[Attached]]:
    """Return which callback sets which target in the current `learn` call."""
    session = session_of(model)
    if session.learn != model.start_time:
        # A new call. The one before may have ended where the guard does not watch, such as by Ctrl-C between two calls,
        # so callbacks that are still attached are detached now.
        guard.release(model)
        session.learn, session.claims = model.start_time, {}
    return session.claims
