"""`lr-schedule plot` of a controller: its schedule within its bounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lr_schedule import BaseLRSchedule
from lr_schedule.control import create_controller
from tests.cli.running import run

KL = "{controller: kl, schedule: cosine_3e-4}"


def test_a_controller_is_drawn_in_the_terminal_with_its_bounds_on_a_logarithmic_axis() -> None:
    result = run("plot", KL)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{'0.01':>9} │{'o' * 64}"
    assert lines[15].startswith(f"{'1e-06':>9} │{'+' * 62}")
    assert lines[6].startswith(f"{'':>9} │●")  # 3e-4: 1.5 of 4 decades below the top, so 5.7 of 15 rows
    assert lines[18:] == [
        "● kl of cosine initial_value=0.0003 final_value=0",
        "+   its minimum",
        "o   its maximum",
    ]


def test_the_axis_of_a_controller_is_linear_where_that_is_asked_for() -> None:
    lines = run("plot", KL, "--no-log").stdout.splitlines()
    assert lines[0] == f"{'0.01':>9} │{'o' * 64}"
    assert lines[15].startswith(f"{'0':>9} │")
    assert lines[5].strip() == "│"


def test_bounds_that_are_none_are_not_drawn() -> None:
    lines = run("plot", "{controller: plateau, schedule: lin_1e-3}", "lin_1e-3").stdout.splitlines()
    assert lines[18:] == [
        "● plateau of linear",
        "+ linear",
    ]


def test_json_of_a_controller_gives_its_config_its_schedule_and_its_bounds() -> None:
    kl, plateau = run("plot", KL, "{controller: plateau, schedule: 0.1}", "--json", "--points", 3).json()
    assert create_controller(kl["config"]) == create_controller({"controller": "kl", "schedule": "cosine_3e-4"})
    assert kl["values"] == BaseLRSchedule.create("cosine_3e-4").sample(3).tolist()
    assert (kl["minimum"], kl["maximum"]) == ([1e-6] * 3, [0.01] * 3)
    assert (plateau["minimum"], plateau["maximum"]) == ([0.0] * 3, [0.1] * 3)
    target, line = run("plot", "{controller: target, goal: 1, schedule: 0.1}", "0.1", "--json", "--points", 2).json()
    np.testing.assert_allclose((target["minimum"], target["maximum"]), ([1e-3] * 2, [10.0] * 2), rtol=1e-12)
    assert line.keys() == {"label", "config", "values"}


def test_a_controller_of_a_callback_is_drawn_with_its_metric_and_the_length_of_the_run_counts() -> None:
    text = "{controller: kl, metric: kl, schedule: {type: cosine, initial_value: 1e-3, warmup_steps: 500}}"
    (one,) = run("plot", text, "--json", "--points", 3, "--total-timesteps", 1000).json()
    assert one["values"] == [0.0, 0.001, 0.0]


def test_a_picture_of_a_controller_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    output = tmp_path / "band.svg"
    assert run("plot", KL, "lin_3e-4", "-o", output).returncode == 0
    text = output.read_text(encoding="utf-8")
    assert "FillBetweenPolyCollection" in text or "PolyCollection" in text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{controller: k, schedule: 1}", "controller: unknown controller; did you mean 'kl'?"),
        ("{controller: kl, schedule: cosin_1}", "schedule: unknown type; did you mean 'cosine'?"),
        ("{controller: kl, schedule: 1, target: 1}", "target: unknown key; did you mean 'target_kl'?"),
    ],
)
def test_a_mistake_in_a_controller_is_one_line_and_status_1(source: str, message: str) -> None:
    result = run("plot", source)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
