"""plot: draw schedules, controllers and configs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.errors import ScheduleConfigError, under
from lr_schedule.fields import to_number
from lr_schedule.pictures import axes, text
from lr_schedule.steps import length_given

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lr_schedule.control import Controller


def plot(
    schedules: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    run_timesteps: float | None = None,
    total_timesteps: float | None = None,
    log: bool | None = None,
    points: int = 1001,
    replay: Iterable[Any] | None = None,
    **line: Any,
) -> Axes:
    """Draw schedules and controllers on one axis, from the start of training on the left to its end on the right.

    Use it to compare schedules before you train, and controllers on a metric that a run has logged.
    ``schedule.plot()`` draws a single schedule. For a controller, the plot shows its schedule and the band between its
    bounds.

    Args:
        schedules: A schedule, a controller or a config, or a list of them. A config can be anything that
            ``BaseLRSchedule.create`` or ``create_controller`` accepts; a key ``metric`` has no effect here.
        ax: The matplotlib axes to draw on. By default, those of a new figure.
        labels: List with one legend entry for each schedule. By default, an entry names the differences from the
            others.
        run_timesteps: Length of the run, for an axis in timesteps and for keys that end in ``_steps``. Must be above 0.
            By default, the axis shows the elapsed fraction of the run.
        total_timesteps: Another name for `run_timesteps`.
        log: Whether the axis of values is logarithmic. For a curve that reaches 0, such an axis starts at a thousandth
            of the largest value. By default, it is logarithmic if there is a controller, or if `ax` already is.
        points: Number of evenly spaced values in a curve, at least 2.
        replay: List of pairs of progress_remaining and metric that a run has logged, from its start to its end. For
            each controller, the plot adds the values that the controller would have had.
        **line: Any argument of ``Axes.plot``, such as ``color`` or ``linewidth``.

    Returns:
        The axes, with one line for each schedule, in the given order. The line of a replay follows the line of its
        controller.

    Raises:
        ScheduleConfigError: A config or the replay is wrong, or there is a replay but no controller.
        ValueError: There is nothing to draw, or the number of labels is not the number of schedules.
        TypeError: `schedules` is neither a schedule, a controller nor a config.
        ImportError: matplotlib is not installed; it is in the extra ``plot``.

    Example:
        >>> axes = plot([{"type": "cosine"}, "lin_3e-4"], run_timesteps=100_000)
        >>> [len(line.get_xdata()) for line in axes.lines]
        [1001, 1001]
        >>> axes = plot({"controller": "kl", "schedule": 0.001}, replay=[(0.9, 0.05), (0.8, 0.001)])
        >>> [round(float(rate), 6) for rate in axes.lines[1].get_ydata()]
        [0.000667, 0.001]
    """
    _, length = length_given(run_timesteps, total_timesteps)
    # A string and a mapping are iterable too, but each is one config.
    is_one = isinstance(schedules, (str, Mapping)) or not isinstance(schedules, Iterable)
    drawn = [create(schedules, length)] if is_one else list(_created(schedules, length))
    curves = [as_curve(one) for one in drawn]
    if replay is not None:
        series = _read_series(replay)
        controlled = [curve for curve in curves if isinstance(curve, ControllerCurve)]
        if not controlled:
            raise ScheduleConfigError.at("replay", replay, "needs a controller; a schedule does not depend on a metric")
        for curve in controlled:
            curve.replay(series)
    labels = names_of(drawn) if labels is None else labels
    return axes.draw(curves, ax, labels=labels, total_timesteps=length, log=log, points=points, **line)


class ControllerCurve:
    """A controller as a curve: its schedule, and the band of its bounds.

    Args:
        controller: The controller. Drawing it does not change it.
    """

    def __init__(self, controller: Controller) -> None:
        self.controller: Any = controller
        self._steps: tuple[Any, Any] | None = None

    def sample(self, n: int) -> Any:
        """Return `n` values of the schedule, evenly spaced from the start of the run to its end."""
        return self.controller.schedule.sample(n)

    def describe(self) -> str:
        """Return the type of the controller and its schedule on one short line."""
        return f"{self.controller.type} of {self.controller.schedule.describe()}"

    def band(self, n: int) -> tuple[Any, Any]:
        """Return the bounds at `n` points; without an upper bound, the largest value that metrics can lead to."""
        import numpy as np

        from lr_schedule.control.controller import LARGEST

        progress = np.linspace(1.0, 0.0, n)
        base = self.controller.schedule(progress)
        low, high = np.broadcast_arrays(base, *self.controller.bounds(progress, base, np))[1:]
        _, largest = self.controller.extremes(progress)
        largest = np.where(largest < base * LARGEST, largest, math.inf)
        return low, np.where(np.isfinite(high), high, np.where(base > 0.0, largest, low))

    def replay(self, series: Sequence[tuple[float, Any]]) -> None:
        """Add the values that the controller would have for pairs of progress_remaining and metric."""
        import numpy as np

        elapsed = np.array([min(1.0 - progress_remaining, 1.0) for progress_remaining, _ in series])
        self._steps = elapsed, np.array(self.controller.replay(series))

    def steps(self) -> tuple[Any, Any] | None:
        """Return the fractions of the run at which the value changed, and the values; None without a replay."""
        return self._steps


def create(cfg: Any, total_timesteps: float | None = None) -> BaseLRSchedule | Controller:
    """Return the schedule or the controller that a config describes."""
    # Imported here because `import lr_schedule` imports `plot`, and needs no controllers.
    from lr_schedule.control import Controller, create_controller

    if isinstance(cfg, Controller):
        return cfg
    if not isinstance(cfg, Mapping) or "controller" not in cfg:
        return BaseLRSchedule.create(cfg, total_timesteps)
    # The key `metric` is for a ScheduleCallback.
    return create_controller({key: value for key, value in cfg.items() if key != "metric"}, total_timesteps)


def _created(configs: Iterable[Any], total_timesteps: float | None) -> Iterator[BaseLRSchedule | Controller]:
    """Yield the schedule or controller of each config; an error names the index of its config."""
    for index, cfg in enumerate(configs):
        with under(index):
            yield create(cfg, total_timesteps)


def names_of(drawn: Sequence[BaseLRSchedule | Controller]) -> list[str]:
    """Return a name for each schedule and each controller that shows how it differs from the others."""
    if len(drawn) == 1:
        return [as_curve(drawn[0]).describe()]
    return text.distinguish([_said(one) for one in drawn])


def _said(drawn: Any) -> dict[str, Any]:
    """Return the type and the fields of a schedule, or of a controller and its schedule, as one mapping."""
    fields = drawn.written_fields()
    if not isinstance(fields, dict):
        return {"type": repr(fields)}
    if isinstance(drawn, BaseLRSchedule):
        return fields
    own = {key: value for key, value in fields.items() if key not in ("controller", "schedule")}
    within = _said(drawn.schedule)
    return {**within, **own, "type": f"{drawn.type} of {within['type']}"}


def as_curve(drawn: BaseLRSchedule | Controller) -> BaseLRSchedule | ControllerCurve:
    """Return an object to draw for a schedule or a controller."""
    return drawn if isinstance(drawn, BaseLRSchedule) else ControllerCurve(drawn)


def _read_series(replay: Any) -> list[tuple[float, Any]]:
    """Return pairs of progress_remaining and metric, in the order of a run."""
    if isinstance(replay, (str, Mapping)) or not isinstance(replay, Iterable):
        raise ScheduleConfigError.at("replay", replay, "must be a list of pairs of progress_remaining and metric")
    series: list[tuple[float, Any]] = []
    for index, pair in enumerate(replay):
        if isinstance(pair, str) or not isinstance(pair, Iterable) or len(items := list(pair)) != 2:
            message = "must be a pair of progress_remaining and metric"
            raise ScheduleConfigError.at(("replay", index), pair, message)
        progress_remaining, metric = (_number_or_none(item) for item in items)
        if progress_remaining is None or not -math.inf < progress_remaining <= 1.0:
            message = "must be a finite number <= 1 (progress_remaining)"
            raise ScheduleConfigError.at(("replay", index, 0), items[0], message)
        if series and progress_remaining > series[-1][0]:
            message = f"must be at most the one before, {series[-1][0]}, because progress_remaining falls from 1 to 0"
            raise ScheduleConfigError.at(("replay", index, 0), items[0], message)
        if metric is None and items[1] is not None:
            raise ScheduleConfigError.at(
                ("replay", index, 1), items[1], "must be a number, or None if there was no metric"
            )
        series.append((progress_remaining, metric))
    if not series:
        raise ScheduleConfigError.at("replay", replay, "must have at least one pair of progress_remaining and metric")
    return series


def _number_or_none(item: Any) -> float | None:
    try:
        return to_number(item)
    except TypeError:
        return None
