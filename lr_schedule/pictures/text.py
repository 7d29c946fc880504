"""Curves and tables as text, for a terminal or a log."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

BARS = "▁▂▃▄▅▆▇█"
LABEL_WIDTH = 60
MARGIN = 11
"""Number of characters to the left of a chart, for the axis and its labels."""
MARKS = "●+o*#@%="
COLORS = (36, 33, 35, 32, 31, 34)
"""Codes of the terminal's colors, which fit its background: cyan, yellow, magenta, green, red, blue."""


def sparkline(values: Sequence[float]) -> str:
    """Return values (>= 0) as a line of bars; the height of a bar is its value as a fraction of the largest."""
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
    color: bool = False,
) -> str:
    """Return curves with equally many values on one pair of axes, each with its own mark, and a legend below.

    Args:
        curves: The values (>= 0) of each curve, spaced evenly over the width.
        labels: One name per curve, for the legend.
        end: Value at the right end of the horizontal axis; the left end is 0.
        log: Whether the vertical axis is logarithmic; values of 0 are then omitted.
        width: Width in characters.
        height: Height in lines.
        color: Whether each curve has its own color, with escape codes for terminals.
    """
    marks = _marks(len(curves), color)
    shown = [value for curve in curves for value in curve if value > 0.0]
    top = max(shown, default=1.0)
    bottom = min(shown, default=0.1) if log else 0.0
    # A single value has no range to draw it in.
    if bottom == top:
        bottom = top / 10.0 if log else 0.0
    grid = [[" "] * width for _ in range(height)]
    for curve, mark in zip(curves, marks, strict=True):
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
    room = width + MARGIN - 2
    legend = [f"{mark} {_cut(label, room)}" for mark, label in zip(marks, labels, strict=True)]
    return "\n".join([*lines, *axis, *legend])


def _marks(count: int, color: bool) -> list[str]:
    marks = [MARKS[number % len(MARKS)] for number in range(count)]
    return [f"\33[{COLORS[i % len(COLORS)]}m{mark}\33[0m" for i, mark in enumerate(marks)] if color else marks


def _cut(label: str, room: int) -> str:
    return label if len(label) <= room else f"{label[: room - 1]}…"


def _fraction(value: float, bottom: float, top: float, log: bool) -> float:
    if log:
        return math.log(value / bottom) / math.log(top / bottom)
    return (value - bottom) / (top - bottom)


def _rows_between(previous: int | None, row: int) -> range:
    """Return the rows that connect a curve's row in one column to the next, without the former."""
    if previous is None or previous == row:
        return range(row, row + 1)
    return range(previous + 1, row + 1) if previous < row else range(row, previous)


def table(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> str:
    """Return rows of texts as aligned columns; the first row has the names of the columns.

    Args:
        rows: The cells; every row has equally many.
        numbers: Whether the cells are numbers, which are aligned to the right (otherwise texts, aligned to the left,
            below underlined names).
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    side = ">" if numbers else "<"
    lines = ["  ".join(f"{cell:{side}{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    underline = [] if numbers else ["  ".join("─" * width for width in widths)]
    return "\n".join([lines[0], *underline, *lines[1:]])


def describe(config: Mapping[str, Any]) -> str:
    """Return a config on one short line: its type, and each key with its value."""
    return _shortened([config["type"], *(_setting(key, value) for key, value in config.items() if key != "type")])


def distinguish(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a short line for each config with its differences from the others: its type, and keys with their values.

    A key is omitted if all configs that could have it have the same value.
    """
    shown = {key for config in configs for key in config if _differs(key, configs)}
    lines = []
    for config in configs:
        settings = [_setting(key, value) for key, value in config.items() if key in shown and key != "type"]
        lines.append(_shortened([config["type"], *settings] if "type" in shown or not settings else settings))
    return lines


def _differs(key: str, configs: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a key has several values, or is missing in one of the configs whose type has it."""
    having = [config for config in configs if key in config]
    types = {config["type"] for config in having}
    return any(config[key] != having[0][key] for config in having) or any(
        key not in config for config in configs if config["type"] in types
    )


def _setting(key: str, value: Any) -> str:
    return f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"


def _shortened(words: Sequence[str]) -> str:
    return textwrap.shorten(" ".join(words), LABEL_WIDTH, placeholder=" ...")
