"""The results of a study as a table, a picture and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_schedule.compare.figures import Findings, Summary
from lr_schedule.compare.plan import digest
from lr_schedule.compare.queue import COMPLETE
from lr_schedule.compare.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = 1
NO_SCORES = "-"


class Comparison(Findings):
    """The runs of a study and their results; it is immutable.

    `compare` returns it. Use `table` to read the results, `to_json` to process them, and `plot` for a paper.

    Attributes:
        plan: The candidates, tasks, seeds and settings.
        results: The state and the scores of each run.
        baseline: The candidate that all others are compared with.
        normalize: Scaling of the scores of several tasks: ``minmax``, ``none``, or the two scores of each task that
            become 0 and 1.
        versions: The versions of the packages that the runs used.

    Example:
        >>> from lr_schedule.compare import compare
        >>> def train(candidate, task, seed, report):
        ...     report(100, candidate["rate"] + 0.01 * seed)
        >>> comparison = compare({"low": {"rate": 1}, "high": {"rate": 2}}, train, seeds=6, storage="study")
        >>> comparison.verdict
        'high is better than low, by 1.'
    """

    def table(self) -> str:
        """Return the verdict and the statistics of each candidate as text."""
        from lr_schedule.pictures.text import table

        columns = (
            "candidate",
            "final score (95 % interval)",
            "area under curve",
            "P(better)",
            "difference",
            "p",
            "runs",
        )
        rows = [columns, *(self._row(name) for name in self.plan.candidates)]
        lines = [self.verdict, "", table(rows), "", self.scale_note, *self.errors()]
        return "\n".join(lines)

    def _row(self, name: str) -> tuple[str, ...]:
        runs = f"{self.count(name, COMPLETE)} of {len(self.plan.tasks) * len(self.plan.seeds)}"
        summary = self.summaries.get(name)
        if summary is None:
            return (name, *[NO_SCORES] * 5, runs)
        against = [NO_SCORES, NO_SCORES, NO_SCORES]
        if summary.improvement is not None and summary.difference is not None:
            difference = summary.difference
            p = min(difference.p_better, difference.p_worse)
            against = [f"{summary.improvement.estimate:.2f}", f"{difference.difference:+.4g}", f"{p:.3g}"]
        return (name, shown(summary.final), shown(summary.area), *against, runs)

    def plot(self, output: str | Path | None = None) -> Figure:
        """Return a picture of schedules, intervals and learning curves; write it to `output`, a .png, .svg or .pdf."""
        from lr_schedule.compare.picture import draw

        figure = draw(self)
        if output is not None:
            figure.savefig(output, dpi=120)
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data: configs, all scores, the statistics, the verdict, the versions."""
        thresholds, profiles = self.profile() if self.summaries else ([], {})
        return {
            "format": FORMAT,
            "verdict": self.verdict,
            "finished": self.is_finished,
            "baseline": self.baseline,
            "normalize": self.normalize if isinstance(self.normalize, str) else dict(self.normalize),
            "scales": {task: scale._asdict() for task, scale in self.scales.items()},
            "settings": dict(self.plan.settings),
            "versions": dict(self.versions),
            "tasks": list(self.plan.tasks),
            "seeds": list(self.plan.seeds),
            "candidates": {
                name: {
                    "config": config,
                    "hash": digest(config),
                    "profile": profiles.get(name),
                    **_figures(self.summaries.get(name)),
                }
                for name, config in self.plan.candidates.items()
            },
            "profile_thresholds": thresholds,
            "runs": [
                {
                    **cell._asdict(),
                    "state": result.state,
                    "tries": result.tries,
                    "seconds": result.seconds,
                    "curve": [list(point) for point in result.curve],
                    "error": result.error or None,
                }
                for cell, result in self.results.items()
            ],
        }

    def to_json(self, output: str | Path | None = None) -> str:
        """Return everything as JSON, and write it to `output` if it is given."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        if output is not None:
            Path(output).write_text(text + "\n", encoding="utf-8")
        return text


def shown(interval: Interval) -> str:
    """Return an estimate with its interval as text."""
    if math.isnan(interval.low):
        return f"{interval.estimate:.4g}"
    return f"{interval.estimate:.4g} ({interval.low:.4g} to {interval.high:.4g})"


def _figures(summary: Summary | None) -> dict[str, Any]:
    if summary is None:
        return {"final": None, "area": None, "probability_of_improvement": None, "difference": None}
    intervals = {
        "final": summary.final,
        "area": summary.area,
        "probability_of_improvement": summary.improvement,
    }
    of_baseline = summary.difference
    return {
        **{name: None if one is None else _finite(one._asdict()) for name, one in intervals.items()},
        "difference": None
        if of_baseline is None
        else {**_finite(of_baseline._asdict()), "verdict": of_baseline.verdict},
    }


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
