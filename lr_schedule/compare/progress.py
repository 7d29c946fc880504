"""The progress of a study on the error stream: a bar in a terminal, and otherwise a line for each run."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from lr_schedule.compare.workers import Progress


class Shown:
    """Shows the progress of a study; it is a context, because a bar must be removed at the end.

    Args:
        jobs: Number of workers on this machine, for the time left (>= 1).
        warnings: Lines to print before the first run.
    """

    def __init__(self, jobs: int, warnings: Iterable[str] = ()) -> None:
        self._jobs = jobs
        self._warnings = list(warnings)
        self._bar: Any = None
        self._task: Any = None
        self._last = ""

    def __enter__(self) -> Shown:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = [BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn()]
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        return self

    def __call__(self, progress: Progress) -> None:
        """Show the progress of the study."""
        for warning in self._warnings:
            if self._bar is not None:
                self._bar.console.print(warning, markup=False, highlight=False)
            else:
                print(warning, file=sys.stderr, flush=True)
        self._warnings = []
        text = describe(progress, self._jobs)
        if self._bar is not None:
            done = progress.complete + progress.failed
            self._bar.update(self._task, completed=done, total=progress.total, description=text)
        elif text != self._last:
            print(text, file=sys.stderr, flush=True)
        self._last = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def describe(progress: Progress, jobs: int) -> str:
    """Return one line: runs done, running, failed and left, and the time left."""
    left = progress.seconds_left(jobs)
    parts = [
        f"{progress.complete} of {progress.total} runs complete",
        f"{progress.running} running",
        f"{progress.waiting} left",
        *([f"{progress.failed} failed"] if progress.failed else []),
        *([f"about {_duration(left)} left"] if left else []),
    ]
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"
