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
"""What a shell reports of a program that Ctrl-C, or a reader that stopped, has ended: 128 and the signal's number."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 where the input is wrong, 2 where the command line is."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Unicode would else end a picture with an error. What a test puts in place of a stream
        # may lack the method.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        given = vars(make_parser().parse_args(arguments))
        status = int(given.pop("command")(given))
        # Flushed here, a pipe that is closed raises where it is caught, and not when the interpreter ends.
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end; into the null device, which raises nothing.
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
    # argparse's own action wants the text in advance, and importlib.metadata would slow down every command.
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"{parser.prog} {version('lr-schedule')}")
        parser.exit()
