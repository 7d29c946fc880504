"""Which candidates are better than the baseline: a test on pairs of runs with the same seed, and a sentence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lr_schedule.compare.statistics import RANDOM_SEED, Array, Scores, iqm_along_last

LEVEL = 0.05
"""Largest probability that a study of equal candidates calls any of them better, and the same for worse."""

POWER = 0.8
Z_OF_POWER = 0.8416212335729143
"""The quantile of the standard normal distribution at `POWER`."""

MOST_PAIRS_IN_FULL = 13
SWAPS = 10_000
"""With up to 13 pairs, all 2 ** 13 swaps are used; with more, 10,000 random ones."""

BETTER, WORSE, UNDECIDED = "better", "worse", "no difference seen"


class Difference(NamedTuple):
    """The difference of a candidate's interquartile mean from that of the baseline, over runs with the same seeds.

    Attributes:
        difference: Interquartile mean of the candidate minus that of the baseline.
        p_better: Holm's p-value of "not better" (in [0, 1]).
        p_worse: Holm's p-value of "not worse" (in [0, 1]).
        detectable: The difference that this many pairs would have shown in four of five studies (infinite if they are
            too few to show any).
        pairs: Number of pairs of runs of the candidate and the baseline.
    """

    difference: float
    p_better: float
    p_worse: float
    detectable: float
    pairs: int

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``no difference seen``."""
        if self.p_better <= LEVEL:
            return BETTER
        return WORSE if self.p_worse <= LEVEL else UNDECIDED


def compare_to_baseline(pairs: Mapping[str, tuple[Scores, Scores]]) -> dict[str, Difference]:
    """Return the difference of each candidate from the baseline.

    Formula:
        ``d = IQM(candidate) - IQM(baseline)``. If the two were equal, the runs of each pair with the same task and seed
        could be swapped. The p-value is the fraction of all swaps, including none, whose ``d`` is at least as large as
        the observed one. Holm's correction for the number of candidates then multiplies the smallest p-value by that
        number, the next by one less, and so on. The test is exact for any distribution of scores. Better and worse are
        tested separately at 5 %.

    Args:
        pairs: For each candidate, its scores and those of the baseline: an array for each task, with the same seeds in
            the same order.

    Source:
        Fisher 1935, The Design of Experiments (swaps of pairs); Holm 1979 (several candidates)

    Example:
        >>> scores = [np.array([3.0, 4.0, 5.0, 6.0, 7.0])]
        >>> found = compare_to_baseline({"linear": (scores, [scores[0] - 2.0])})["linear"]
        >>> found.difference, found.p_better, found.verdict
        (2.0, 0.03125, 'better')
    """
    nulls = {name: _swapped(*scores) for name, scores in pairs.items()}
    better = holm({name: _tail(null) for name, null in nulls.items()})
    worse = holm({name: _tail(-null) for name, null in nulls.items()})
    return {
        name: Difference(
            float(null[0]), better[name], worse[name], _detectable(null, len(pairs)), sum(map(len, pairs[name][0]))
        )
        for name, null in nulls.items()
    }


def _swapped(scores: Scores, baseline: Scores) -> Array:
    """Return the difference of the two interquartile means for each swap of pairs; the first one swaps nothing."""
    ours, theirs = np.concatenate(list(scores)), np.concatenate(list(baseline))
    pairs = len(ours)
    if pairs <= MOST_PAIRS_IN_FULL:
        swaps = np.array(list(itertools.product([False, True], repeat=pairs)))
    else:
        swaps = np.random.default_rng(RANDOM_SEED).random((SWAPS, pairs)) < 0.5
        swaps[0] = False
    first, second = np.where(swaps, theirs, ours), np.where(swaps, ours, theirs)
    return np.asarray(iqm_along_last(first) - iqm_along_last(second), dtype=np.float64)


def _tail(null: Array) -> float:
    # Sums in another order differ in the last digits, but a swap with the same difference must count.
    slack = 1e-9 * float(np.abs(null).max())
    return float(np.mean(null >= null[0] - slack))


def _detectable(null: Array, candidates: int) -> float:
    """Return the difference that is seen with a probability of `POWER`: somewhat more than the smallest that counts."""
    if LEVEL / candidates * len(null) < 1.0 and len(null) < SWAPS:
        return math.inf
    counts = float(np.quantile(null, 1.0 - LEVEL / candidates))
    return counts + Z_OF_POWER * float(null.std())


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values corrected by Holm's method for their number.

    Example:
        >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
        {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = min(1.0, max(largest, (len(p_values) - rank) * p))
        corrected[name] = largest
    return corrected


def needed_pairs(candidates: int) -> int:
    """Return the number of pairs of runs that are necessary to see any difference between so many candidates."""
    return math.ceil(math.log2(candidates / LEVEL))


def sentence(
    found: Mapping[str, Difference],
    baseline: str,
    seeds: int,
    done: int,
    total: int,
    failed: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Return the result of a study in one or more sentences.

    Args:
        found: The difference of each candidate from the baseline.
        baseline: Name of the baseline.
        seeds: Number of seeds.
        done: Number of complete runs.
        total: Number of all runs.
        failed: Number of failed runs, for each candidate with failed runs.
    """
    if done + sum(failed.values()) < total:
        parts = [f"Stopped early: {done} of {total} runs are complete, too soon for a verdict"]
    elif not found:
        parts = [f"No verdict: no other candidate has a run with the same task and seed as one of {baseline}"]
    else:
        parts = [*_named(found, BETTER, baseline), *_named(found, WORSE, baseline), *_undecided(found, baseline, seeds)]
    parts += [f"{name}: {_runs(count)} failed, not included" for name, count in failed.items()]
    return " ".join(f"{part}." for part in parts)


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _named(found: Mapping[str, Difference], verdict: str, baseline: str) -> list[str]:
    return [
        f"{name} is {verdict} than {baseline}, by {abs(one.difference):.4g}"
        for name, one in found.items()
        if one.verdict == verdict
    ]


def _undecided(found: Mapping[str, Difference], baseline: str, seeds: int) -> list[str]:
    names = [name for name, one in found.items() if one.verdict == UNDECIDED]
    if not names:
        return []
    between = "" if len(names) == len(found) else f" between {baseline} and {', '.join(names)}"
    detectable = max(found[name].detectable for name in names)
    if math.isinf(detectable):
        needed = needed_pairs(len(found))
        return [f"No difference seen{between}; {seeds} seeds are too few to see any: {needed} runs of each are needed"]
    return [f"No difference seen{between}; with {seeds} seeds a difference of {detectable:.3g} could have been seen"]
