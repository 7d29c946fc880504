"""The house: what may import what, how long a file may be, and what `import lr_schedule` loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lr_schedule

HEAVY = ("torch", "jax", "stable_baselines3", "gymnasium", "matplotlib", "optax", "keras", "transformers", "rich")


def imported_by(statement: str, watched: tuple[str, ...] = HEAVY) -> set[str]:
    code = f"import sys\n{statement}\nprint(*[name for name in {watched!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_imports_no_framework() -> None:
    assert imported_by("import lr_schedule\nlr_schedule.BaseLRSchedule.create('cosine_3e-4')(0.5)") == set()


def test_the_guard_against_frameworks_can_fail() -> None:
    assert imported_by("import lr_schedule", watched=("numpy", "torch")) == {"numpy"}


def test_every_file_stays_short_and_public_names_are_sorted() -> None:
    for path in Path(lr_schedule.__file__).parent.rglob("*.py"):
        assert len(path.read_text().splitlines()) < 300, path
    assert lr_schedule.__all__ == sorted(lr_schedule.__all__)
