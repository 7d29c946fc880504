"""What mypy and pyright make of the file of uses: an error on each wrong line, and on no other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

USES = Path(__file__).with_name("uses.py")
ROOT = USES.parents[2]
WRONG = {number for number, line in enumerate(USES.read_text().splitlines(), 1) if line.endswith("# wrong")}


def lines_that_mypy_refuses(file: Path) -> set[int]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--show-column-numbers", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    return {int(line) for line in re.findall(rf"{file.name}:(\d+):\d+: error", found)}


def lines_that_pyright_refuses(file: Path) -> set[int]:
    # basedpyright is pyright from the package index; its own stricter rules are only warnings here.
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--level", "error", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    return {item["range"]["start"]["line"] + 1 for item in json.loads(found)["generalDiagnostics"]}


@pytest.mark.parametrize("checker", [lines_that_mypy_refuses, lines_that_pyright_refuses])
def test_a_type_checker_finds_each_wrong_line_and_no_other(checker: object) -> None:
    assert callable(checker)
    assert len(WRONG) == 15
    assert checker(USES) == WRONG
