"""Runs the tests against other libraries, each in a fresh environment of its own, as they do not fit together.

Use: python -m tests.libraries FOLDER [LIBRARY ...] [--keep], from the clone. A library is a folder here: its tests,
its ``requirements.txt`` with the library itself in the first line, where the newest packages do not fit a
``constraints.txt``, and where it forbids what it runs with a ``without_dependencies.txt``. The environments are made
in FOLDER, and are taken away when their tests have run. The exit status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.environments import ROOT, fresh_environment, install

LIBRARIES = sorted(path.parent.name for path in Path(__file__).parent.glob("*/requirements.txt"))
PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", f"--confcutdir={Path(__file__).parent}")
"""Without the conftest.py of the other tests, which needs packages of the development."""


class Result(NamedTuple):
    """How it went with one library."""

    library: str
    version: str
    seconds_to_install: float
    seconds_of_tests: float
    outcome: str

    def row(self) -> str:
        """Return the result as a row of the table."""
        install_time, test_time = f"{self.seconds_to_install:.0f} s", f"{self.seconds_of_tests:.0f} s"
        return f"{self.library:16} {self.version:28} {install_time:>8} {test_time:>8}  {self.outcome}"


HEAD = f"{'library':16} {'version':28} {'install':>8} {'tests':>8}  result"


def try_library(library: str, folder: Path, *, keep: bool) -> Result:
    """Install a library and then this package, as a user of that library does, and run the tests against it."""
    tests = Path(__file__).parent / library
    (version, *_) = (tests / "requirements.txt").read_text(encoding="utf-8").removeprefix("# ").splitlines()
    started = time.monotonic()
    with fresh_environment(folder / library, keep=keep) as python:
        try:
            install(python, "--requirement", str(tests / "requirements.txt"))
            if (alone := tests / "without_dependencies.txt").exists():
                install(python, "--no-deps", "--requirement", str(alone))
            # Afterwards, and not at once: some libraries forbid by their metadata what they do run with.
            constraints = tests / "constraints.txt"
            held = ["--constraint", str(constraints)] if constraints.exists() else []
            install(python, *held, "pytest>=8", str(ROOT))
        except subprocess.CalledProcessError:
            return Result(library, version, time.monotonic() - started, 0.0, "not installed")
        installed = time.monotonic()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        finished = subprocess.run([python, *PYTEST, str(tests)], cwd=ROOT, env=environment, check=False)
        outcome = "passed" if finished.returncode == 0 else "failed"
        return Result(library, version, installed - started, time.monotonic() - installed, outcome)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try every library, or those that are named, and print a table."""
    parser = argparse.ArgumentParser(description="Run the tests against other libraries, each in its own environment.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("libraries", nargs="*", metavar="library", help=", ".join(LIBRARIES))
    parser.add_argument("--keep", action="store_true", help="leave the environments where they are")
    given = parser.parse_args(arguments)
    if unknown := [library for library in given.libraries if library not in LIBRARIES]:
        parser.error(f"no tests for {', '.join(unknown)}; there are {', '.join(LIBRARIES)}")
    results = []
    for library in given.libraries or LIBRARIES:
        results.append(try_library(library, given.folder.absolute(), keep=given.keep))
        print(results[-1].row(), flush=True)
    print("\n".join(["", HEAD, *(result.row() for result in results)]))
    sys.exit(any(result.outcome != "passed" for result in results))


if __name__ == "__main__":
    main()
