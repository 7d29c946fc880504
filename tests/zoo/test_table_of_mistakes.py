"""`train` of the Zoo on every file and schedule of the table of mistakes: lines that begin with "error: ", status 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rl_zoo3")

# One process for all: the import of the Zoo takes longer than the reading of all files.
TRAIN = """
import contextlib, io, pathlib, sys
from lr_schedule.zoo.__main__ import main
from tests.cli.mistaken_files import MISTAKEN_FILES
from tests.cli.mistaken_schedules import MISTAKEN_SCHEDULES
from tests.cli.test_mistakes import SECTION

file = pathlib.Path(sys.argv[1]) / "ppo.yml"
command = ["train", "--algo", "ppo", "--env", "CartPole-v1", "-conf", str(file), "-f", sys.argv[1], "--device", "cpu"]
tables = [(f"{SECTION}{text}", messages) for text, messages in MISTAKEN_SCHEDULES] + MISTAKEN_FILES
for content, messages in tables:
    text = content if isinstance(content, bytes) else content.encode()
    file.write_bytes(b"CartPole-v1:" + text[2:] if text.startswith(b"A:") else text)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(command)
    lines = err.getvalue().splitlines()
    assert status == 1 and lines and all(line.startswith("error: ") for line in lines), (content, status, lines)
print(len(tables))
"""


@pytest.mark.slow
def test_train_tells_every_mistake_of_the_table_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == "147"
