"""Read YAML for a command from a file or from the standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lr_schedule.config.yaml_files import Document

STANDARD_INPUT = "-"


def read_source(source: str | Path) -> Document:
    """Read a YAML file or the standard input."""
    from lr_schedule.config.yaml_files import parse_yaml, read_bytes, read_yaml

    if str(source) != STANDARD_INPUT:
        return read_yaml(source)
    return parse_yaml(read_bytes(sys.stdin.buffer, "<stdin>"), "<stdin>")
