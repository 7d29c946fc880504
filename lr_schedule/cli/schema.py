"""``lr-schedule schema``: the JSON Schema of a schedule, or of a hyperparameter file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lr_schedule.cli.grammar import add_command
from lr_schedule.cli.output import print_json

EXAMPLES = """
  lr-schedule schema > schedule.json
  lr-schedule schema --zoo > hyperparams.json
and, as the first line of a hyperparameter file:
  # yaml-language-server: $schema=hyperparams.json"""


@dataclass(frozen=True)
class SchemaOptions:
    """The options of ``lr-schedule schema``."""

    zoo: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    summary = "print the JSON Schema, for completion in editors"
    parser = add_command(commands, "schema", SchemaOptions, run, summary, EXAMPLES)
    parser.add_argument(
        "--zoo", action="store_true", help="print the schema of a hyperparameter file instead of a schedule"
    )


def run(options: SchemaOptions) -> int:
    """Print the JSON Schema of a schedule, or of a hyperparameter file."""
    from lr_schedule.config.schema import json_schema
    from lr_schedule.zoo.schema import hyperparams_schema

    print_json(hyperparams_schema() if options.zoo else json_schema())
    return 0
