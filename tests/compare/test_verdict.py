"""A verdict errs as seldom as it says, and finds what it says it could have found."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from lr_schedule.compare.statistics import iqm_along_last
from lr_schedule.compare.verdict import BETTER, Difference, compare_to_baseline, holm, needed_pairs, sentence

SEEDS = 10
STUDIES = 100
Draw = Callable[[np.random.Generator, int], np.ndarray]


def normal(rng: np.random.Generator, candidates: int) -> np.ndarray:
    """Scores that share half of their variance with those of the same seed."""
    return rng.normal(size=SEEDS) + rng.normal(size=(candidates, SEEDS))


def two_outcomes(rng: np.random.Generator, candidates: int) -> np.ndarray:
    """Runs that either learn or do not, as in Acrobot."""
    learned = rng.random((candidates, SEEDS)) < 0.7
    return np.where(learned, 3.0, 0.0) + 0.3 * rng.normal(size=(candidates, SEEDS))


def heavy_tails(rng: np.random.Generator, candidates: int) -> np.ndarray:
    return rng.standard_t(3, size=(candidates, SEEDS))


def verdicts(scores: np.ndarray) -> list[str]:
    others = {str(number): ([row], [scores[0]]) for number, row in enumerate(scores[1:])}
    return [found.verdict for found in compare_to_baseline(others).values()]


def standard_error(draw: Draw) -> float:
    """How much the difference of two interquartile means scatters from study to study."""
    rng = np.random.default_rng(1)
    pairs = np.array([iqm_along_last(draw(rng, 2)) for _ in range(4_000)])
    return float(np.std(pairs[:, 0] - pairs[:, 1]))


@pytest.mark.parametrize("draw", [normal, two_outcomes, heavy_tails])
@pytest.mark.parametrize("candidates", [2, pytest.param(7, marks=pytest.mark.slow)])
def test_of_100_studies_with_equal_candidates_at_most_7_call_any_of_them_better(draw: Draw, candidates: int) -> None:
    rng = np.random.default_rng(0)
    assert sum(BETTER in verdicts(draw(rng, candidates)) for _ in range(STUDIES)) <= 7


@pytest.mark.parametrize(
    "draw", [normal, *(pytest.param(draw, marks=pytest.mark.slow) for draw in (two_outcomes, heavy_tails))]
)
def test_more_than_half_of_planted_differences_of_two_standard_errors_are_found(draw: Draw) -> None:
    rng, planted = np.random.default_rng(0), 2 * standard_error(draw)
    found = sum(verdicts(draw(rng, 2) + np.array([[0.0], [planted]])) == [BETTER] for _ in range(STUDIES))
    assert found > STUDIES / 2


def test_the_difference_that_could_have_been_seen_is_seen_in_four_studies_of_five() -> None:
    rng = np.random.default_rng(0)
    said = np.mean(
        [compare_to_baseline({"b": ([x], [y])})["b"].detectable for x, y in (normal(rng, 2) for _ in range(200))]
    )
    found = sum(verdicts(normal(rng, 2) + np.array([[0.0], [said]])) == [BETTER] for _ in range(200)) / 200
    assert 0.7 <= found <= 0.9


def test_a_p_value_is_the_fraction_of_swaps_with_as_large_a_difference() -> None:
    ours, theirs = np.array([1.0, 5.0]), np.array([0.0, 3.0])
    # The swaps give 1.5, 0.5, -0.5 and -1.5.
    found = compare_to_baseline({"b": ([ours], [theirs])})["b"]
    assert (found.difference, found.p_better, found.p_worse, found.pairs) == (1.5, 0.25, 1.0, 2)


def test_pairs_of_several_tasks_count_together() -> None:
    ours, theirs = [np.array([1.0, 2.0, 3.0])] * 2, [np.array([0.0, 1.0, 2.0])] * 2
    found = compare_to_baseline({"b": (ours, theirs)})["b"]
    assert (found.p_better, found.verdict) == (1 / 64, "better")


def test_scores_that_are_all_equal_show_no_difference() -> None:
    found = compare_to_baseline({"b": ([np.full(10, 500.0)], [np.full(10, 500.0)])})["b"]
    assert (found.difference, found.p_better, found.p_worse, found.detectable) == (0.0, 1.0, 1.0, 0.0)


def test_holms_correction_multiplies_the_smallest_p_value_most() -> None:
    assert holm({"a": 0.02, "b": 0.5, "c": 0.015}) == {"c": 0.045, "a": 0.045, "b": 0.5}


def test_so_few_pairs_that_no_difference_can_be_seen_are_told() -> None:
    assert [needed_pairs(count) for count in (1, 2, 6)] == [5, 6, 7]
    few = compare_to_baseline({"b": ([np.arange(4.0) + 9], [np.arange(4.0)])})
    assert few["b"].detectable == math.inf
    assert sentence(few, "a", 4, done=8, total=8) == (
        "No difference seen; 4 seeds are too few to see any: 5 runs of each are needed."
    )


def test_a_verdict_names_what_is_better_what_is_worse_and_what_could_have_been_seen() -> None:
    found = {
        "linear": Difference(12.345, 0.01, 1.0, 8.0, 10),
        "step": Difference(-20.0, 1.0, 0.01, 8.0, 10),
        "cosine": Difference(3.0, 0.2, 0.9, 38.2, 10),
    }
    assert sentence(found, "constant", 10, done=40, total=40) == (
        "linear is better than constant, by 12.35. step is worse than constant, by 20. "
        "No difference seen between constant and cosine; with 10 seeds a difference of 38.2 could have been seen."
    )
    assert sentence({"cosine": found["cosine"]}, "constant", 10, done=20, total=20) == (
        "No difference seen; with 10 seeds a difference of 38.2 could have been seen."
    )


def test_a_study_that_is_not_finished_has_no_verdict() -> None:
    found = {"linear": Difference(12.0, 0.01, 1.0, 8.0, 10)}
    assert sentence(found, "a", 10, done=13, total=20) == (
        "Stopped early: 13 of 20 runs are complete, too soon for a verdict."
    )


def test_runs_that_failed_are_named_and_are_no_reason_to_wait() -> None:
    found = {"linear": Difference(12.0, 0.01, 1.0, 8.0, 8)}
    assert sentence(found, "a", 10, done=18, total=20, failed={"linear": 2}) == (
        "linear is better than a, by 12. linear: 2 runs failed, not included."
    )


def test_without_a_pair_of_runs_there_is_no_verdict() -> None:
    assert sentence({}, "a", 10, done=10, total=20, failed={"a": 10}) == (
        "No verdict: no other candidate has a run with the same task and seed as one of a. "
        "a: 10 runs failed, not included."
    )
