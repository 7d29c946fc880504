"""Functions in the place of a training, which several processes can find."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Report = Callable[[int, float], None]


def curve(candidate: Any, task: str, seed: int) -> list[float]:
    """The scores of a run, which follow from its candidate, task and seed alone."""
    return [candidate["rate"] * point + seed / 8 + len(task) for point in (1, 2, 4)]


def at_once(candidate: Any, task: str, seed: int, report: Report) -> None:
    for point, score in enumerate(curve(candidate, task, seed)):
        report(100 * (point + 1), score)


def slowly(candidate: Any, task: str, seed: int, report: Report) -> None:
    """A run of 0.3 s, which writes down in a file of the folder LOG that it has begun."""
    with Path(os.environ["COMPARE_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{os.getpid()}\n")
    for point, score in enumerate(curve(candidate, task, seed)):
        time.sleep(0.1)
        report(100 * (point + 1), score)


def failing(candidate: Any, task: str, seed: int, report: Report) -> None:
    """A run that fails for one seed of one candidate."""
    if candidate["rate"] == 2.0 and seed == 1:
        raise ZeroDivisionError("the advantages are all equal")
    at_once(candidate, task, seed, report)
