"""A run with a controller that is saved, and continued in a new process, is the run that was never interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lr_schedule.sb3 import read_controllers
from tests.processes import Program, python
from tests.sb3.resumed_runs import CONTROLLERS, HALF, UPDATES

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLLERS)
@pytest.mark.parametrize("how", ["whole", "each"])
def test_ten_updates_are_five_and_five_in_a_new_process(name: str, how: str, tmp_path: Path) -> None:
    if how == "each" and name == "logged":
        pytest.skip("without total_timesteps each learn is a run of its own, so that a linear schedule starts again")
    folders = [tmp_path / "once", tmp_path / "twice"]
    for folder in folders:
        folder.mkdir()
    once = start(folders[0], name, how, 0, UPDATES)
    for first in (0, HALF):
        python("-m", "tests.sb3.resumed_runs", folders[1], name, how, first, first + HALF, cwd=ROOT)
    assert once.finish().returncode == 0
    whole = json.loads((folders[0] / "0.json").read_text())
    parts = [json.loads((folders[1] / f"{first}.json").read_text()) for first in (0, HALF)]
    assert parts[0]["rows"] + parts[1]["rows"] == whole["rows"]
    assert parts[1]["state"] == whole["state"] == read_controllers(folders[1] / "model.zip")["learning_rate"]
    scales = [scale for _, scale in whole["rows"]]
    assert len(set(scales[HALF:])) > 1  # it still moves after the interruption
    assert scales[HALF] != 1.0


def start(folder: Path, name: str, how: str, first: int, last: int) -> Any:
    return Program("-m", "tests.sb3.resumed_runs", folder, name, how, first, last, cwd=ROOT)
