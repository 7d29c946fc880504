"""``lr-schedule show``: the schedules and the states of controllers in a saved model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_schedule.cli.grammar import add_command, add_json
from lr_schedule.cli.output import print_json

EXAMPLES = """
  lr-schedule show logs/ppo/CartPole-v1_1/CartPole-v1.zip"""


@dataclass(frozen=True)
class ShowOptions:
    """The options of ``lr-schedule show``."""

    model: Path
    json: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    summary = "show the schedules and controllers in a saved model, without unpickling it"
    parser = add_command(commands, "show", ShowOptions, run, summary, EXAMPLES)
    parser.add_argument("model", type=Path, metavar="MODEL.zip", help="a file saved by Stable-Baselines3")
    add_json(parser)


def run(options: ShowOptions) -> int:
    """Print the schedules in a saved model."""
    from lr_schedule.errors import ScheduleConfigError
    from lr_schedule.pictures.text import table
    from lr_schedule.sb3 import read_controllers, read_schedules

    try:
        found, controllers = read_schedules(options.model), read_controllers(options.model)
    except ScheduleConfigError as error:
        raise ValueError(f"{options.model}: {error.problems[0].message}") from None
    if options.json:
        print_json({**found, "controllers": controllers} if controllers else found)
        return 0
    rows = [(name, *_cells(cfg)) for name, cfg in found.items()]
    print(table([("hyperparameter", "curve", "schedule"), *rows]))
    if controllers:
        head = ("hyperparameter", "controller", "metric", "scale")
        states = [(name, *(_text(state.get(key)) for key in head[1:])) for name, state in controllers.items()]
        print()
        print(table([head, *states]))
    return 0


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cells(cfg: Any) -> tuple[str, str]:
    from lr_schedule.base import BaseLRSchedule
    from lr_schedule.pictures.text import sparkline

    if cfg is None:
        return "", "a function, or an unknown type: not readable without running it"
    schedule = BaseLRSchedule.create(cfg)
    return sparkline(schedule.sample(20).tolist()), schedule.describe()
