"""Installs the built wheel as users do, in a fresh environment for each extra, and runs what the docs say of it there.

Use: python -m tests.extras FOLDER [EXTRA ...] [--newest], from the clone. The environments are made in FOLDER, and are
taken away when their commands have run. Versions are those of constraints.txt; with --newest they are what pip finds
today, as for a user, and only torch, whose newest build is of several GB, is held.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.environments import ROOT, fresh_environment, install
from tests.pages import blocks_of

NAMED = re.compile(r"# (\S+\.yml)\n")


class Use(NamedTuple):
    """A documented use: the page, and the words with which a command line, or a line of a block in Python, begins."""

    page: str
    start: str


PREVIEW = "lr-schedule preview ppo.yml --env CartPole-v1 --algo"
USES = {
    "plot": [Use("docs/cli.md", "lr-schedule plot ppo.yml"), Use("docs/cli.md", "axes = plot(")],
    "tune": [Use("docs/tune.md", "import optuna")],
    "compare": [Use("docs/compare.md", "from lr_schedule.compare import compare")],
    "sb3": [Use("README.md", "model.learn("), Use("docs/cli.md", f"{PREVIEW} ppo")],
    "contrib": [Use("docs/cli.md", f"{PREVIEW} ppo_lstm")],
    "sbx": [Use("docs/cli.md", f'{PREVIEW} "sbx ppo"')],
    "zoo": [
        Use("docs/zoo.md", "python -m rl_zoo3.train"),
        Use("docs/zoo.md", "python -m lr_schedule.zoo train"),
        Use("docs/zoo.md", "python -m lr_schedule.zoo enjoy"),
    ],
}
"""What each extra is for, by the first words that the docs have on it."""

LONG, SHORT = "model.learn(5_000)", "model.learn(2_048)"


def program_of(use: Use) -> list[str]:
    """Return the first documented use that begins so, as words for a shell or for Python."""
    for language, text, _ in blocks_of(use.page):
        lines = text.replace("\\\n", " ").splitlines()
        for line in lines:
            if line.startswith(use.start) and language == "bash":
                return ["sh", "-c", line]
            if line.startswith(use.start) and language == "python":
                return ["python", "-c", text.replace(LONG, SHORT)]
    raise LookupError(f"{use.page} has nothing that begins with {use.start!r}")


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows to where its commands run."""
    for language, text, _ in blocks_of(page):
        if language == "yaml" and (named := NAMED.match(text)):
            (folder / named[1]).write_text(text, encoding="utf-8")


def try_extra(extra: str, wheel: Path, folder: Path, pip_options: Sequence[str]) -> None:
    """Install the wheel with one extra into an environment of its own, and run what the docs say of it."""
    place = folder / extra
    started = time.monotonic()
    with fresh_environment(place) as python:
        install(python, *pip_options, f"{wheel}[{extra}]")
        path = os.pathsep.join([str(place / "bin"), os.environ["PATH"]])
        # The package has to come from the wheel, not from the clone.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PATH": path}
        for use in USES[extra]:
            work = place / "work"
            work.mkdir(exist_ok=True)
            write_files(use.page, work)
            program = program_of(use)
            result = subprocess.run(
                program, cwd=work, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
            )
            if result.returncode != 0:
                sys.exit(f"[{extra}] {program[-1]}\n{result.stdout}{result.stderr}")
            print(f"[{extra}] {use.page}: {use.start}", flush=True)
    print(f"[{extra}] {time.monotonic() - started:.0f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the wheel, and try every extra or those that are named."""
    parser = argparse.ArgumentParser(description="Install each extra alone, and run what the docs say of it.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("extras", nargs="*", metavar="extra", help=", ".join(USES))
    parser.add_argument("--newest", action="store_true", help="the newest versions, but of torch")
    given = parser.parse_args(arguments)
    folder: Path = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    constraints = ROOT / "constraints.txt"
    if given.newest:
        held = [line for line in constraints.read_text().splitlines() if line.startswith("torch==")]
        constraints = folder / "torch.txt"
        constraints.write_text("\n".join(held))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("lr_schedule-*.whl")
    for extra in given.extras or USES:
        try_extra(extra, wheel, folder, ["--constraint", str(constraints)])
    wheel.unlink()


if __name__ == "__main__":
    main()
