"""The results of a study: the scores of its runs, their statistics, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lr_schedule.compare.plan import Plan
from lr_schedule.compare.queue import COMPLETE, FAILED, Cell, Result
from lr_schedule.compare.scaling import MINMAX, NONE, Scale, make_scales
from lr_schedule.compare.statistics import (
    Interval,
    Scores,
    area_under_curve,
    interval_of_iqm,
    performance_profile,
    probability_of_improvement,
)
from lr_schedule.compare.verdict import Difference, compare_to_baseline, sentence

PROFILE_POINTS = 51


class Summary(NamedTuple):
    """The statistics of one candidate.

    Attributes:
        final: Interquartile mean of the final scores, with its interval.
        area: Interquartile mean of the areas under the curves, with its interval.
        improvement: Probability of improvement over the baseline (None for the baseline).
        difference: Difference of its final score from that of the baseline (None for the baseline).
        complete: Number of complete runs.
        failed: Number of failed runs.
    """

    final: Interval
    area: Interval
    improvement: Interval | None
    difference: Difference | None
    complete: int
    failed: int


@dataclass(frozen=True)
class Findings:
    """The results of the runs of a study, and their statistics; `Comparison` describes the fields."""

    plan: Plan
    results: Mapping[Cell, Result]
    baseline: str
    normalize: str | Mapping[str, Sequence[float]] = MINMAX
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Number of complete runs."""
        return sum(result.state == COMPLETE for result in self.results.values())

    @property
    def is_finished(self) -> bool:
        """Whether all runs are complete or have failed."""
        return all(result.state in (COMPLETE, FAILED) for result in self.results.values())

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """The scale of each task; with one task, the scores stay the same."""
        raw = {
            task: [result.score for cell, result in self._complete() if cell.task == task] for task in self.plan.tasks
        }
        return make_scales(raw, self.normalize)

    def _complete(self) -> Iterator[tuple[Cell, Result]]:
        return ((cell, result) for cell, result in self.results.items() if result.state == COMPLETE)

    def values(self, candidate: str, task: str, *, of_area: bool = False) -> dict[int, float]:
        """Return the score of each complete seed, on the scale of the task.

        Args:
            candidate: Name of the candidate.
            task: Name of the task.
            of_area: Whether to return areas under curves instead of final scores.
        """
        found = {}
        for seed in self.plan.seeds:
            result = self.results[Cell(candidate, task, seed)]
            if result.state == COMPLETE:
                value = area_under_curve(*zip(*result.curve, strict=True)) if of_area else result.score
                found[seed] = self.scales[task].apply(value)
        return found

    def _scores(self, candidate: str, *, of_area: bool = False) -> Scores:
        of_tasks = [self.values(candidate, task, of_area=of_area) for task in self.plan.tasks]
        return [np.array(list(values.values())) for values in of_tasks if values]

    def _pairs(self, candidate: str) -> tuple[Scores, Scores] | None:
        """Return the final scores of a candidate and of the baseline for the seeds that both have."""
        ours, theirs = [], []
        for task in self.plan.tasks:
            mine, base = self.values(candidate, task), self.values(self.baseline, task)
            seeds = [seed for seed in mine if seed in base]
            if seeds:
                ours.append(np.array([mine[seed] for seed in seeds]))
                theirs.append(np.array([base[seed] for seed in seeds]))
        return (ours, theirs) if ours else None

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """The statistics of each candidate with a complete run."""
        others = {
            name: pairs for name in self.plan.candidates if name != self.baseline and (pairs := self._pairs(name))
        }
        differences = compare_to_baseline(others)
        found = {}
        for name in self.plan.candidates:
            scores = self._scores(name)
            if scores:
                found[name] = Summary(
                    interval_of_iqm(scores),
                    interval_of_iqm(self._scores(name, of_area=True)),
                    probability_of_improvement(*others[name]) if name in others else None,
                    differences.get(name),
                    self.count(name, COMPLETE),
                    self.count(name, FAILED),
                )
        return found

    def count(self, candidate: str, state: str) -> int:
        """Return the number of runs of a candidate in a state."""
        return sum(result.state == state for cell, result in self.results.items() if cell.candidate == candidate)

    @property
    def verdict(self) -> str:
        """The result of the study, in one or two sentences."""
        found = {name: one.difference for name, one in self.summaries.items() if one.difference is not None}
        failed = {name: count for name in self.plan.candidates if (count := self.count(name, FAILED))}
        return sentence(found, self.baseline, len(self.plan.seeds), self.done, len(self.results), failed)

    @property
    def scale_note(self) -> str:
        """The sentence about the scale of the scores."""
        if len(self.plan.tasks) == 1:
            return "Scores are shown as reported."
        if self.normalize == NONE:
            return "Scores of all tasks are pooled as reported."
        how = "the lowest and the highest final score of all runs" if self.normalize == MINMAX else "the given scores"
        return f"Scores are normalised by task: 0 and 1 are {how}."

    def errors(self) -> list[str]:
        """Return a line for each failed run, with its error."""
        return [
            f"failed: {cell.candidate} on {cell.task} with seed {cell.seed}: {result.error}"
            for cell, result in self.results.items()
            if result.state == FAILED
        ]

    def profile(self) -> tuple[list[float], dict[str, list[float]]]:
        """Return thresholds, and for each candidate the fraction of its runs with a higher score."""
        all_scores = np.concatenate([task for name in self.summaries for task in self._scores(name)])
        at = np.linspace(all_scores.min(), all_scores.max(), PROFILE_POINTS)
        return at.tolist(), {name: performance_profile(self._scores(name), at).tolist() for name in self.summaries}
