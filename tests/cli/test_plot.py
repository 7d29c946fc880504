"""`lr-schedule plot`: curves in the terminal, as a picture, as JSON."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lr_schedule import BaseLRSchedule
from tests.cli.running import run


def test_plot_draws_curves_of_configs_on_one_pair_of_axes_with_a_legend() -> None:
    result = run("plot", "cosine_3e-4", "lin_2e-4", "{type: cosine_warmup, warmup_steps: 10}", "--total-timesteps", 100)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("    0.001 │")
    assert lines[15].startswith("        0 │")
    assert lines[17].endswith(" 100")
    assert [line[:8] for line in lines[18:]] == ["● cosine", "+ linear", "o cosine"]


def test_plot_takes_the_schedules_of_a_file_by_section_and_key(good: Path) -> None:
    def values(*arguments: str) -> dict[str, list[float]]:
        return {one["label"]: one["values"] for one in run("plot", good, "--json", *arguments).json()}

    learning_rates = values("--points", "3")
    assert learning_rates == {
        "CartPole-v1.learning_rate": pytest.approx([0.0, 0.001 * 0.542, 0.0], rel=1e-2),
        "Acrobot-v1.learning_rate": [0.001] * 3,
    }
    assert list(values("--env", "CartPole-v1", "--key", "clip_range", "--points", "2").values()) == [[0.2, 0.1]]
    (label,) = values("--key", "ent_coef")
    assert label == "CartPole-v1.callback[0].lr_schedule.sb3.ScheduleCallback.schedules.ent_coef"


def test_plot_draws_the_controllers_of_a_file_with_their_bounds(tmp_path: Path) -> None:
    file = tmp_path / "ppo.yml"
    file.write_text(
        "CartPole-v1:\n  policy: MlpPolicy\n  learning_rate: {controller: kl, schedule: lin_1e-3, minimum: 1e-5}\n"
    )
    (drawn,) = run("plot", file, "--json", "--points", 3).json()
    assert drawn["label"] == "CartPole-v1.learning_rate"
    assert drawn["config"]["controller"] == "kl"
    assert (drawn["values"], drawn["minimum"], drawn["maximum"]) == ([1e-3, 5e-4, 0.0], [1e-5] * 3, [1e-2] * 3)
    assert "its maximum" in run("plot", file).stdout


def test_plot_json_gives_configs_that_make_the_values_again() -> None:
    (one,) = run("plot", "cosine_3e-4", "--json").json()
    assert BaseLRSchedule.create(one["config"]).sample(101).tolist() == one["values"]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_writes_a_picture_of_the_kind_that_the_suffix_names(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    output = tmp_path / f"curves.{suffix}"
    result = run("plot", "cosine_3e-4", "0.1", "--log", "-o", output)
    assert result.returncode == 0
    assert f"wrote {output}" in result.stdout
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert output.read_bytes().startswith(starts[suffix])


def test_plot_of_a_file_that_is_one_schedule_draws_it(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("type: linear\ninitial_value: 0.5\n")
    (one,) = run("plot", tmp_path / "one.yml", "--json").json()
    assert (one["label"], one["values"][50]) == ("one.yml", 0.25)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cosin_3e-4"], "error: schedule: unknown type; did you mean 'cosine'?"),
        (["gone.yml"], "gone.yml:1:1: No such file or directory"),
        (["[1"], "<command line>:1:3: while parsing a flow sequence"),
        (["GOOD", "--env", "CartPole-v2"], "good.yml:1:1: CartPole-v2: no such section, and no 'default'; did you"),
        (["GOOD", "--key", "learning_rat"], "no schedule at learning_rat; did you mean 'learning_rate'?"),
        (["BAD"], "bad.yml:3:19: CartPole-v1.learning_rate.type: unknown type; did you mean 'cosine'?"),
        (["lin_1e-3", "-o", "curves.foo"], "error: Format 'foo' is not supported"),
        (["lin_1e-3"] * 13, "error: 13 schedules are too many for one plot"),
        (["lin_1e-3", "--json", "--points", "0"], "error: n must be a whole number >= 1, not 0"),
    ],
)
def test_a_mistake_in_what_is_plotted_is_one_line_and_status_1(
    arguments: list[str], message: str, good: Path, bad: Path
) -> None:
    given = [{"GOOD": good, "BAD": bad}.get(argument, argument) for argument in arguments]
    result = run("plot", *given)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("environment", "color"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_in_a_terminal_the_chart_has_its_width_and_colors(environment: dict[str, str], color: bool) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    termios = pytest.importorskip("termios")
    termios.tcsetwinsize(theirs, (24, 40)) if hasattr(termios, "tcsetwinsize") else pytest.skip("Python 3.11 or later")
    inherited = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-m", "lr_schedule.cli", "plot", "cosine_3e-4", "lin_2e-4"]
    given = {**inherited, "TERM": "xterm", **environment}
    subprocess.run(command, stdout=theirs, env=given, check=True, timeout=60)
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # Linux's way to say that nobody writes any more
        while more := os.read(ours, 65536):
            written += more
    os.close(ours)
    assert (b"\33[36m" in written) is color
    lines = re.sub(r"\x1b\[\d+m", "", written.decode()).splitlines()
    assert max(map(len, lines)) == 40
    assert lines[-2:] == ["● cosine initial_value=0.0003", "+ linear initial_value=0.0002"]


def test_a_mistake_in_one_of_several_configs_says_in_which() -> None:
    assert run("plot", "cosine_1", "{type: step}").stderr.startswith("error: {type: step}.period_fraction: required")
    assert run("plot", "{type: step}").stderr.startswith("error: period_fraction: required")
