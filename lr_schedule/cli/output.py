"""The output of commands: data as JSON, and errors as lines."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from lr_schedule.errors import ScheduleConfigError

WIDTH = 75
"""Width in characters if the output is not a terminal."""


def is_terminal() -> bool:
    """Tell whether the output is a terminal with colors."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return the number of characters in a line of the output."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def print_json(data: Any) -> None:
    """Print data as JSON for machines."""
    print(json.dumps(data, indent=2))


def print_error(error: Exception) -> None:
    """Print an error on the error stream, one line for each problem."""
    for line in _lines(error):
        print(line, file=sys.stderr)


def _lines(error: Exception) -> list[str]:
    if isinstance(error, ScheduleConfigError):
        from lr_schedule.config.yaml_files import FileProblem

        # A problem in a file starts with file:line:column, as in compilers; editors can read this.
        return [str(one) if isinstance(one, FileProblem) else f"error: {one}" for one in error.problems]
    if isinstance(error, OSError) and error.filename is not None:
        return [f"error: {os.fspath(error.filename)}: {error.strerror}"]
    return [f"error: {error}"]
