"""The figures of a comparison equal values by hand, and those of the algorithms that rliable published."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lr_schedule.compare.statistics import (
    Scores,
    area_under_curve,
    interquartile_mean,
    interval_of_iqm,
    performance_profile,
    probability_of_improvement,
)

RNG = np.random.default_rng(7)
TWO_TASKS = [RNG.normal(size=9), RNG.normal(2.0, 3.0, size=9)]
OTHERS = [RNG.normal(0.5, size=9), RNG.normal(2.0, 3.0, size=9)]


def test_the_interquartile_mean_is_that_of_the_middle_half_of_all_runs_of_all_tasks() -> None:
    assert interquartile_mean([np.array([9.0, -5.0, 2.0, 4.0])]) == 3.0
    assert interquartile_mean([np.array([100.0, 1.0]), np.array([3.0, -100.0])]) == 2.0
    # Ten scores: two are cut off at each end, as 10 / 4 is rounded down.
    assert interquartile_mean([np.arange(10.0) ** 2]) == (4 + 9 + 16 + 25 + 36 + 49) / 6


def rliable_iqm(scores: Scores) -> float:
    """The aggregate of rliable, restated: sort all M * N scores, cut off a quarter at each end."""
    flat = sorted(float(score) for task in scores for score in task)
    cut = len(flat) // 4
    middle = flat[cut : len(flat) - cut]
    return math.fsum(middle) / len(middle)


def rliable_interval(draws: np.random.Generator, samples: Scores, statistic: object, reps: int) -> tuple[float, float]:
    """The stratified bootstrap of rliable, restated: each task draws its seeds anew, on its own; percentiles."""
    assert callable(statistic)
    values = [statistic([draws.choice(task, size=len(task)) for task in samples]) for _ in range(reps)]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def rliable_probability(x: Scores, y: Scores) -> float:
    """The probability of improvement of rliable, restated: U / (N * K) of each task, and the mean over the tasks."""
    of_tasks = []
    for ours, theirs in zip(x, y, strict=True):
        u = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in ours for b in theirs)
        of_tasks.append(u / (len(ours) * len(theirs)))
    return math.fsum(of_tasks) / len(of_tasks)


def test_the_interquartile_mean_is_that_of_rliable() -> None:
    assert interquartile_mean(TWO_TASKS) == pytest.approx(rliable_iqm(TWO_TASKS), rel=1e-12)


def test_the_interval_is_that_of_a_stratified_bootstrap() -> None:
    found = interval_of_iqm(TWO_TASKS)
    low, high = rliable_interval(np.random.default_rng(1), TWO_TASKS, rliable_iqm, reps=4_000)
    width = high - low
    # Two sets of random resamples; the ends of the interval scatter by about a hundredth of its width.
    assert found.low == pytest.approx(low, abs=0.05 * width)
    assert found.high == pytest.approx(high, abs=0.05 * width)
    assert found.estimate == pytest.approx(rliable_iqm(TWO_TASKS), rel=1e-12)


def test_tasks_are_resampled_apart_so_that_scores_of_one_size_each_have_no_interval() -> None:
    found = interval_of_iqm([np.zeros(5), np.full(5, 10.0)])
    assert (found.low, found.high) == (found.estimate, found.estimate)


def test_the_interval_is_the_same_each_time() -> None:
    assert interval_of_iqm(TWO_TASKS) == interval_of_iqm(TWO_TASKS)


def test_a_task_with_one_score_has_an_estimate_and_no_interval() -> None:
    found = interval_of_iqm([np.array([4.0])])
    assert found.estimate == 4.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_the_probability_of_improvement_counts_pairs_and_halves_of_ties() -> None:
    found = probability_of_improvement([np.array([1.0, 2.0, 3.0])], [np.array([2.0, 2.0])])
    assert found.estimate == (0 + 0 + 0.5 + 0.5 + 1 + 1) / 6
    assert probability_of_improvement(TWO_TASKS, TWO_TASKS).estimate == pytest.approx(0.5, rel=1e-12)


def test_the_probability_of_improvement_is_that_of_rliable() -> None:
    found = probability_of_improvement(TWO_TASKS, OTHERS)
    assert found.estimate == pytest.approx(rliable_probability(TWO_TASKS, OTHERS), rel=1e-12)

    def statistic(samples: Scores) -> float:
        return rliable_probability(samples[:2], samples[2:])

    low, high = rliable_interval(np.random.default_rng(1), [*TWO_TASKS, *OTHERS], statistic, reps=2_000)
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_the_profile_is_the_fraction_of_runs_above_each_threshold() -> None:
    scores = [np.array([0.0, 1.0, 2.0, 3.0]), np.array([3.0, 3.0])]
    found = performance_profile(scores, [-1.0, 1.0, 2.5, 3.0])
    assert found.tolist() == [1.0, 0.75, 0.625, 0.0]


def test_the_area_under_a_curve_weighs_points_by_time() -> None:
    assert area_under_curve([0, 10, 40], [0.0, 4.0, 4.0]) == (20.0 + 120.0) / 40.0
    assert area_under_curve([100], [7.0]) == 7.0
