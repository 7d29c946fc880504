"""Environments of Python beside that of the development, for what is tried with other packages or versions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make_environment(folder: Path, interpreter: str = sys.executable) -> str:
    """Make an environment without packages, and return its Python."""
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    return str(folder / "bin" / "python")


def install(python: str, *arguments: str) -> None:
    """Install what pip is told to, with paths as seen from the clone."""
    subprocess.run([python, "-m", "pip", "--quiet", "install", *arguments], check=True, cwd=ROOT)


@contextmanager
def fresh_environment(folder: Path, *, keep: bool = False) -> Iterator[str]:
    """Make an environment, in the place of one that is there, yield its Python, and take it away unless told not to."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield make_environment(folder)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
