"""Points out: a schedule as few (step, value) pairs, whose straight lines stay near it at every step."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, LinearLRSchedule, from_steps
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.numeric.points import MARGIN, fewest_points
from tests.kinds.drawn import DRAWN

create = BaseLRSchedule.create


def largest_error(schedule: Any, points: Any, total_steps: float) -> tuple[float, float]:
    """Return the largest distance of the lines through points from a schedule at any step, and its largest value."""
    steps = np.append(np.arange(int(total_steps) + 1, dtype=float), total_steps)
    values = np.array([schedule(1.0 - step / total_steps) for step in steps])
    lines = np.interp(steps, [step for step, _ in points], [value for _, value in points])
    return float(np.abs(lines - values).max()), float(values.max())


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(*DRAWN.values()), st.sampled_from([1, 7, 300, 488.28, 1000]), st.sampled_from([1e-1, 1e-2, 1e-3, 1e-6])
)
def test_no_step_of_any_type_is_further_from_the_lines_than_the_tolerance(
    config: Any, total_steps: float, tolerance: float
) -> None:
    schedule = create(config)
    points = schedule.to_points(total_steps, tolerance)
    error, largest = largest_error(schedule, points, total_steps)
    assert error <= tolerance * largest * (1 + 1e-9)
    assert points[0][0] == 0
    assert points[-1][0] == total_steps
    assert all(first < second for (first, _), (second, _) in itertools.pairwise(points))
    assert all(value >= 0.0 for _, value in points)


def fewest_by_search(values: list[float], bound: float, grid: int = 9) -> int:
    """Return how few points will do, by trying every set of steps and, for each, values on a grid of the tolerance."""
    steps = np.arange(len(values), dtype=float)
    curve = np.asarray(values)
    offsets = np.linspace(-bound, bound, grid)
    for count in range(2, len(values)):
        for inner in itertools.combinations(range(1, len(values) - 1), count - 2):
            knots = [0, *inner, len(values) - 1]
            for moved in itertools.product(offsets, repeat=count):
                lines = np.interp(steps, steps[knots], curve[knots] + np.asarray(moved))
                if np.abs(lines - curve).max() <= bound * (1 + 1e-12):
                    return count
    return len(values)


# A flat line through the middle is off by just the tolerance, which is more than what is left of it for roundings.
@example([10.0, 3.0, 10.0, 3.0, 10.0], 0.35)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10).map(float), min_size=2, max_size=6), st.sampled_from([0.05, 0.2, 0.35]))
def test_there_are_at_most_twice_as_many_points_as_an_exhaustive_search_finds(
    values: list[float], tolerance: float
) -> None:
    bound = tolerance * max(values)
    points = fewest_points(np.arange(len(values), dtype=float), np.asarray(values), bound)
    assert len(points) <= 2 * fewest_by_search(values, bound * (1.0 - MARGIN), grid=7)


def test_a_line_is_its_two_ends_to_the_bit() -> None:
    assert LinearLRSchedule(3e-4).to_points(1_000_000) == [(0, 3e-4), (1_000_000, 0.0)]


def test_a_constant_is_two_points_as_json_configs_need_two() -> None:
    assert create(0.1).to_points(10) == [(0, 0.1), (10, 0.1)]
    assert create(0).to_points(10) == [(0, 0.0), (10, 0.0)]


def test_a_jump_is_two_points_at_the_steps_next_to_it() -> None:
    schedule = create({"type": "multi_step", "initial_value": 0.1, "gamma": 0.5, "milestone_fractions": [0.5]})
    assert schedule.to_points(1000) == [(0, 0.1), (499, 0.1), (500, 0.05), (1000, 0.05)]
    assert schedule.to_points(1e9) == [(0, 0.1), (499_999_999, 0.1), (500_000_000, 0.05), (1_000_000_000, 0.05)]


def test_piecewise_linear_points_come_back() -> None:
    given_points = [(0, 0.1), (300, 0.05), (800, 0.01), (1000, 0.01)]
    schedule = create({"type": "piecewise_linear", "step_points": given_points, "total_steps": 1000})
    points = schedule.to_points(1000, 1e-6)
    assert [step for step, _ in points] == [0, 300, 800, 1000]
    assert [value for _, value in points] == pytest.approx([0.1, 0.05, 0.01, 0.01], rel=1e-5)


@pytest.mark.parametrize(
    ("config", "tolerance", "most"),
    [
        ("cosine_3e-4", 1e-3, 18),
        ("cosine_3e-4", 1e-2, 7),
        ({"type": "cosine_warmup"}, 1e-3, 19),
        ({"type": "exponential"}, 1e-3, 16),
        ({"type": "warmup_stable_decay"}, 1e-3, 4),
        ({"type": "warmup_stable_decay", "decay_shape": "1-sqrt"}, 1e-3, 22),
        ({"type": "step", "period_fraction": 0.25, "gamma": 0.5}, 1e-3, 10),
        pytest.param({"type": "cosine_restarts", "cycles": 50}, 1e-3, 860, marks=pytest.mark.slow),
    ],
)
def test_a_known_curve_takes_few_points(config: Any, tolerance: float, most: int) -> None:
    assert len(create(config).to_points(100_000, tolerance)) <= most


def test_points_are_plain_numbers_that_create_reads_again() -> None:
    schedule = create({"type": "cosine", "initial_value": 0.003})
    points = schedule.to_points(1000, 1e-2)
    assert json.loads(json.dumps(points)) == [list(point) for point in points]
    again = create({"type": "piecewise_linear", "step_points": points}, total_steps=1000)
    assert largest_error(again, schedule.to_points(1000, 1e-9), 1000)[0] <= 1.001e-2 * 0.003


def test_what_is_known_step_by_step_has_points_too() -> None:
    schedule = from_steps(lambda step: 0.1 * 0.5 ** (step // 50), total_steps=100)
    assert schedule.to_points(100) == [(0, 0.1), (49, 0.1), (50, 0.05), (99, 0.05), (100, 0.025)]


@pytest.mark.parametrize("tolerance", [0, -1, 1, float("nan"), "much", True, None, 1e-12])
def test_a_tolerance_out_of_its_range_is_refused(tolerance: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^tolerance: must be a finite number >= 1e-09 and < 1"):
        create(0.1).to_points(10, tolerance)


@pytest.mark.parametrize("total_steps", [0, -1, float("inf"), "many"])
def test_a_run_without_steps_has_no_points(total_steps: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^total_steps: must be a finite number > 0"):
        create(0.1).to_points(total_steps)


def test_points_of_a_long_run_take_a_moment_only() -> None:
    start = time.perf_counter()
    points = create({"type": "cosine_warmup", "initial_value": 3e-4}).to_points(1e8)
    assert time.perf_counter() - start < 5.0
    assert len(points) <= 19
