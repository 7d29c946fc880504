"""Options that several commands share; this module imports no large package, so that ``--help`` is fast."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any, TypeVar

Options = TypeVar("Options")


def add_command(
    commands: Any, name: str, options: type[Options], run: Callable[[Options], int], summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add a command and return its parser, to which the command adds its arguments.

    Args:
        commands: The result of ``ArgumentParser.add_subparsers``.
        name: Name of the command.
        options: The dataclass of its options; each argument of the parser is one of its fields.
        run: Function of the options that runs the command and returns the exit status.
        summary: What the command does, in lower case and without a full stop.
        examples: Command lines, each on a new line.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # main() removes "command" from the parsed arguments; all others are fields of the options.
    parser.set_defaults(command=lambda given: run(options(**given)))
    return parser


def add_total_timesteps(parser: argparse.ArgumentParser) -> None:
    """Add the option for the length of the run."""
    parser.add_argument(
        "--run-timesteps",
        "--total-timesteps",
        dest="total_timesteps",
        type=length,
        metavar="N",
        help="length of the run in timesteps (default: n_timesteps in the file)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option that asks for JSON."""
    parser.add_argument("--json", action="store_true", help="print the output as JSON")


def length(text: str) -> float:
    """Return a number of steps (finite, > 0), or raise an error that argparse shows with the usage."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number > 0, not {text}")
    return number
