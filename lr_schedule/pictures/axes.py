"""Curves on matplotlib axes; matplotlib is imported only when something is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lr_schedule.errors import needs_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAR = 1e3
"""A band without an end is drawn to this many times the end of the axis."""

DEPTH = 1e-3
"""Start of a logarithmic axis for a curve that reaches 0, as a fraction of its largest value."""


class Curve(Protocol):
    """An object that can be drawn."""

    def sample(self, n: int) -> Any:
        """Return `n` values, evenly spaced from the start to the end."""

    def describe(self) -> str:
        """Return the name of the curve in a legend."""


@runtime_checkable
class Banded(Curve, Protocol):
    """A curve with a band around it, and optionally with the values of a replay."""

    def band(self, n: int) -> tuple[Any, Any]:
        """Return the lower and the upper end at the points of `sample`; infinity if there is no upper one."""

    def steps(self) -> tuple[Any, Any] | None:
        """Return the fractions of the run at which the value changed, and the values."""


def draw(
    curves: Sequence[Curve],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    total_timesteps: float | None = None,
    log: bool | None = None,
    points: int = 1001,
    **line: Any,
) -> Axes:
    """Draw curves on one pair of axes; see `lr_schedule.plot` for the arguments."""
    names = [curve.describe() for curve in curves] if labels is None else list(labels)
    if not curves or points < 2:
        raise ValueError(f"nothing to draw: needs at least 1 schedule and 2 points, not {len(curves)} and {points}")
    if len(names) != len(curves):
        raise ValueError(f"labels must name each of the {len(curves)} schedules; received {len(names)}")
    has_bands = any(isinstance(curve, Banded) for curve in curves)
    is_ours = ax is None
    ax = _new_axes() if ax is None else ax
    log = has_bands or ax.get_yscale() == "log" if log is None else log
    before = ax.get_ylim() if ax.has_data() or not ax.get_autoscaley_on() else None
    end = 1.0 if total_timesteps is None else total_timesteps
    elapsed = [end * point / (points - 1) for point in range(points)]
    shown, bands = [], []
    for curve, name in zip(curves, names, strict=True):
        values = curve.sample(points)
        (drawn,) = ax.plot(elapsed, values, label=name, **line)
        if isinstance(curve, Banded):
            low, high = curve.band(points)
            bands.append((low, high, drawn.get_color()))
            shown += [low[low > 0.0], high[high < float("inf")], values.clip(low, high)]
            if (steps := curve.steps()) is not None:
                shown.append(_draw_steps(ax, steps, end, drawn, line))
        else:
            shown.append(values)
    ax.set_xlabel("fraction of training" if total_timesteps is None else "timesteps")
    ax.set_ylabel("value")
    bottom, top = _limits(shown, before, log)
    for low, high, color in bands:
        edges = (edge.clip(bottom / FAR, top * FAR) for edge in (low, high))
        ax.fill_between(elapsed, *edges, color=color, alpha=0.15, linewidth=0)
    if not log and ax.get_yscale() == "log":
        ax.set_yscale("linear")
    ax.set_ylim(bottom, top)
    if log:
        ax.set_yscale("log", nonpositive="mask")
        ax.set_autoscaley_on(True)  # because a line that the user adds may have other values
    if is_ours:
        # Above the curves, where it covers neither them nor a title. A user's figure may have no space there.
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=2.0, frameon=False)
    else:
        # "best" avoids the edges of a band, so it would cover the curve between them.
        ax.legend(loc="lower left" if log and bands else "best")
    return ax


def _draw_steps(ax: Axes, steps: tuple[Any, Any], end: float, curve: Any, line: dict[str, Any]) -> Any:
    """Draw the values of a replay over their curve, in its color, and return them."""
    elapsed, values = steps
    given = {name: value for name, value in line.items() if name not in ("c", "ds")}
    own = {"label": f"{curve.get_label()}: replay", "color": curve.get_color(), "drawstyle": "steps-post"}
    ax.plot(end * elapsed, values, **{**given, **own})
    if not line.keys() & {"linestyle", "ls"}:
        curve.set_linestyle("--")
    return values


def _limits(shown: Sequence[Any], before: tuple[float, float] | None, log: bool) -> tuple[float, float]:
    """Return the ends of an axis for values of 0 and above, and for the values that it has shown before."""
    values = [value for part in shown for value in _shown_values(part) if value > 0.0]
    lowest, highest = min(values, default=0.1), max(values, default=1.0)
    # The same margin as in matplotlib, a twentieth of the range.
    margin = (10.0 * highest / lowest) ** 0.05 if log else 1.05
    bottom, top = lowest / margin if log else 0.0, highest * margin
    if before is not None:
        bottom, top = min(bottom, before[0]) if before[0] > 0.0 else bottom, max(top, before[1])
    return bottom, top


def _shown_values(part: Any) -> list[float]:
    """Return values without those near 0 if the curve reaches 0, because they would stretch a logarithmic axis."""
    values: list[float] = part.tolist()
    floor = DEPTH * max(values, default=0.0) if min(values, default=1.0) <= 0.0 else 0.0
    return [value for value in values if value >= floor]


def _new_axes() -> Axes:
    with needs_extra():
        import matplotlib.pyplot as plt

    ax = plt.subplots(layout="constrained")[1]
    ax.grid(alpha=0.3)
    return ax
