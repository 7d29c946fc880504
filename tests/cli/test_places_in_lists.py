"""Where a mistake stands in a list of phases, in the schedule of a phase, and in a list of steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from tests.cli.running import run

PHASES = """\
A:
  n_timesteps: 1000
  learning_rate:
    - type: linear
      fraction: 0.5
    - type: cosine
      fraction: 0.25
      finl_value: 0
    - fraction: 0.25
      schedule:
        type: linea
  clip_range:
    type: multi_step
    milestone_steps:
      - 100
      - soon
"""


def test_a_mistake_in_a_list_stands_at_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "ppo.yml"
    file.write_text(PHASES)
    lines = run("check", file).stdout.splitlines()[:-1]
    assert [line.removeprefix(f"{file}:").partition(": ")[0] for line in lines] == ["8:7", "11:9", "16:9"]
    assert [line.split(": ")[1] for line in lines] == [
        "A.learning_rate.parts[1].finl_value",
        "A.learning_rate.parts[2].schedule.type",
        "A.clip_range.milestone_steps[1]",
    ]


def test_a_mistake_in_a_file_that_is_a_list_stands_at_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "phases.yml"
    file.write_text("- {type: linear, fraction: 0.5}\n- {type: cosin, fraction: 0.5}\n")
    assert run("check", file).stdout.startswith(f"{file}:2:4: parts[1].type: unknown type; did you mean 'cosine'?")


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("milestone_steps", [5, "x"], r"milestone_steps\[1\]: must be a number of steps \(received 'x'\)"),
        ("milestone_steps", "x", r"milestone_steps: must be a number of steps \(received 'x'\)"),
        ("milestone_steps", [True], r"milestone_steps\[0\]: must be a number of steps \(received True\)"),
    ],
)
def test_the_step_that_is_no_number_is_the_one_that_is_named(key: str, value: object, path: str) -> None:
    with pytest.raises(ScheduleConfigError, match=f"^{path}"):
        BaseLRSchedule.create({"type": "multi_step", key: value}, 10)


def test_the_step_of_a_point_that_is_no_number_is_the_one_that_is_named() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^step_points\[1\]\[0\]: must be a number of steps"):
        BaseLRSchedule.create({"type": "piecewise_linear", "step_points": [[0, 1], ["x", 1]]}, 10)


@pytest.mark.parametrize("total_steps", [1e12, 10_000_001])
def test_a_scheduler_of_torch_over_more_steps_than_can_be_made_is_refused(total_steps: float) -> None:
    config = {"type": "torch", "scheduler": "StepLR", "step_size": 1}
    message = r"^total_steps: must be a finite number > 0 and <= 10000000 \(received"
    with pytest.raises(ScheduleConfigError, match=message):
        BaseLRSchedule.create({**config, "total_steps": total_steps})
    with pytest.raises(ScheduleConfigError, match=message):
        BaseLRSchedule.create(config, total_steps)


@pytest.mark.parametrize("word", [None, 3, True])
def test_what_is_no_word_is_near_to_none(word: object) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^type: unknown type\. Allowed"):
        BaseLRSchedule.create({"type": word})
