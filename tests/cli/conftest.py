"""A file of hyperparameters without a mistake, and one with several."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import BAD, GOOD


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good.yml").write_text(GOOD)
    return tmp_path / "good.yml"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "bad.yml").write_text(BAD)
    return tmp_path / "bad.yml"
