"""A curve as a few points: the straight lines between them are within a tolerance of it at every step.

Notation: a line from point to point is a *link*. At each step, the heights within the tolerance are those from ``low``
to ``high``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from lr_schedule.fields import NumberRule, read_number
from lr_schedule.steps import read_total_steps

Tolerance = Annotated[float, NumberRule(ge=1e-9, lt=1)]

MOST_STEPS = 2**20
"""In a run of at most this many steps, every step counts; in a longer one, this many, and both sides of every jump."""

FIRST_LOOK = 257
"""Number of steps in the first attempt; the next one adds those with an error above the tolerance."""

CHOICE = 16
"""Number of known places for each point; with more of them, the result hardly becomes shorter."""

MARGIN = 1e-4
"""Fraction of the tolerance that is reserved for rounding errors."""

Point = tuple[float, float]


def points_of(schedule: Callable[[Any], Any], total_steps: Any, tolerance: Any) -> list[Point]:
    """Return a few (step, value) pairs for a schedule; see `BaseLRSchedule.to_points`."""
    total = read_total_steps(total_steps)
    share = read_number(Tolerance, tolerance, "tolerance")
    steps, values = _curve(schedule, total, share)
    points = fewest_points(steps, values, share * float(values.max()))
    return [(int(step) if float(step).is_integer() else step, value) for step, value in points]


def _curve(schedule: Callable[[Any], Any], total: float, tolerance: float) -> tuple[Any, Any]:
    """Return steps and values: all whole steps and the end; in a long run, some of them and both sides of jumps."""
    import numpy as np

    def values_at(steps: Any) -> Any:
        return np.asarray(schedule(1.0 - steps / total))

    whole = math.floor(total)
    steps = np.unique(np.floor(np.linspace(0.0, whole, min(whole, MOST_STEPS) + 1)))
    steps = steps if whole == total else np.append(steps, total)
    values = values_at(steps)
    changes = np.abs(np.diff(values)) > tolerance * values.max()
    jumps = np.flatnonzero(changes & (np.diff(steps) > 1.0) & (steps[1:] <= whole))
    before, after = steps[jumps], steps[jumps + 1]
    while np.any(after - before > 1.0):
        middle = np.floor((before + after) / 2.0)
        earlier, at, later = (values_at(place) for place in (before, middle, after))
        in_first_half = np.abs(at - earlier) > np.abs(later - at)
        before, after = np.where(in_first_half, before, middle), np.where(in_first_half, middle, after)
    if jumps.size:
        steps = np.unique(np.concatenate([steps, before, after]))
        values = values_at(steps)
    return steps, values


def fewest_points(places: Any, heights: Any, bound: float) -> list[Point]:
    """Return a few points, including the first and the last place, whose lines are within `bound` of the curve.

    Args:
        places: Ascending places, at least one.
        heights: The heights of the curve at these places (>= 0).
        bound: The largest distance allowed (>= 0).
    """
    import numpy as np

    known = np.unique(np.linspace(0, len(places) - 1, FIRST_LOOK).round().astype(int))
    while True:
        points = min((_fit(places[known], heights[known], bound, joined=joined) for joined in (True, False)), key=len)
        x, y = np.asarray(points).T
        off = np.interp(places, x, y) - heights
        more = [_furthest(side * off, known, bound) for side in (1.0, -1.0)]
        if not any(found.size for found in more):
            if len(known) >= min(len(places), CHOICE * len(points)):
                return points
            more = [(known[1:] + known[:-1]) // 2]
        grown = np.unique(np.concatenate([known, *more]))
        if len(grown) == len(known):
            return points  # only roundings of subnormal numbers, which have few digits, are off at a known place
        known = grown


def _furthest(off: Any, known: Any, bound: float) -> Any:
    """Return the place with the largest error above `bound` between each two known places."""
    import numpy as np

    bad = np.flatnonzero(off > bound)
    between = np.searchsorted(known, bad)
    order = np.lexsort((-off[bad], between))
    return bad[order][np.unique(between[order], return_index=True)[1]]


class _Link(NamedTuple):
    """A line between two places, and the ranges of heights for its start and its end."""

    first: int
    last: int
    start: tuple[float, float]
    reach: tuple[float, float]


def _fit(x: Any, y: Any, bound: float, *, joined: bool) -> list[Point]:
    """Return the points of links, each of which is as long as possible.

    A link that starts at the end of the one before it needs one more point, but a line that can start anywhere can be
    longer. If each link starts separately at the next place, there are at most as many links as in any other solution,
    and so at most twice as many points.
    """
    import numpy as np

    within = bound * (1.0 - MARGIN)
    low, high = np.maximum(y - within, 0.0), y + within
    links: list[_Link] = []
    first, start = 0, (low[0], high[0])
    while first < len(x):
        last, reach = _furthest_line(x[first:], low[first:], high[first:], start)
        links.append(_Link(first, first + last, start, reach))
        if joined and links[-1].last == len(x) - 1:
            break
        first = links[-1].last + (not joined)
        start = reach if joined else (low[first], high[first]) if first < len(x) else start
    points: list[Point] = []
    end: float | None = None
    for link in reversed(links):
        if end is None or not joined:
            end = _nearest(y[link.last], *link.reach)
            points.append((float(x[link.last]), end))
        if link.first < link.last:
            here = slice(link.first, link.last)
            left = (x[link.last] - x[here]) / (x[link.last] - x[link.first])
            lowest = (np.append(link.start[0], low[here][1:]) - (1.0 - left) * end) / left
            highest = (np.append(link.start[1], high[here][1:]) - (1.0 - left) * end) / left
            end = _nearest(y[link.first], lowest.max(), highest.min())
            points.append((float(x[link.first]), end))
    return points[::-1] if len(points) > 1 else points


def _nearest(height: float, lowest: float, highest: float) -> float:
    """Return the height clamped to bounds; the lower bound may be above the upper one by a rounding error."""
    return float(min(max(height, lowest), max(highest, lowest)))


def _furthest_line(x: Any, low: Any, high: Any, start: tuple[float, float]) -> tuple[int, tuple[float, float]]:
    """Return the last place that one line from `start` reaches within the tolerance, and its possible heights there.

    A line of slope a passes between all lows and highs if a is between the slopes from each high to each later low, and
    from each low to each later high.
    """
    import numpy as np

    low, high = np.append(start[0], low[1:]), np.append(start[1], high[1:])
    flattest, steepest, last = -math.inf, math.inf, 0
    for k in range(1, len(x)):
        gaps = x[k] - x[:k]
        up = min(steepest, ((high[k] - low[:k]) / gaps).min())
        down = max(flattest, ((low[k] - high[:k]) / gaps).max())
        if down > up:
            break
        flattest, steepest, last = down, up, k
    if last == 0:
        return 0, start
    t = x[: last + 1] - x[0]
    highest = (high[: last + 1] - steepest * t).min() + steepest * t[-1]
    lowest = (low[: last + 1] - flattest * t).max() + flattest * t[-1]
    return last, (lowest, highest)
