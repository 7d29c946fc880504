"""Places in a run: which of them are reached, how many periods are over, and the value that belongs to each.

``1 - p`` is off by a rounding or two from the fraction ``k / T`` that a caller meant. So a place counts as reached when
it is reached up to such rounding errors.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.numeric import floats

TICK = 2.0**-40
"""How far ``1 - p`` may lie below the fraction ``k / T`` that a caller meant: a few roundings, in a short part of a
nested schedule many, but far less than any step."""

ROUNDINGS = 4.0
"""The same for an array, in units of its dtype's precision."""


def require_room_for_a_step(name: str, fraction: float | None) -> None:
    """Refuse a fraction of the run, other than 0 and none at all, that is too short for a step of any run."""
    if fraction and fraction < TICK:
        message = "is shorter than a step of any run: must be 1e-12 or more"
        raise ScheduleConfigError.at(name, fraction, message)


def tick(elapsed: Any, xp: Any) -> float:
    """Return how far `elapsed` may lie below a place that it was meant to reach."""
    return TICK if xp is floats else max(TICK, ROUNDINGS * float(xp.finfo(elapsed.dtype).eps))


def whole_periods(elapsed: Any, period: float, xp: Any) -> Any:
    """Return how many whole periods are over; one that is over up to a rounding error counts."""
    return xp.floor((elapsed + tick(elapsed, xp)) / period)


def index_reached(places: Sequence[float], elapsed: Any, xp: Any) -> Any:
    """Return how many of the ascending `places` are reached, as an index into what belongs to them (see `pick`)."""
    if xp is floats:
        return bisect.bisect_right(places, elapsed + TICK)
    return xp.searchsorted(array_like(elapsed, places, xp), elapsed + tick(elapsed, xp), side="right")


def count_reached(places: Sequence[float], elapsed: Any, xp: Any) -> Any:
    """Return how many of the ascending `places` are reached, as a number of the dtype of `elapsed`, for a formula."""
    index = index_reached(places, elapsed, xp)
    return float(index) if xp is floats else xp.astype(index, elapsed.dtype)


def pick(values: Sequence[float], index: Any, like: Any, xp: Any) -> Any:
    """Return ``values[index]``, for an array of indices with the dtype and device of `like`."""
    if xp is floats:
        return values[index]
    return array_like(like, values, xp)[index]


def array_like(like: Any, values: Sequence[float], xp: Any) -> Any:
    """Return `values` as an array of the dtype and device of `like`."""
    return xp.asarray(values, dtype=like.dtype, device=getattr(like, "device", None))
