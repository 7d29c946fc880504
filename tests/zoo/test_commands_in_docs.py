"""Every command that the docs and the examples tell a user to run succeeds."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rl_zoo3")

from stable_baselines3 import PPO

from lr_schedule import BaseLRSchedule
from tests.processes import Finished, Program

ROOT = Path(__file__).parents[2]
PAGES = ["docs/zoo.md", "docs/cli.md", "examples/zoo/README.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHORT = {
    "!!float 8e3": "2e3",
    "!!float 2e4": "2e3",
    "!!float 5e3": "1500",
    "!!float 1200": "600",
    "learning_starts: 500\n  train_freq": "learning_starts: 1250\n  train_freq",
}
"""What the example files say of the length of a training, and shorter ones into which their schedules still fit."""


def blocks_of(page: str, folder: Path) -> Iterator[str]:
    """Yield the blocks of commands on a page, in a folder with what they need: files, and a saved model."""
    if page.startswith("examples"):
        shutil.copytree(ROOT / "examples" / "zoo", folder)
    else:
        folder.mkdir()
    learning_rate = BaseLRSchedule.create("lin_3e-4")
    PPO("MlpPolicy", "CartPole-v1", learning_rate=learning_rate, device="cpu").save(folder / "model.zip")
    for language, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        named = re.match(r"# (\S+\.yml)\n", text)
        if language == "yaml" and named:
            (folder / named[1]).write_text(text, encoding="utf-8")
        if language == "bash":
            yield text


def environment_in(folder: Path) -> dict[str, str]:
    """Put this interpreter, and the command of this package, where a shell finds them."""
    folder.mkdir()
    for name, target in {"python": "", "lr-schedule": "-m lr_schedule.cli"}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {target} "$@"\n')
        (folder / name).chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def run(command: str, folder: Path) -> Finished:
    """Run one command as a shell does; what it writes to a file goes there."""
    words = shlex.split(command)
    file = words[words.index(">") + 1] if ">" in words else None
    name, *arguments = words[: words.index(">")] if file else words
    program = {"python": [], "lr-schedule": ["-m", "lr_schedule.cli"]}[name]
    result = Program(*program, *arguments, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}).finish()
    if file:
        (folder / file).write_text(result.stdout, encoding="utf-8")
    return result


def shorten(folder: Path) -> None:
    """Make the trainings of the files in a folder shorter."""
    for file in folder.glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        for said, short in SHORT.items():
            text = text.replace(said, short)
        file.write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_succeeds_on_a_short_training(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    count = 0
    for text in blocks_of(page, folder):
        shorten(folder)
        for command in text.replace("\\\n", " ").splitlines():
            result = run(command, folder)
            assert result.returncode == 0, command + result.stdout[-2000:] + result.stderr[-2000:]
            count += 1
    assert count >= 8


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_succeeds(page: str, tmp_path: Path) -> None:
    environment, folder = environment_in(tmp_path / "commands"), tmp_path / "work"
    count = 0
    for text in blocks_of(page, folder):
        command = ["bash", "-e", "-c", text]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, text + result.stdout[-2000:] + result.stderr[-2000:]
        count += 1
    assert count >= 5
