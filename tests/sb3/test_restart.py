"""The script of the docs that may be started again and again, killed in between, against one undisturbed run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sb3" / "resume.md"

RECORDING = """
import json, runpy
from stable_baselines3 import PPO
train = PPO.train
def noting(self):
    with open("rows.jsonl", "a") as file:
        rate = self.lr_schedule(self._current_progress_remaining)
        print(json.dumps([self.num_timesteps, rate, self.ent_coef]), file=file)
    train(self)
PPO.train = noting
runpy.run_path("train.py")
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    (script,) = re.findall(r"```python\n(# train\.py\n.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "train.py").write_text(script, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", RECORDING], cwd=folder, env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    )


def rows_of(folder: Path) -> list[tuple[int, float, float]]:
    file = folder / "rows.jsonl"
    return [tuple(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.slow
def test_the_script_that_is_killed_and_started_again_does_what_one_run_does(tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert start(undisturbed).wait(300) == 0
    for updates in (3, 8):
        job = start(killed)
        while len(rows_of(killed)) < updates:
            assert job.poll() is None
            time.sleep(0.01)
        job.kill()
        job.wait(60)
    assert (killed / "checkpoint.zip").exists()
    assert start(killed).wait(300) == 0
    expected = rows_of(undisturbed)
    assert [row[0] for row in expected] == list(range(128, 2_049, 128))
    # An update that was killed is made again, with the same values.
    assert sorted(set(rows_of(killed))) == expected
    done = rows_of(killed)
    saved = (killed / "checkpoint.zip").read_bytes()
    assert start(killed).wait(300) == 0
    assert rows_of(killed) == done
    assert (killed / "checkpoint.zip").read_bytes() == saved
