"""The command line: ``lr-schedule plot | preview | check | compare | schema | types | show``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from lr_schedule.cli import check, compare, plot, preview, schema, show, types
from lr_schedule.cli.output import print_error

INTERRUPTED, BROKEN_PIPE = 130, 141
"""Exit status of a program that Ctrl-C or a closed pipe has ended: 128 plus the number of the signal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 for wrong input, 2 for a wrong command line."""
    for stream in (sys.stdout, sys.stderr):
        # Otherwise, a picture would raise an error in a terminal without Unicode. The streams in tests may not have the
        # method.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        given = vars(make_parser().parse_args(arguments))
        status = int(given.pop("command")(given))
        # Flush here, so that a closed pipe raises an error that is caught, not one at the end of the interpreter.
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes again at its end: to the null device, which raises no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ValueError, TypeError, OSError, ImportError) as error:
        print_error(error)
        return 1
    return status


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="lr-schedule",
        description="Plot, preview, check and compare schedules of reinforcement learning hyperparameters.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and exit"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (plot, preview, check, compare, schema, types, show):
        command.add_parser(commands)
    return parser


class _Version(argparse.Action):
    # The action of argparse needs the text in advance, and importlib.metadata would slow down every command.
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"{parser.prog} {version('lr-schedule')}")
        parser.exit()
