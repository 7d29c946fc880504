"""The pictures of the gallery: a schedule in a YAML file as SVG, large with its axes and small with its name."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml

mpl.use("Agg")
from matplotlib import pyplot as plt

from lr_schedule import BaseLRSchedule

POINTS = 2001
CURVE, GREY = "#4c7fe0", "#808080"
"""Colors with enough contrast on a white page and on a dark one, as the ground of the pictures is transparent."""

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lr_schedule",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.transparent": True,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY),
}


def draw(path: Path, png: Path | None = None) -> str:
    """Return the picture of the schedule in a YAML file, as SVG; write it as PNG too where that is asked for."""
    schedule = read(path)
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.6, 2.4), layout="constrained")
        percent = [100.0 * point / (POINTS - 1) for point in range(POINTS)]
        axes.plot(percent, schedule.sample(POINTS), color=CURVE, linewidth=2)
        axes.set_xlim(0, 100)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("percent of training")
        axes.set_ylabel("value")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.grid(alpha=0.3)
        top = axes.secondary_xaxis("top", functions=(lambda x: 1.0 - x / 100.0, lambda p: 100.0 * (1.0 - p)))
        top.set_xlabel("progress_remaining")
        top.spines["top"].set_visible(True)
        return _as_svg(figure, png)


def draw_thumbnail(path: Path, png: Path | None = None) -> str:
    """Return the small picture of a schedule, which has the same axes for all types and the name of its own in it."""
    values = read(path).sample(201)
    with mpl.rc_context({**STYLE, "axes.linewidth": 0.8}):
        figure, axes = plt.subplots(figsize=(1.5, 1.0), layout="constrained")
        axes.plot(values / values.max(), color=CURVE, linewidth=1.6)
        axes.set(xlim=(0, 200), ylim=(0, 1.08), xticks=[], yticks=[])
        axes.set_title(path.stem, fontsize=7, pad=3)
        return _as_svg(figure, png)


def read(path: Path) -> BaseLRSchedule:
    """Return the schedule in a YAML file."""
    return BaseLRSchedule.create(yaml.safe_load(path.read_text(encoding="utf-8")))


def _as_svg(figure: Any, png: Path | None) -> str:
    svg = io.StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    if png is not None:
        figure.savefig(png, dpi=110)
    plt.close(figure)
    return "\n".join(line.rstrip() for line in svg.getvalue().splitlines()) + "\n"
