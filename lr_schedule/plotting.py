"""Pictures of schedules, drawn with matplotlib, which is imported only when something is drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lr_schedule.base import BaseLRSchedule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL_WIDTH = 60


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
        schedules: A list of schedules or of configs (anything that ``BaseLRSchedule.create`` takes), or one schedule.
        ax: The matplotlib axes to draw on (None: those of a new figure).
        labels: One legend entry per schedule (None: what a schedule is made of, shortened).
        total_timesteps: Length of the run (> 0), for an axis in time steps and for ``*_steps`` keys (None: an axis of
            the share of training that is over).
        log: Whether values stand on a logarithmic axis, where those that are 0 are left out (False).
        points: How many values are drawn, evenly spaced (>= 2; 1001).
        **line: Anything that ``Axes.plot`` takes, such as ``color`` or ``linewidth``.

    Returns:
        The axes, with one line per schedule, in the order given.

    Raises:
        ScheduleConfigError: A config cannot be used.
        ValueError: There is nothing to draw, or the number of labels differs from that of the schedules.
        ImportError: matplotlib is not installed (it comes with ``lr-schedule[plot]``).

    Example:
        >>> axes = plot([{"type": "cosine"}, "lin_3e-4"], total_timesteps=100_000)
        >>> [len(line.get_xdata()) for line in axes.lines]
        [1001, 1001]
    """
    given = [schedules] if isinstance(schedules, BaseLRSchedule) else list(schedules)
    curves = [BaseLRSchedule.create(cfg, total_timesteps) for cfg in given]
    names = [describe(curve) for curve in curves] if labels is None else list(labels)
    if not curves or points < 2:
        raise ValueError(f"nothing to draw: {len(curves)} schedules at {points} points; at least 1 and 2 are needed")
    if len(names) != len(curves):
        raise ValueError(f"labels must name each of the {len(curves)} schedules; received {len(names)}")
    ax = _new_axes() if ax is None else ax
    elapsed = np.linspace(0.0, 1.0, points) * (1.0 if total_timesteps is None else total_timesteps)
    for curve, name in zip(curves, names, strict=True):
        ax.plot(elapsed, curve.sample(points), label=name, **line)
    ax.set_xlabel("share of training" if total_timesteps is None else "time steps")
    ax.set_ylabel("value")
    if log:
        ax.set_yscale("log", nonpositive="mask")
    else:
        ax.set_ylim(bottom=0.0)
    ax.legend()
    return ax


def describe(schedule: BaseLRSchedule) -> str:
    """Return a schedule's type and fields on one short line, as a legend shows them."""
    fields = schedule.written_fields()
    if not isinstance(fields, dict):
        return repr(fields)
    texts = [f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in fields.items()]
    return textwrap.shorten(" ".join([schedule.type, *texts[1:]]), LABEL_WIDTH, placeholder=" ...")


def _new_axes() -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots()[1]
