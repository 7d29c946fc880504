"""What each command of ``lr-schedule`` does; a command takes the parsed options and returns the exit status."""

from __future__ import annotations

import json
import textwrap
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lr_schedule import plotting
from lr_schedule.base import BaseLRSchedule
from lr_schedule.config import schema as schemas
from lr_schedule.config.registry import find_class, registry
from lr_schedule.config.twins import allowed_keys
from lr_schedule.config.yaml_files import SUFFIXES, Document, FileProblem, parse_yaml, read_yaml
from lr_schedule.errors import ScheduleConfigError, did_you_mean, format_path
from lr_schedule.pictures import text as terminal
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.checks import problems_in
from lr_schedule.zoo.hyperparams import FoundSchedule, find_schedules, find_section, schedules_in
from lr_schedule.zoo.schema import hyperparams_schema

MOST_CURVES = 12
DEFAULT_KEY = "learning_rate"
ZOO_NAMES = {"ppo_lstm": "RecurrentPPO"}
RISE = [{"type": "linear", "initial_value": 0, "final_value": 1e-3, "fraction": 0.3}]
EXAMPLES: dict[str, dict[str, Any]] = {
    "sequential": {"parts": [*RISE, {"type": "cosine", "fraction": 0.7}]},
    "product": {"parts": [{"type": "linear"}, {"type": "cosine"}]},
    "repeat": {"schedule": {"type": "linear"}},
    "delay": {"schedule": {"type": "linear"}, "delay_fraction": 0.5},
    "clip": {"schedule": {"type": "linear"}, "minimum": 0.0003},
    "step": {"period_fraction": 0.25, "gamma": 0.5},
    "multi_step": {"milestone_fractions": [0.4, 0.7], "gamma": 0.4},
    "piecewise_constant": {"values": [0.001, 0.0006, 0.0002], "milestone_fractions": [0.4, 0.7]},
    "piecewise_linear": {"points": [[0.0, 0.0003], [0.4, 0.001], [1.0, 0.0]]},
    "cosine_restarts": {"cycles": 3},
    "cyclic": {"initial_value": 0.0001, "peak_value": 0.001, "up_fraction": 0.2},
}
"""Keys for the curve of each built-in type that cannot be made from its defaults."""


class Curve(NamedTuple):
    """A schedule to be drawn, and its name in the legend."""

    label: str
    schedule: BaseLRSchedule


def plot(options: Namespace) -> int:
    """Draw schedules from files and from the command line."""
    curves = [curve for source in options.sources for curve in _curves(source, options)]
    if len(curves) > MOST_CURVES:
        names = ", ".join(curve.label for curve in curves)
        raise ValueError(f"{len(curves)} schedules are too many for one picture; choose with --env or --key: {names}")
    if options.json:
        sampled = [(curve, curve.schedule.sample(options.points).tolist()) for curve in curves]
        _print_json([{"label": c.label, "config": c.schedule.to_config(), "values": values} for c, values in sampled])
    else:
        values = [curve.schedule.sample(641).tolist() for curve in curves]
        labels = [curve.label for curve in curves]
        print(terminal.chart(values, labels, end=options.total_timesteps or 1.0, log=options.log))
    if options.output is not None:
        _save_picture(curves, options)
    return 0


def _curves(source: str, options: Namespace) -> Iterator[Curve]:
    """Yield what a source names: a schedule, or those at a key of a file."""
    if Path(source).suffix not in SUFFIXES and not Path(source).is_file():
        cfg = parse_yaml(source, "<command line>").data
        schedule = BaseLRSchedule.create(cfg, options.total_timesteps)
        yield Curve(schedule.describe(), schedule)
        return
    document = read_yaml(source)
    for found in _chosen(document, options):
        try:
            schedule = found._replace(total_timesteps=options.total_timesteps or found.total_timesteps).create()
        except ScheduleConfigError as error:
            raise document.locate(error) from None
        several = len(options.sources) > 1
        where = format_path(found.path) or Path(source).name
        yield Curve(f"{Path(source).name}: {where}" if several and found.path else where, schedule)


def _chosen(document: Document, options: Namespace) -> Sequence[FoundSchedule]:
    """Return the schedules of a document that the options ask for."""
    found = list(find_schedules(document.data))
    if options.env is not None:
        try:
            section = find_section(document.data, options.env)
        except ScheduleConfigError as error:
            raise document.locate(error) from None
        found = [item for item in found if item.path[: len(section)] == section]
    keys = {str(item.path[-1]) for item in found if item.path}
    chosen = [item for item in found if not item.path or item.path[-1] == (options.key or DEFAULT_KEY)]
    if not chosen and options.key is None:
        chosen = found
    if not chosen:
        hint = did_you_mean(options.key, keys) if keys else "."
        there = f" Schedules are at: {', '.join(sorted(keys))}" if keys else ""
        raise ValueError(f"{document.file}: no schedule at {options.key or 'any key'}{hint}{there}")
    return chosen


def _save_picture(curves: Sequence[Curve], options: Namespace) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    plotting.plot(
        [curve.schedule for curve in curves],
        figure.subplots(),
        labels=[curve.label for curve in curves],
        total_timesteps=options.total_timesteps,
        log=options.log,
    )
    figure.savefig(options.output, dpi=150)
    if not options.json:
        print(f"wrote {options.output}")


def preview(options: Namespace) -> int:
    """Show what `lr_schedule.sb3.preview` says of the schedules of one section."""
    from lr_schedule.sb3 import algorithms
    from lr_schedule.sb3 import preview as preview_run

    model, zoo = load_hyperparams(options.file, options.env, options.total_timesteps)
    if "n_timesteps" not in zoo:
        raise ValueError(f"{options.file}: the section has no n_timesteps; give --total-timesteps")
    schedules = {str(path[-1]): cfg for path, cfg in schedules_in({**model, **zoo}).items()}
    known = {name.lower(): name for name in algorithms.ALL} | ZOO_NAMES
    algo = known.get(options.algo.lower(), options.algo)
    others = {key: value for key, value in model.items() if key not in {*schedules, "policy"}}
    if options.episode_length is not None:
        others["episode_length"] = int(options.episode_length)
    table = preview_run(schedules, algo, int(zoo["n_timesteps"]), n_envs=zoo.get("n_envs", 1), **others)
    if options.json:
        values = {name: column.tolist() for name, column in table.values.items()}
        clock = {"timesteps": table.timesteps.tolist(), "progress": table.progress.tolist()}
        _print_json({"algorithm": table.algorithm, **clock, "values": values, "warnings": table.warnings})
    else:
        print(table)
    return 0


def check(options: Namespace) -> int:
    """Print every problem of every schedule in files and folders."""
    files = [file for path in options.paths for file in _yaml_files(path)]
    problems: list[FileProblem] = []
    count = 0
    for file in files:
        try:
            document = read_yaml(file)
        except ScheduleConfigError as error:
            problems += [problem for problem in error.problems if isinstance(problem, FileProblem)]
            continue
        count += sum(1 for _ in find_schedules(document.data))
        problems += problems_in(document, options.total_timesteps)
    if options.json:
        _print_json([_problem_data(problem) for problem in problems])
    else:
        for problem in problems:
            print(problem)
        print(f"{len(files)} files, {count} schedules, {len(problems)} problems")
    return 1 if problems else 0


def _yaml_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}") if file.is_file())
    if not found:
        raise ValueError(f"{path}: no {' or '.join(SUFFIXES)} file in this folder")
    return found


def _problem_data(problem: FileProblem) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line, "column": problem.column}
    return {**place, "path": format_path(problem.path), "message": problem.message, "received": repr(problem.received)}


def schema(options: Namespace) -> int:
    """Print the JSON Schema of a schedule, or of a hyperparameter file."""
    _print_json(hyperparams_schema() if options.zoo else schemas.json_schema())
    return 0


def types(options: Namespace) -> int:
    """Print every type of schedule with its keys, their defaults and its curve."""
    classes = [find_class(name) for name in options.names or sorted(registry)]
    described = [_describe_type(cls) for cls in classes]
    if options.json:
        _print_json(described)
        return 0
    for one in described:
        print(f"{one['type']:<20}{terminal.sparkline(one['curve']) if one['curve'] else ''}\n    {one['summary']}")
        keys = ", ".join(key if value is None else f"{key}={value}" for key, value in one["keys"].items())
        print(textwrap.fill(keys, 110, initial_indent="    ", subsequent_indent="    ") + "\n")
    print("Most types also take warmup_fraction, warmup_start_factor and end_fraction; a key that ends in _fraction")
    print("has a twin that ends in _steps, and final_value has one in final_ratio.")
    return 0


def _describe_type(cls: type[BaseLRSchedule]) -> dict[str, Any]:
    try:
        curve = BaseLRSchedule.create({"type": cls.type, **EXAMPLES.get(cls.type, {})}).sample(40).tolist()
    except ScheduleConfigError:  # a type registered by a user, with required keys
        curve = []
    keys = {key: getattr(cls, key, None) for key in schemas.own_fields(cls)}
    return {
        "type": cls.type,
        "summary": schemas.summary(cls),
        "keys": keys,
        "all_keys": list(allowed_keys(cls)),
        "curve": curve,
    }


def show(options: Namespace) -> int:
    """Print the schedules in a saved model."""
    from lr_schedule.sb3 import read_schedules

    found = read_schedules(options.model)
    if options.json:
        _print_json(found)
        return 0
    rows = [(name, *_cells(cfg)) for name, cfg in found.items()]
    print(terminal.table([("hyperparameter", "curve", "schedule"), *rows]))
    return 0


def _cells(cfg: Any) -> tuple[str, str]:
    if cfg is None:
        return "", "a function, or an unknown type: not readable without running it"
    schedule = BaseLRSchedule.create(cfg)
    return terminal.sparkline(schedule.sample(20).tolist()), schedule.describe()


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2))
