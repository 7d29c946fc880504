"""The picture of a study: its schedules, the intervals of its scores, its learning curves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from lr_schedule.base import BaseLRSchedule
from lr_schedule.compare.queue import COMPLETE, Cell
from lr_schedule.compare.statistics import Array, band_of_iqm
from lr_schedule.errors import ScheduleConfigError, format_path, needs_extra
from lr_schedule.zoo.sections import find_schedules

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lr_schedule.compare.figures import Findings

COLUMNS = 3
MOST_POINTS = 60
SAMPLED = 200
BAND = 0.3
"""Opacity of all bands together: those of many candidates overlap, and would hide the lines."""
HALF = 0.32
"""Half of the height of a small curve, as a fraction of its line."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#b8a900", "#7f3c8d", "#666666")
"""Colours that colour-blind readers can distinguish, as far as possible with ten colours."""


def draw(comparison: Findings) -> Figure:
    """Return the picture of a study: a line for each candidate, and learning curves for each task."""
    with needs_extra("compare"):
        # Not through pyplot, which would look for a display and keep the figure.
        from matplotlib.figure import Figure

    names, tasks = list(comparison.plan.candidates), comparison.plan.tasks
    colours = dict(zip(names, itertools.cycle(COLOURS), strict=False))
    columns = min(COLUMNS, len(tasks))
    rows_of_tasks = math.ceil(len(tasks) / columns)
    above, below = 0.6 + 0.42 * len(names), 3.2 * rows_of_tasks
    figure = Figure(figsize=(11, above + below + 0.6), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=[above, below])
    top, bottom = parts
    _draw_candidates(top, comparison, colours)
    axes = bottom.subplots(rows_of_tasks, columns, squeeze=False)
    for ax, task in itertools.zip_longest(axes.flat, tasks):
        if task is None:
            ax.set_axis_off()
        else:
            _draw_curves(ax, comparison, task, colours)
    if not comparison.is_finished:
        figure.suptitle(f"not finished: {comparison.done} of {len(comparison.results)} runs", fontsize=10)
    return figure


def _draw_candidates(figure: Any, comparison: Findings, colours: Mapping[str, str]) -> None:
    """Draw a line for each candidate: its schedules as small curves, its name, its interval."""
    names = list(colours)
    curves, intervals = figure.subplots(1, 2, sharey=True, width_ratios=[1, 5])
    for row, name in enumerate(names):
        for values in curves_of(comparison.plan.candidates[name], _length(comparison)).values():
            top = max(values) or 1.0
            heights = [row + HALF - 2 * HALF * value / top for value in values]
            curves.plot(np.linspace(0.0, 1.0, len(heights)), heights, color=colours[name], linewidth=1.2)
        summary = comparison.summaries.get(name)
        if summary is not None:
            final = summary.final
            if not math.isnan(final.low):
                intervals.plot([final.low, final.high], [row, row], color=colours[name], linewidth=7, alpha=0.35)
            intervals.plot([final.estimate], [row], "|", color=colours[name], markersize=14, markeredgewidth=2)
    curves.set_yticks(range(len(names)), names)
    for label, name in zip(curves.get_yticklabels(), names, strict=True):
        label.set_color(colours[name])
    curves.set_xticks([])
    curves.set_xlabel("schedule", fontsize=9)
    curves.spines[:].set_visible(False)
    curves.tick_params(left=False)
    intervals.set_ylim(len(names) - 0.5, -0.5)
    intervals.set_xlabel("final score: interquartile mean with 95 % interval", fontsize=9)
    _plain_frame(intervals)
    intervals.tick_params(left=False, labelleft=False)


def _draw_curves(ax: Axes, comparison: Findings, task: str, colours: Mapping[str, str]) -> None:
    for name, colour in colours.items():
        runs = [comparison.results[Cell(name, task, seed)] for seed in comparison.plan.seeds]
        found = on_one_grid([result.curve for result in runs if result.state == COMPLETE])
        if found is None:
            continue
        at, curves = found
        if len(curves) < 2:
            ax.plot(at, curves[0], color=colour, label=name)
            continue
        middle, low, high = band_of_iqm(curves)
        ax.plot(at, middle, color=colour, label=name, linewidth=1.4)
        ax.fill_between(at, low, high, color=colour, alpha=BAND / len(colours), linewidth=0)
    ax.set_title(task, fontsize=10)
    ax.set_xlabel("timesteps")
    ax.set_ylabel("score")
    _plain_frame(ax)


def _plain_frame(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.9", linewidth=0.6)
    ax.tick_params(labelsize=8)


def on_one_grid(curves: list[tuple[tuple[int, float], ...]]) -> tuple[Array, Array] | None:
    """Return the timesteps at which curves are drawn, and the scores of each curve.

    Between two points of a curve, scores are interpolated linearly. The grid ends with the shortest curve.
    """
    if not curves:
        return None
    end = min(curve[-1][0] for curve in curves)
    start = max(curve[0][0] for curve in curves)
    at = sorted({timestep for curve in curves for timestep, _ in curve if start <= timestep <= end} or {end})
    if len(at) > MOST_POINTS:
        at = np.linspace(start, end, MOST_POINTS).tolist()
    columns = [np.array(curve, dtype=np.float64).T for curve in curves]
    return np.array(at, dtype=np.float64), np.array([np.interp(at, *pair) for pair in columns])


def _length(comparison: Findings) -> float | None:
    length = comparison.plan.settings.get("n_timesteps")
    return float(length) if isinstance(length, (int, float)) else None


def curves_of(config: Any, total_timesteps: float | None = None) -> dict[str, list[float]]:
    """Return the values of the schedules in a candidate's config over the run, by their paths in it."""
    with suppress(ScheduleConfigError):
        return {"": BaseLRSchedule.create(config, total_timesteps).sample(SAMPLED).tolist()}
    found = {}
    for schedule in find_schedules({"candidate": config}, (), total_timesteps):
        cfg = schedule.cfg
        held = cfg.get("schedule") if isinstance(cfg, Mapping) and "controller" in cfg else cfg
        with suppress(ScheduleConfigError):
            place = format_path(schedule.path[1:])
            found[place] = BaseLRSchedule.create(held, total_timesteps).sample(SAMPLED).tolist()
    return found
