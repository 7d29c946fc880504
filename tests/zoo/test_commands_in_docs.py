"""Every command that the docs and the examples tell a user to run, run as it is written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rl_zoo3")

from stable_baselines3 import PPO

from lr_schedule import BaseLRSchedule

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = ["docs/zoo.md", "docs/cli.md", "examples/zoo/README.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def environment(tmp_path):
    """Put this interpreter, and the command of this package, where a shell finds them."""
    commands = tmp_path / "commands"
    commands.mkdir()
    for name, target in {"python": "", "lr-schedule": "-m lr_schedule.cli"}.items():
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {target} "$@"\n')
        (commands / name).chmod(0o755)
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_succeeds(page, environment, tmp_path):
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "examples" / "zoo", folder) if page.startswith("examples") else folder.mkdir()
    PPO("MlpPolicy", "CartPole-v1", learning_rate=BaseLRSchedule.create("lin_3e-4"), device="cpu").save(
        folder / "model.zip"
    )
    count = 0
    for language, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        named = re.match(r"# (\S+\.yml)\n", text)
        if language == "yaml" and named:
            (folder / named[1]).write_text(text, encoding="utf-8")
        if language == "bash":
            count += 1
            command = ["bash", "-e", "-c", text]
            result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert result.returncode == 0, text + result.stdout[-2000:] + result.stderr[-2000:]
    assert count >= 5
