"""``lr-schedule types``: list all types of schedule with their keys, defaults and curves."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lr_schedule.cli.grammar import add_command, add_json
from lr_schedule.cli.output import print_json

if TYPE_CHECKING:
    from lr_schedule.config.frozen import Frozen

EXAMPLES = """
  lr-schedule types
  lr-schedule types cosine one_cycle"""

# docs/gallery/ has an example of every type too, but the wheel does not contain the docs. The configs here are for a
# curve of one line in a terminal. A test requires a curve for every type except "torch", which would import torch.
CONFIGS: dict[str, dict[str, Any]] = {
    "sequential": {
        "parts": [
            {"type": "linear", "initial_value": 0, "final_value": 1e-3, "fraction": 0.3},
            {"type": "cosine", "fraction": 0.7},
        ]
    },
    "product": {"parts": [{"type": "linear"}, {"type": "cosine"}]},
    "repeat": {"schedule": {"type": "linear"}},
    "delay": {"schedule": {"type": "linear"}, "delay_fraction": 0.5},
    "clip": {"schedule": {"type": "linear"}, "minimum": 0.0003},
    "step": {"period_fraction": 0.25, "gamma": 0.5},
    "multi_step": {"milestone_fractions": [0.4, 0.7], "gamma": 0.4},
    "piecewise_constant": {"values": [0.001, 0.0006, 0.0002], "milestone_fractions": [0.4, 0.7]},
    "piecewise_linear": {"points": [[0.0, 0.0003], [0.4, 0.001], [1.0, 0.0]]},
    "cosine_restarts": {"cycles": 3},
    "table": {"total_steps": 5, "values": [0.0002, 0.0009, 0.001, 0.0006, 0.0003, 0.0001]},
    "cyclic": {"initial_value": 0.0001, "peak_value": 0.001, "up_fraction": 0.2},
}
"""Keys for the curve of each built-in type that cannot be made from its defaults."""


@dataclass(frozen=True)
class TypesOptions:
    """The options of ``lr-schedule types``."""

    names: list[str]
    json: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    summary = "list every type of schedule, its keys and its curve"
    parser = add_command(commands, "types", TypesOptions, run, summary, EXAMPLES)
    parser.add_argument("names", nargs="*", metavar="TYPE", help="show only these types")
    add_json(parser)


def run(options: TypesOptions) -> int:
    """Print all types of schedule with their keys, defaults and curves."""
    from lr_schedule.config.registry import find_class, registry
    from lr_schedule.pictures.text import sparkline

    described = [_describe(find_class(name)) for name in options.names or sorted(registry)]
    if options.json:
        print_json(described)
        return 0
    for one in described:
        print(f"{one['type']:<20}{sparkline(one['curve']) if one['curve'] else ''}\n    {one['summary']}")
        keys = ", ".join(key if value is None else f"{key}={value}" for key, value in one["keys"].items())
        print(textwrap.fill(keys, 110, initial_indent="    ", subsequent_indent="    ") + "\n")
    print(
        "Most types also have warmup_fraction, warmup_start_factor, warmup_shape and end_fraction. You can give each\n"
        "_fraction key in steps, as a _steps key, and final_value as final_ratio, its ratio to initial_value."
    )
    return 0


def _describe(cls: type[Frozen]) -> dict[str, Any]:
    from lr_schedule.config.model import default_of
    from lr_schedule.config.schema import own_fields, summary
    from lr_schedule.config.twins import allowed_keys

    return {
        "type": cls.type,
        "summary": summary(cls),
        "keys": {key: default_of(cls, key) for key in own_fields(cls)},
        "all_keys": list(allowed_keys(cls)),
        "curve": _curve(cls.type),
    }


def _curve(name: str) -> list[float]:
    from lr_schedule.base import BaseLRSchedule
    from lr_schedule.errors import ScheduleConfigError

    try:
        values: list[float] = BaseLRSchedule.create({"type": name, **CONFIGS.get(name, {})}).sample(40).tolist()
    except ScheduleConfigError:  # a type registered by a user, with required keys
        return []
    return values
