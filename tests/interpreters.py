"""Runs the tests that need no framework under every Python (3.10 to 3.13) that is here, and swaps their pickles.

Use: python -m tests.interpreters FOLDER, from the clone (where an environment for each Python is made, or found).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.environments import ROOT, install, make_environment

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
TESTS = (
    "test_house.py",
    "config/test_create.py",
    "config/test_twins.py",
    "config/test_errors.py",
    "config/test_own_types.py",
    "config/test_schema.py",
    "kinds/test_cases.py",
    "kinds/test_properties.py",
)
DUMP = """
import pickle, sys
from lr_schedule import BaseLRSchedule
from tests.cases import CASES
schedules = [BaseLRSchedule.create(case.config) for case in CASES if case.needs_no_framework]
pickle.dump([(s, s.sample(33).tolist()) for s in schedules], open(sys.argv[1], "wb"))
"""
LOAD = """
import pickle, sys
for path in sys.argv[1:]:
    pairs = pickle.load(open(path, "rb"))
    for schedule, values in pairs:
        assert max(abs(a - b) for a, b in zip(schedule.sample(33), values)) <= 1e-15 * max(values), schedule
    print(f"  {len(pairs)} schedules of {path}")
"""


def find(version: str) -> str | None:
    """Return a command that starts this version of Python, on the path or among those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (f"python{version}", *map(str, pyenv.glob(f"{version}.*/bin/python"))):
        try:
            subprocess.run([candidate, "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


def environment(interpreter: str, folder: Path) -> str:
    """Return the Python of an environment with the package and what its framework-free tests need."""
    python = str(folder / "bin" / "python")
    if not (folder / "ready").exists():
        make_environment(folder, interpreter)
        install(python, "--constraint", "constraints.txt", "--editable", ".[core-test]")
        (folder / "ready").touch()
    return python


def main(folder: Path) -> None:
    """Run the tests under each Python found, then load under each the pickles that all have made."""
    pythons = {v: environment(found, folder / f"python{v}") for v in VERSIONS if (found := find(v)) is not None}
    pickles = []
    for version, python in pythons.items():
        print(f"Python {version}", flush=True)
        tests = [f"tests/{name}" for name in TESTS]
        subprocess.run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], check=True, cwd=ROOT)
        pickles.append(str(folder / f"pickles-of-{version}"))
        subprocess.run([python, "-c", DUMP, pickles[-1]], check=True, cwd=ROOT)
    for version, python in pythons.items():
        print(f"Python {version} loads", flush=True)
        subprocess.run([python, "-c", LOAD, *pickles], check=True, cwd=ROOT)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
