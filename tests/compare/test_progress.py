"""How far a study is, in a terminal and where there is none."""

from __future__ import annotations

import io
import sys

import pytest

from lr_schedule.compare.progress import Shown, describe
from lr_schedule.compare.workers import Progress

HALF = Progress(complete=5, running=2, failed=1, waiting=4, seconds_per_run=60.0)


def test_a_line_says_what_is_done_running_left_and_the_time_left() -> None:
    assert describe(HALF, 2) == "5 of 12 runs complete, 2 running, 4 left, 1 failed, about 2 min left"
    assert describe(Progress(0, 1, 0, 1, 0.0), 1) == "0 of 2 runs complete, 1 running, 1 left"
    assert describe(Progress(1, 0, 0, 1, 30.0), 1).endswith("about 30 s left")
    assert describe(Progress(1, 0, 0, 100, 360.0), 2).endswith("about 5.0 h left")


def test_without_a_terminal_each_change_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Shown(1) as show:
        show(HALF)
        show(HALF)
        show(Progress(12, 0, 0, 0, 60.0))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [describe(HALF, 1), "12 of 12 runs complete, 0 running, 0 left"]


def test_in_a_terminal_it_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Shown(1) as show:
        show(HALF)
    assert "━" in terminal.getvalue()
    assert "5 of 12 runs complete" in terminal.getvalue()
