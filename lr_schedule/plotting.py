"""plot: configs in, a picture out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.pictures import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot(
    schedules: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    total_timesteps: float | None = None,
    log: bool = False,
    points: int = 1001,
    **line: Any,
) -> Axes:
    """Draw schedules on one axis, from the start of training on the left to its end on the right.

    Use it to compare schedules before a run is paid for; ``schedule.plot()`` draws a single one.

    Args:
        schedules: A list of schedules or of configs (anything that ``BaseLRSchedule.create`` takes), or a single one.
        ax: The matplotlib axes to draw on (None: those of a new figure).
        labels: One legend entry per schedule (None: what a schedule is made of, shortened).
        total_timesteps: Length of the run (> 0), for an axis in time steps and for ``*_steps`` keys (None: an axis of
            the fraction of training that is over).
        log: Whether values stand on a logarithmic axis, where those that are 0 are left out (False).
        points: How many values are drawn, evenly spaced (>= 2; 1001).
        **line: Anything that ``Axes.plot`` takes, such as ``color`` or ``linewidth``.

    Returns:
        The axes, with one line per schedule, in the order given.

    Raises:
        ScheduleConfigError: A config cannot be used.
        ValueError: There is nothing to draw, or the number of labels differs from that of the schedules.
        ImportError: matplotlib is not installed (the extra ``plot`` brings it).

    Example:
        >>> axes = plot([{"type": "cosine"}, "lin_3e-4"], total_timesteps=100_000)
        >>> [len(line.get_xdata()) for line in axes.lines]
        [1001, 1001]
    """
    # A text and a mapping can be iterated too, and each is one config.
    is_one = isinstance(schedules, (str, Mapping)) or not isinstance(schedules, Iterable)
    given = [schedules] if is_one else list(schedules)
    curves = [BaseLRSchedule.create(cfg, total_timesteps) for cfg in given]
    return axes.draw(curves, ax, labels=labels, total_timesteps=total_timesteps, log=log, points=points, **line)
