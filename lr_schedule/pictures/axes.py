"""Curves on matplotlib axes; matplotlib is imported only when something is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lr_schedule.errors import needs_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Curve(Protocol):
    """What can be drawn."""

    def sample(self, n: int) -> Any:
        """Return `n` values, evenly spaced from the start to the end."""

    def describe(self) -> str:
        """Return the name of the curve in a legend."""


def draw(
    curves: Sequence[Curve],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    total_timesteps: float | None = None,
    log: bool = False,
    points: int = 1001,
    **line: Any,
) -> Axes:
    """Draw curves on one pair of axes; `lr_schedule.plot` says what each argument means."""
    names = [curve.describe() for curve in curves] if labels is None else list(labels)
    if not curves or points < 2:
        raise ValueError(f"nothing to draw: {len(curves)} schedules at {points} points; at least 1 and 2 are needed")
    if len(names) != len(curves):
        raise ValueError(f"labels must name each of the {len(curves)} schedules; received {len(names)}")
    ax = _new_axes() if ax is None else ax
    end = 1.0 if total_timesteps is None else total_timesteps
    elapsed = [end * point / (points - 1) for point in range(points)]
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


def _new_axes() -> Axes:
    with needs_extra():
        import matplotlib.pyplot as plt

    return plt.subplots()[1]
