"""Points in: a value that a run recorded, from a list, a CSV or TensorBoard, becomes a short schedule."""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stable_baselines3.common.logger import configure
from torch.utils.tensorboard import SummaryWriter

from lr_schedule import BaseLRSchedule, PiecewiseLinearLRSchedule, from_log
from lr_schedule.control import KLController
from lr_schedule.errors import ScheduleConfigError

LINE = [(0, 0.001), (50, 0.0005), (100, 0.0)]


def recorded(rows: int, noise: float = 0.0) -> list[tuple[int, float]]:
    """Return a warmup and a cosine, as a run of 2048 steps an update would have recorded them."""
    schedule = BaseLRSchedule.create({"type": "cosine_warmup", "initial_value": 3e-4})
    draw = random.Random(0)
    return [(2048 * n, schedule(1 - n / rows) * (1 + draw.uniform(-noise, noise))) for n in range(rows + 1)]


def furthest(schedule: BaseLRSchedule, rows: Any, total_steps: float) -> float:
    return float(max(abs(schedule(1 - step / total_steps) - value) for step, value in rows))


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_ten_thousand_rows_become_at_most_twelve_points_at_one_percent(noise: float) -> None:
    rows = recorded(10_000, noise)
    schedule = from_log(rows)
    assert isinstance(schedule, PiecewiseLinearLRSchedule)
    assert len(schedule.points) <= 12
    assert furthest(schedule, rows, rows[-1][0]) <= 0.01 * max(value for _, value in rows)
    assert BaseLRSchedule.create(schedule.to_config()) == schedule


def test_what_a_controller_did_becomes_a_schedule_that_does_it_again() -> None:
    controller = KLController(schedule=3e-4, target_kl=0.01)
    rows = []
    for update in range(200):
        rows.append((update, controller(1 - update / 200)))
        controller.observe(0.05 if update in (20, 60) else 0.001 if update == 120 else 0.01, 1 - update / 200)
    schedule = from_log(rows, total_steps=200)
    assert len({value for _, value in rows}) > 2
    assert furthest(schedule, rows, 200) <= 0.01 * max(value for _, value in rows)
    assert len(schedule.to_config()["points"]) <= 8


def test_a_record_of_two_lines_is_three_points() -> None:
    assert from_log([*LINE, (200, 0.0)]).to_config()["points"] == [[0.0, 0.001], [0.5, 0.0], [1.0, 0.0]]


def test_a_record_may_end_before_the_run() -> None:
    assert from_log(LINE, total_steps=200).to_config()["points"] == [[0.0, 0.001], [0.5, 0.0]]


def test_an_array_and_a_generator_are_series_too() -> None:
    assert from_log(np.array(LINE)) == from_log(LINE) == from_log(row for row in LINE)


@example([5e-324, 0.0], 0.1, 1, 11)  # a subnormal number, whose tenth is 0
@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(0, 1e3), min_size=2, max_size=60),
    st.sampled_from([1e-1, 1e-2, 1e-3]),
    st.integers(0, 50),
    st.integers(1, 5000),
)
def test_no_row_is_further_off_than_the_tolerance(values: list[float], share: float, first: int, gap: int) -> None:
    rows = [(first + gap * n, value) for n, value in enumerate(values)]
    schedule = from_log(rows, tolerance=share)
    assert furthest(schedule, rows, rows[-1][0]) <= share * max(values) * (1 + 1e-6) + 1e-300


def test_a_csv_of_stable_baselines3_is_read_by_its_key(tmp_path: Path) -> None:
    logger = configure(str(tmp_path), ["csv"])
    for step, value in LINE:
        logger.record("time/iterations", step // 10)
        logger.record("time/total_timesteps", step)
        if step != 50:
            logger.record("rollout/ep_rew_mean", 1.0)  # leaves a cell empty
        logger.record("train/learning_rate", value)
        logger.dump(step)
    logger.close()
    expected = [[0.0, 0.001], [1.0, 0.0]]
    file = tmp_path / "progress.csv"
    assert from_log(file, "train/learning_rate").to_config()["points"] == expected
    assert from_log(str(file)).to_config()["points"] == expected  # the only learning rate in it
    assert from_log(file, "rollout/ep_rew_mean").to_config()["points"] == [[0.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    "text",
    [
        "0,0.001\n50,0.0005\n100,0\n",
        "step,lr\n0,1e-3\n50,5e-4\n100,0\n",
        "Wall time,Step,Value\n1.7e9,0,1e-3\n1.7e9,50,5e-4\n1.7e9,100,0.0\n",
        '"Step","run - reward","run - lr"\n0,7,1e-3\n50,,5e-4\n100,9,0\n',
    ],
    ids=["no header", "two columns", "TensorBoard", "wandb"],
)
def test_a_csv_with_one_value_needs_no_key(tmp_path: Path, text: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text, encoding="utf-8")
    key = "run - lr" if "run - lr" in text else None
    assert from_log(file, key).to_config()["points"] == [[0.0, 0.001], [1.0, 0.0]]


def test_a_folder_and_a_file_of_tensorboard_are_read(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step, value in LINE:
            writer.add_scalar("train/learning_rate", value, step)
            writer.add_scalar("train/loss", 0.5, step)
            writer.add_scalar("new", 2.0, step, new_style=True)
    file = next(tmp_path.iterdir())
    for source in (tmp_path, file, str(file)):
        points = from_log(source).to_config()["points"]
        assert points == [[0.0, pytest.approx(0.001, rel=1e-7)], [1.0, 0.0]]
    assert from_log(file, key="train/loss").to_config()["points"] == [[0.0, 0.5], [1.0, 0.5]]
    assert from_log(file, key="new").to_config()["points"] == [[0.0, 2.0], [1.0, 2.0]]


def test_all_rows_of_a_long_tensorboard_file_are_read(tmp_path: Path) -> None:
    rows = [(step, 0.5 if step % 10_000 > 5000 else 0.25) for step in range(0, 24_000, 2)]
    with SummaryWriter(str(tmp_path)) as writer:
        for step, value in rows:
            writer.add_scalar("lr", value, step)
    assert furthest(from_log(tmp_path), rows, rows[-1][0]) <= 1e-11


def test_a_folder_that_holds_only_other_folders_is_told(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path / "PPO_1")) as writer:
        writer.add_scalar("lr", 0.1, 0)
    message = "source: has no values of TensorBoard; give the folder of one run, such as PPO_1"
    with pytest.raises(ScheduleConfigError, match=message):
        from_log(tmp_path)


def test_without_tensorboard_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        from_log(tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "series: must have at least one row"),
        ([1, 2], r"series\[0\]: must be a pair \(step, value\)"),
        ([(0, 1), (1, 2, 3)], r"series\[1\]: must be a pair"),
        ([(0, 1), (5, -2)], r"series\[1\]\[1\]: must be a finite number >= 0 \(received -2\)"),
        ([(0, 1), (5, math.nan)], r"series\[1\]\[1\]: must be a finite number >= 0"),
        ([(0, 1), (-5, 1)], r"series\[1\]\[0\]: must be a finite number >= 0"),
        ([(0, 1), (5, 1), (4, 1)], r"series\[2\]\[0\]: must be above the step before it, which is 5.0"),
        ([(0, 1), (5, 1), (5, 2)], r"series\[2\]\[0\]: must be above the step before it, which is 5.0"),
        ([(0, 1)], "total_steps: required, because the only row is at step 0"),
        (3.0, "source: must be a list of"),
        ("no/such/file.csv", "source: no such file or folder"),
    ],
)
def test_a_record_that_cannot_be_used_says_where_and_why(source: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match="^" + message):
        from_log(source)


def test_a_row_that_stands_twice_counts_once() -> None:
    assert from_log([*LINE, LINE[-1]]) == from_log(LINE)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("", None, "source: has no rows"),
        (
            "step,lr\n0,1\n5,much\n",
            None,
            r"source: line 3, column 'lr': must be a finite number >= 0 \(received 'much'\)",
        ),
        (
            "step,lr\n0,1\n5,1\n4,1\n",
            None,
            "source: line 4, column 'step': must be above the step before it, which is 5.0",
        ),
        ("step,a,b\n0,1,1\n", None, "key: must be one of the columns: a, b"),
        ("step,train/lr,b\n0,1,1\n", "train/lrr", "key: no such column; did you mean 'train/lr'?"),
        ("when,lr\n0,1\n", None, "source: has no column for the step"),
        ("0,1,2\n", None, "source: has no column for the step"),
    ],
)
def test_a_csv_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, key: str | None, message: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScheduleConfigError, match="^" + message):
        from_log(file, key)


def test_a_run_shorter_than_its_record_is_refused() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^total_steps: must be at least the last step of the log, 100"):
        from_log(LINE, total_steps=99)


def test_a_tolerance_for_a_record_has_the_range_of_to_points() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^tolerance: must be a finite number >= 1e-09 and < 1"):
        from_log(LINE, tolerance=0)
