"""Scores of several tasks on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lr_schedule.errors import ScheduleConfigError, did_you_mean

MINMAX, NONE = "minmax", "none"
FORM = "must be minmax, none, or for each task the two scores that become 0 and 1, such as CartPole-v1=0,500"


class Scale(NamedTuple):
    """The two scores of a task that become 0 and 1."""

    zero: float = 0.0
    one: float = 1.0

    def apply(self, score: float) -> float:
        """Return a score on this scale."""
        return (score - self.zero) / (self.one - self.zero)


def refuse_scales(normalize: Any, tasks: Sequence[str]) -> None:
    """Raise an error if `normalize` is wrong for a task."""
    if isinstance(normalize, str):
        if normalize not in (MINMAX, NONE):
            raise ScheduleConfigError.at("normalize", normalize, FORM)
        return
    if not isinstance(normalize, Mapping):
        raise ScheduleConfigError.at("normalize", normalize, FORM)
    for task in normalize:
        if task not in tasks:
            message = f"no such task{did_you_mean(task, tasks)} Tasks: {', '.join(tasks)}"
            raise ScheduleConfigError.at(("normalize", task), normalize[task], message)
    for task in tasks:
        try:
            zero, one = map(float, normalize[task])
        except (KeyError, TypeError, ValueError):
            raise ScheduleConfigError.at(("normalize", task), normalize.get(task), FORM) from None
        if zero == one:
            raise ScheduleConfigError.at(("normalize", task), normalize[task], "must be two different scores")


def make_scales(
    scores: Mapping[str, Sequence[float]], normalize: str | Mapping[str, Sequence[float]]
) -> dict[str, Scale]:
    """Return the scale of each task.

    Args:
        scores: The final scores of all runs of each task.
        normalize: ``minmax``, ``none``, or the two scores of each task that become 0 and 1. The scores of a single task
            stay the same, unless its two scores are given.
    """
    if isinstance(normalize, Mapping):
        return {task: Scale(*map(float, normalize[task])) for task in scores}
    if normalize == NONE or len(scores) == 1:
        return {task: Scale() for task in scores}
    scales = {}
    for task, found in scores.items():
        low, high = min(found, default=0.0), max(found, default=1.0)
        # If all runs of a task have the same score, it becomes 0, because it does not distinguish candidates.
        scales[task] = Scale(low, high if high > low else low + 1.0)
    return scales
