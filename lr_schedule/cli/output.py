"""What a command writes: data as JSON, and errors as lines."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from lr_schedule.errors import ScheduleConfigError

WIDTH = 75
"""Characters across where the output is no terminal."""


def is_terminal() -> bool:
    """Tell whether a person reads the output in a terminal, and may see colors there."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return how many characters fit in a line of the output."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def print_json(data: Any) -> None:
    """Print data as JSON for machines."""
    print(json.dumps(data, indent=2))


def print_error(error: Exception) -> None:
    """Print what is wrong, one line for each problem, on the error stream."""
    for line in _lines(error):
        print(line, file=sys.stderr)


def _lines(error: Exception) -> list[str]:
    if isinstance(error, ScheduleConfigError):
        from lr_schedule.config.yaml_files import FileProblem

        # A problem in a file begins with file:line:column, as compilers write it and editors read it.
        return [str(one) if isinstance(one, FileProblem) else f"error: {one}" for one in error.problems]
    if isinstance(error, OSError) and error.filename is not None:
        return [f"error: {os.fspath(error.filename)}: {error.strerror}"]
    return [f"error: {error}"]
