"""``lr-schedule plot``: schedules from files and from the command line, drawn on one pair of axes."""

from __future__ import annotations

import math
from argparse import BooleanOptionalAction
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lr_schedule.cli.grammar import add_command, add_json, add_total_timesteps
from lr_schedule.cli.output import is_terminal, print_json, width

if TYPE_CHECKING:
    from lr_schedule.base import BaseLRSchedule
    from lr_schedule.config.yaml_files import Document
    from lr_schedule.control import Controller
    from lr_schedule.zoo.sections import FoundSchedule

EXAMPLES = """
  lr-schedule plot cosine_3e-4 lin_3e-4
  lr-schedule plot ppo.yml --env CartPole-v1 -o curves.png
  lr-schedule plot '{type: cosine_warmup, warmup_steps: 5000}' --run-timesteps 1e5 --log
  lr-schedule plot '{controller: kl, schedule: cosine_3e-4}' -o band.png"""

MOST_CURVES = 12
DEFAULT_KEY = "learning_rate"
MOST_POINTS = 1_000_000
SAMPLED = 1281
"""Number of values of a curve in the terminal: about ten for each column of the chart."""
NARROWEST = 16
"""Smallest number of columns in a chart, for a narrow terminal."""


@dataclass(frozen=True)
class PlotOptions:
    """The options of ``lr-schedule plot``."""

    sources: list[str]
    output: Path | None
    env: str | None
    key: str | None
    log: bool | None
    points: int
    total_timesteps: float | None
    json: bool


class Curve(NamedTuple):
    """A schedule or a controller to draw, and its name in a file (empty if it has none)."""

    label: str
    schedule: BaseLRSchedule | Controller


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        commands, "plot", PlotOptions, run, "draw schedules, in the terminal and as a picture", EXAMPLES
    )
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="FILE_OR_CFG",
        help="a YAML file (- is the standard input), or a schedule or controller: cosine_3e-4, '{type: rex}'",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="write a picture to this file (.png, .svg or .pdf)"
    )
    parser.add_argument(
        "--env", metavar="ID", help="plot only this section of a hyperparameter file (default: all sections)"
    )
    parser.add_argument("--key", metavar="KEY", help="the hyperparameter to plot from a file (default: learning_rate)")
    parser.add_argument(
        "--log",
        action=BooleanOptionalAction,
        help="use a logarithmic axis for the values (default: only for controllers)",
    )
    parser.add_argument(
        "--points", type=int, default=101, metavar="N", help="number of values in the output of --json (default: 101)"
    )
    add_total_timesteps(parser)
    add_json(parser)


def run(options: PlotOptions) -> int:
    """Draw schedules from files and from the command line."""
    curves = [curve for source in options.sources for curve in _curves(source, options)]
    if len(curves) > MOST_CURVES:
        names = ", ".join(curve.label for curve in curves)
        raise ValueError(f"{len(curves)} schedules are too many for one plot; choose some with --env or --key: {names}")
    if options.points > MOST_POINTS:
        raise ValueError(f"--points must be at most {MOST_POINTS:,}, not {options.points}")
    if options.json:
        print_json([_as_data(curve, options.points) for curve in curves])
    else:
        print(_chart(curves, options))
    if options.output is not None:
        # Without a suffix, matplotlib writes a png, and adds the suffix to the name.
        output = options.output if options.output.suffix else options.output.with_suffix(".png")
        _save_picture(curves, output, options)
    return 0


def _as_data(curve: Curve, points: int) -> dict[str, Any]:
    from lr_schedule.plotting import ControllerCurve, as_curve

    drawn = as_curve(curve.schedule)
    data = {
        "label": curve.label or drawn.describe(),
        "config": curve.schedule.to_config(),
        "values": drawn.sample(points).tolist(),
    }
    if isinstance(drawn, ControllerCurve):
        low, high = (edge.tolist() for edge in drawn.band(points))
        data |= {"minimum": low, "maximum": [value if math.isfinite(value) else None for value in high]}
    return data


def _chart(curves: Sequence[Curve], options: PlotOptions) -> str:
    """Return the curves as text; for a controller, its value before any observation, and its bounds."""
    from lr_schedule.pictures.text import MARGIN, chart
    from lr_schedule.plotting import ControllerCurve, as_curve

    lines: list[tuple[str, list[float]]] = []
    log = options.log
    for label, (_, schedule) in zip(_labels(curves), curves, strict=True):
        drawn = as_curve(schedule)
        values, bounds = drawn.sample(SAMPLED), {}
        if isinstance(drawn, ControllerCurve):
            log = log is None or log
            bounds = dict(zip(("minimum", "maximum"), drawn.band(SAMPLED), strict=True))
            values = values.clip(*bounds.values())
        lines.append((label, values.tolist()))
        for name, edge in bounds.items():
            if 0.0 < edge.max() < math.inf and (edge != values).any():
                lines.append((f"  its {name}", edge.tolist()))
    labels, shown = zip(*lines, strict=True)
    across = max(width() - MARGIN, NARROWEST)
    end = options.total_timesteps or 1.0
    return chart(shown, labels, end=end, log=bool(log), width=across, color=is_terminal())


def _labels(curves: Sequence[Curve]) -> list[str]:
    """Return the names of curves: the name in the file, or the difference from the other curves."""
    from lr_schedule.plotting import names_of

    nameless = [curve.schedule for curve in curves if not curve.label]
    names = iter(names_of(nameless) if nameless else [])
    return [curve.label or next(names) for curve in curves]


def _curves(source: str, options: PlotOptions) -> Iterator[Curve]:
    """Yield the curves of a source: a schedule, or those at a key of a file."""
    from lr_schedule.cli.sources import STANDARD_INPUT, read_source
    from lr_schedule.config.yaml_files import SUFFIXES, parse_yaml
    from lr_schedule.errors import format_path, under
    from lr_schedule.plotting import create

    if source != STANDARD_INPUT and Path(source).suffix not in SUFFIXES and not Path(source).exists():
        cfg = parse_yaml(source, "<command line>").data
        with under(*([source] if len(options.sources) > 1 else [])):
            schedule = create(cfg, options.total_timesteps)
        yield Curve("", schedule)
        return
    document = read_source(source)
    if isinstance(document.data, (str, float, int)):
        with document.located():
            schedule = create(document.data, options.total_timesteps)
        yield Curve("", schedule)
        return
    for found in _chosen(document, options):
        with document.located():
            schedule = found.create(options.total_timesteps)
        several = len(options.sources) > 1
        where = format_path(found.path) or Path(source).name
        yield Curve(f"{Path(source).name}: {where}" if several and found.path else where, schedule)


def _chosen(document: Document, options: PlotOptions) -> Sequence[FoundSchedule]:
    """Return the schedules of a document that the options select."""
    from lr_schedule.errors import did_you_mean
    from lr_schedule.zoo.sections import find_schedules, find_section

    found = list(find_schedules(document.data))
    if options.env is not None:
        with document.located():
            section = find_section(document.data, options.env)
        found = [item for item in found if item.path[: len(section)] == section]
    keys = {str(item.path[-1]) for item in found if item.path}
    chosen = [item for item in found if not item.path or item.path[-1] == (options.key or DEFAULT_KEY)]
    if not chosen and options.key is None:
        chosen = found
    if not chosen and not keys:
        raise ValueError(f"{document.file}: no schedule found{f' in {options.env}' if options.env else ''}")
    if not chosen:
        there = f"Schedules are at: {', '.join(sorted(keys))}"
        raise ValueError(f"{document.file}: no schedule at {options.key}{did_you_mean(options.key, keys)} {there}")
    return chosen


def _save_picture(curves: Sequence[Curve], output: Path, options: PlotOptions) -> None:
    from lr_schedule.errors import needs_extra
    from lr_schedule.plotting import plot

    with needs_extra():
        from matplotlib.figure import Figure

    # Not through pyplot, which would look for a display and keep the figure.
    figure = Figure(figsize=(8, 5), layout="constrained")
    plot(
        [curve.schedule for curve in curves],
        figure.subplots(),
        labels=_labels(curves),
        total_timesteps=options.total_timesteps,
        log=options.log,
    )
    figure.savefig(output, dpi=150)
    if not options.json:
        print(f"wrote {output}")
