"""Curves and tables as text, for a terminal or a log."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

BARS = "▁▂▃▄▅▆▇█"
LABEL_WIDTH = 60
MARKS = "●+o*#@%="


def sparkline(values: Sequence[float]) -> str:
    """Return values (>= 0) as a line of bars, whose height is each value as a fraction of the largest."""
    top = max(values) or 1.0
    return "".join(BARS[min(int(value / top * len(BARS)), len(BARS) - 1)] for value in values)


def chart(
    curves: Sequence[Sequence[float]],
    labels: Sequence[str],
    *,
    end: float = 1.0,
    log: bool = False,
    width: int = 64,
    height: int = 16,
) -> str:
    """Return curves of equally many values on one pair of axes, each with a mark of its own, and a legend below.

    Args:
        curves: The values (>= 0) of each curve, spaced evenly over the width.
        labels: One name per curve, for the legend.
        end: What the right end of the horizontal axis stands for; its left end is 0.
        log: Whether the vertical axis is logarithmic; values of 0 are then left out.
        width: Characters across.
        height: Lines of the picture.
    """
    shown = [value for curve in curves for value in curve if value > 0.0]
    top = max(shown, default=1.0)
    bottom = min(shown, default=0.1) if log else 0.0
    # One value alone has no range to be drawn in.
    if bottom == top:
        bottom = top / 10.0 if log else 0.0
    grid = [[" "] * width for _ in range(height)]
    for curve, mark in zip(curves, _marks(len(curves)), strict=True):
        # A steep fall covers several rows in one column; without those between, the curve would have gaps.
        previous = None
        for column in range(width):
            value = curve[round(column * (len(curve) - 1) / (width - 1))]
            row = None if log and value <= 0.0 else round((height - 1) * (1.0 - _fraction(value, bottom, top, log)))
            if row is not None:
                for covered in _rows_between(previous, row):
                    grid[covered][column] = mark
            previous = row
    names = {0: f"{top:.3g}", height - 1: f"{bottom:.3g}"}
    lines = [f"{names.get(row, ''):>9} │{''.join(cells).rstrip()}" for row, cells in enumerate(grid)]
    axis = [f"{'':>9} └{'─' * width}", f"{'':>10} 0{f'{end:g}':>{width - 1}}"]
    legend = [f"{mark} {label}" for mark, label in zip(_marks(len(curves)), labels, strict=True)]
    return "\n".join([*lines, *axis, *legend])


def _marks(count: int) -> list[str]:
    return [MARKS[number % len(MARKS)] for number in range(count)]


def _fraction(value: float, bottom: float, top: float, log: bool) -> float:
    if log:
        return math.log(value / bottom) / math.log(top / bottom)
    return (value - bottom) / (top - bottom)


def _rows_between(previous: int | None, row: int) -> range:
    """Return the rows that join a curve's place in one column to that in the next, without the former."""
    if previous is None or previous == row:
        return range(row, row + 1)
    return range(previous + 1, row + 1) if previous < row else range(row, previous)


def table(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> str:
    """Return rows of texts as columns of equal width; the first row holds the names of the columns.

    Args:
        rows: The cells; every row has equally many.
        numbers: Whether the cells are numbers, which stand on the right of their column (else: texts, which stand on
            the left, below names that are underlined).
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    side = ">" if numbers else "<"
    lines = ["  ".join(f"{cell:{side}{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    underline = [] if numbers else ["  ".join("─" * width for width in widths)]
    return "\n".join([lines[0], *underline, *lines[1:]])


def describe(config: Mapping[str, Any]) -> str:
    """Return a config on one short line: its type, and each key with its value."""
    keys = {key: value for key, value in config.items() if key != "type"}
    texts = [f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in keys.items()]
    return textwrap.shorten(" ".join([config["type"], *texts]), LABEL_WIDTH, placeholder=" ...")
