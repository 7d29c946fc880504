"""What the command says of itself, and which words of it are not for the Zoo, before anything is trained."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("rl_zoo3")

from lr_schedule.errors import how_to_install
from lr_schedule.zoo.__main__ import _take_own_options, main


def rest_of(monkeypatch: pytest.MonkeyPatch, *given: str) -> list[str]:
    monkeypatch.setattr(sys, "argv", ["train", *given])
    _take_own_options()
    assert sys.argv[0] == "train"
    return sys.argv[1:]


@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_the_help_of_train_tells_the_options_that_the_zoo_knows_nothing_of(
    asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rest_of(monkeypatch, asked) == [asked]
    told = capsys.readouterr().out
    assert "--search-types TYPE,..." in told
    assert "--train-more" in told


def test_an_option_of_the_zoo_may_be_abbreviated_to_letters_that_one_of_ours_begins_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    abbreviated = ["--se", "7", "--train", "agent.zip"]
    assert rest_of(monkeypatch, *abbreviated, "--search-types", "cosine", "--train-more") == abbreviated
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("command", ["train", "enjoy", "record_video"])
def test_without_the_zoo_each_command_is_one_line_and_exit_status_1(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rl_zoo3", None)
    assert main([command]) == 1
    assert capsys.readouterr().err == f"error: {how_to_install('rl_zoo3')}\n"
