"""A bare list of [step, value] pairs, as RLlib's configs have it, is a schedule of straight lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.config.yaml_files import parse_yaml
from tests.oracles.rllib import Scheduler

create = BaseLRSchedule.create

POINTS = [[0, 3e-4], [400_000, 1e-4], [1e6, 0]]


@pytest.mark.parametrize("points", [POINTS, tuple(tuple(pair) for pair in POINTS), [["0", "3e-4"], ["1e6", "0"]]])
def test_pairs_are_points_in_steps(points: Any) -> None:
    schedule = create(points, total_steps=1_000_000)
    assert schedule == create({"type": "piecewise_linear", "step_points": points}, total_steps=1_000_000)


def test_pairs_give_what_rllib_gives() -> None:
    schedule, rllib = create(POINTS, total_steps=1_000_000), Scheduler([(int(step), value) for step, value in POINTS])
    for step in range(0, 1_000_001, 12_500):
        assert schedule(1 - step / 1_000_000) == pytest.approx(rllib(step), rel=1e-9, abs=1e-18)


def test_pairs_come_back_from_to_points() -> None:
    assert create([[0, 3e-4], [1e6, 0]], 1e6).to_points(1e6) == [(0, 3e-4), (1_000_000, 0.0)]


def test_pairs_may_be_the_schedule_of_a_phase() -> None:
    phases = [{"schedule": [[0, 0.1], [50, 0.2]], "steps": 50}, {"initial_value": 0.2, "steps": 50}]
    assert create(phases, total_steps=100)(0.75) == pytest.approx(0.15, rel=1e-12)


@pytest.mark.parametrize(
    ("points", "total_steps", "message"),
    [
        (POINTS, None, "step_points: needs total_steps"),
        ([[0, 3e-4], [1e6]], 1e6, r"step_points\[1\]\[1\]: an item is missing"),
        ([[0, 3e-4], 5], 1e6, r"step_points\[1\]: must be a list"),
        ([[0, -1]], 1e6, r"step_points\[0\]\[1\]: must be"),
        ([[5, 1], [4, 1]], 10, r"points\[1\]: must be above the one before it"),
        ([5, [4, 1]], 10, r"parts\[0\]: must be a mapping with 'fraction' or 'steps'"),
    ],
)
def test_what_is_wrong_with_a_pair_is_said_of_the_pair(points: Any, total_steps: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        create(points, total_steps)


def test_a_pair_in_steps_that_lacks_its_value_is_an_error_of_that_pair() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^step_points\[1\]\[1\]: an item is missing"):
        create({"type": "piecewise_linear", "step_points": [[0, 3e-4], [1e6]]}, 1e6)


def test_a_mistake_in_a_file_of_pairs_is_found_at_its_place(tmp_path: Path) -> None:
    document = parse_yaml("- [0, 3e-4]\n- [1e6, -1]\n", "points.yml")
    with pytest.raises(ScheduleConfigError, match=r"points\.yml:2:9: step_points\[1\]\[1\]"), document.located():
        create(document.data, 1e6)


@pytest.mark.parametrize(
    ("config", "is_valid"),
    [(POINTS, True), ([[0, 1]], True), ([[0, -1]], False), ([[0, 1, 2]], False), ([[-1, 1]], False), ([5], False)],
)
def test_the_schema_knows_pairs(config: Any, is_valid: bool) -> None:
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(config) is is_valid
