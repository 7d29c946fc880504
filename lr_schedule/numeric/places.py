"""Places in a run: which of them are reached, how many periods are over, and the value that belongs to each.

``1 - p`` differs from the intended fraction ``k / T`` by one or two rounding errors. So a place counts as reached if it
is reached up to such an error.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.numeric import floats

TICK = 2.0**-40
"""Largest difference of ``1 - p`` from the intended fraction ``k / T``: a few rounding errors, many in a short part of
a nested schedule, but far less than a step of any run."""

ROUNDINGS = 4.0
"""The same for an array, in units of its dtype's precision."""


def require_room_for_a_step(name: str, fraction: float | None) -> None:
    """Reject a fraction above 0 that is too short for a step of any run."""
    if fraction and fraction < TICK:
        message = "must be 1e-12 or more; this fraction is shorter than a step of any run"
        raise ScheduleConfigError.at(name, fraction, message)


def tick(elapsed: Any, xp: Any) -> float:
    """Return how far `elapsed` may be below a place that counts as reached."""
    return TICK if xp is floats else max(TICK, ROUNDINGS * float(xp.finfo(elapsed.dtype).eps))


def whole_periods(elapsed: Any, period: float, xp: Any) -> Any:
    """Return the number of whole periods that are over, up to rounding errors."""
    return xp.floor((elapsed + tick(elapsed, xp)) / period)


def index_reached(places: Sequence[float], elapsed: Any, xp: Any) -> Any:
    """Return the number of ascending `places` that are reached, as an index for `pick`."""
    if xp is floats:
        return bisect.bisect_right(places, elapsed + TICK)
    return xp.searchsorted(array_like(elapsed, places, xp), elapsed + tick(elapsed, xp), side="right")


def count_reached(places: Sequence[float], elapsed: Any, xp: Any) -> Any:
    """Return the number of ascending `places` that are reached, with the dtype of `elapsed`, for a formula."""
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
