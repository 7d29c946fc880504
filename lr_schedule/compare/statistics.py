"""The statistics of a comparison: interquartile means, intervals, areas under curves, probabilities, profiles.

The scores of one candidate are a list with an array for each task; an array has one score for each seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lr_schedule.errors import needs_extra

Array = npt.NDArray[np.float64]
Scores = Sequence[Array]

RESAMPLES = 9_999
RESAMPLES_OF_BANDS = 999
"""Number of resamples for each point of the bands in a picture."""

BATCH = 1_000
"""Number of resamples that are in memory at once."""

CONFIDENCE = 0.95
RANDOM_SEED = 0
"""The seed of the resampling, so that the same scores always give the same intervals."""


class Interval(NamedTuple):
    """An estimate with its 95 % interval; the ends are NaN if a task has fewer than two scores."""

    estimate: float
    low: float
    high: float


def interquartile_mean(scores: Scores) -> float:
    """Return the mean of the middle half of all scores, as `scipy.stats.trim_mean` computes it.

    Use it instead of a mean, which one lucky or failed run can change, and of a median, which needs more runs.

    Formula:
        The mean of the M * N scores of M tasks and N seeds without the ``floor(M * N / 4)`` lowest and highest ones.

    Args:
        scores: For each task, an array with one score for each seed.

    Returns:
        The interquartile mean (IQM).

    Source:
        Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the Statistical Precipice, arXiv 2108.13264

    Example:
        >>> interquartile_mean([np.array([0.0, 1.0, 2.0, 30.0])])
        1.5
    """
    return float(iqm_along_last(np.concatenate(list(scores))))


def iqm_along_last(values: Array) -> Any:
    """Return the interquartile mean along the last axis."""
    with needs_extra("compare"):
        from scipy.stats import trim_mean

    return trim_mean(values, proportiontocut=0.25, axis=-1)


def interval_of_iqm(scores: Scores) -> Interval:
    """Return the interquartile mean with its 95 % stratified bootstrap interval.

    Formula:
        The 2.5 % and the 97.5 % quantile of the IQM of 9,999 resamples. A resample draws, separately for each task, N
        of its N scores with replacement.

    Args:
        scores: For each task, an array with one score for each seed.

    Source:
        Agarwal et al. 2021, arXiv 2108.13264

    Example:
        >>> interval_of_iqm([np.array([1.0, 1.0, 1.0])])
        Interval(estimate=1.0, low=1.0, high=1.0)
    """

    def statistic(*samples: Array, axis: int = -1) -> Any:
        return iqm_along_last(np.concatenate(samples, axis=-1))

    return _bootstrap(scores, interquartile_mean(scores), statistic)


def probability_of_improvement(scores: Scores, baseline: Scores) -> Interval:
    """Return the probability that a run scores higher than one of the baseline, with its 95 % interval.

    Formula:
        The mean over the tasks of ``sum of S(x, y) / (N * K)`` over all pairs of the N scores ``x`` and the K scores
        ``y`` of the baseline, where ``S`` is 1 for ``x > y``, 0.5 for ``x == y`` and 0 otherwise (Mann-Whitney U).

    Args:
        scores: For each task, an array with one score for each seed.
        baseline: The same for the baseline.

    Source:
        Agarwal et al. 2021, arXiv 2108.13264

    Example:
        >>> probability_of_improvement([np.array([1.0, 3.0])], [np.array([0.0, 1.0])]).estimate
        0.875
    """
    tasks = len(scores)

    def statistic(*samples: Array, axis: int = -1) -> Any:
        pairs = zip(samples[:tasks], samples[tasks:], strict=True)
        return sum(_above(x, y) for x, y in pairs) / tasks

    both = [*scores, *baseline]
    return _bootstrap(both, float(statistic(*both)), statistic)


def _above(x: Array, y: Array) -> Any:
    difference = x[..., :, np.newaxis] - y[..., np.newaxis, :]
    return ((np.sign(difference) + 1.0) / 2.0).mean(axis=(-2, -1))


def band_of_iqm(curves: Array) -> tuple[Array, Array, Array]:
    """Return the interquartile mean of curves at each point, and the ends of its 95 % interval.

    Args:
        curves: One row for each run, at least two, and one column for each point.
    """
    ends = _percentiles([curves.T], lambda sample, axis: iqm_along_last(sample), RESAMPLES_OF_BANDS)
    return np.asarray(iqm_along_last(curves.T), dtype=np.float64), np.asarray(ends.low), np.asarray(ends.high)


def _bootstrap(samples: Scores, estimate: float, statistic: Callable[..., Any]) -> Interval:
    if min(map(len, samples)) < 2:
        return Interval(estimate, math.nan, math.nan)
    ends = _percentiles(samples, statistic, RESAMPLES)
    return Interval(estimate, float(ends.low), float(ends.high))


def _percentiles(samples: Scores, statistic: Callable[..., Any], resamples: int) -> Any:
    with needs_extra("compare"):
        from scipy.stats import bootstrap

    return bootstrap(
        tuple(samples),
        statistic,
        n_resamples=resamples,
        batch=BATCH,
        vectorized=True,
        paired=False,
        axis=-1,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(RANDOM_SEED),
    ).confidence_interval


def performance_profile(scores: Scores, thresholds: npt.ArrayLike) -> Array:
    """Return, for each threshold, the fraction of runs with a higher score.

    Formula:
        The mean over the tasks of the fraction of the N seeds with ``score > threshold``.

    Args:
        scores: For each task, an array with one score for each seed.
        thresholds: The scores at which the profile is computed.

    Source:
        Agarwal et al. 2021, arXiv 2108.13264; Dolan and More 2002, doi:10.1007/s101070100263

    Example:
        >>> performance_profile([np.array([1.0, 2.0])], [0.0, 1.0, 2.0]).tolist()
        [1.0, 0.5, 0.0]
    """
    at = np.asarray(thresholds, dtype=np.float64)[:, np.newaxis]
    fractions = [(task > at).mean(axis=-1) for task in scores]
    return np.asarray(np.mean(fractions, axis=0), dtype=np.float64)


def area_under_curve(timesteps: Sequence[float], scores: Sequence[float]) -> float:
    """Return the mean height of a learning curve, which is higher if the run learns early.

    Formula:
        The integral of the straight lines between the points, divided by the time from the first to the last point. For
        a single point, its score.

    Args:
        timesteps: The timesteps of the scores, in rising order.
        scores: The score at each timestep.

    Example:
        >>> area_under_curve([0, 10, 20], [0.0, 1.0, 1.0])
        0.75
    """
    if len(timesteps) == 1:
        return float(scores[0])
    return float(np.trapezoid(scores, timesteps)) / (timesteps[-1] - timesteps[0])
