"""Workers: each runs one cell of a study after another, in this process or in several, until none is left."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lr_schedule.compare.queue import COMPLETE, FAILED, RUNNING, WAITING, Cell, Claim, Curve, Queue
from lr_schedule.compare.storage import Place
from lr_schedule.errors import ScheduleConfigError

Train = Callable[[Any, str, int, Callable[[int, float], None]], object]
"""``train(candidate, task, seed, report)``; its result is ignored."""

POLL = 0.5
"""Seconds between two checks of the other workers."""


@dataclass(frozen=True)
class Work:
    """The data that a worker needs."""

    place: Place
    study: str
    candidates: Mapping[str, Any]
    cells: Sequence[Cell]
    train: Train


@dataclass(frozen=True)
class Progress:
    """The progress of a study: the number of cells in each state, and the duration of a run (0.0 if unknown)."""

    complete: int
    running: int
    failed: int
    waiting: int
    seconds_per_run: float

    @property
    def total(self) -> int:
        """Number of all cells."""
        return self.complete + self.running + self.failed + self.waiting

    def seconds_left(self, jobs: int) -> float:
        """Return the time left with so many workers (0.0 if unknown)."""
        return (self.running / 2 + self.waiting) * self.seconds_per_run / max(jobs, self.running, 1)


OnProgress = Callable[[Progress], None]


def progress_of(queue: Queue, cells: Sequence[Cell]) -> Progress:
    """Return the progress of a study."""
    results = list(queue.results(cells).values())
    states = [result.state for result in results]
    took = [result.seconds for result in results if result.state == COMPLETE]
    complete, running, failed, waiting = [states.count(state) for state in (COMPLETE, RUNNING, FAILED, WAITING)]
    return Progress(complete, running, failed, waiting, sum(took) / len(took) if took else 0.0)


def run_all(work: Work, jobs: int, on_progress: OnProgress) -> None:
    """Run all cells that are left, and wait for those of other workers."""
    if jobs == 1:
        run_worker(work, on_progress)
    else:
        _run_processes(work, jobs, on_progress)


def run_worker(work: Work, on_progress: OnProgress | None = None) -> None:
    """Run one cell after another until all are complete or have failed."""
    queue = Queue(work.place, work.study)

    def tell() -> None:
        _end_with_parent()
        if on_progress is not None:
            on_progress(progress_of(queue, work.cells))

    with queue.worker() as name:
        while True:
            claim = queue.claim(work.cells, name)
            tell()
            if claim is not None:
                _run_cell(queue, claim, work, tell)
            elif all(result.state in (COMPLETE, FAILED) for result in queue.results(work.cells).values()):
                return
            else:
                time.sleep(POLL)


def _run_cell(queue: Queue, claim: Claim, work: Work, tell: Callable[[], None]) -> None:
    def report(curve: Curve, timestep: int, score: float) -> None:
        curve(timestep, score)
        tell()

    candidate, task, seed = claim.cell
    with queue.running(claim) as curve:
        work.train(work.candidates[candidate], task, seed, lambda timestep, score: report(curve, timestep, score))


def _run_process(work: Work) -> None:
    """Work in a separate process, which records its end when it is told to stop."""
    # Ctrl-C also reaches the parent, which then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    run_worker(work)


def _end_with_parent() -> None:
    """Stop this process if its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        sys.exit()


def _run_processes(work: Work, jobs: int, on_progress: OnProgress) -> None:
    try:
        pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        message = f"must be a function of a module if jobs > 1, so that other processes can import it: {error}"
        raise ScheduleConfigError.at("train", work.train, message) from None
    queue = Queue(work.place, work.study)
    # Not forked, because threads of torch and others do not survive a fork.
    context = multiprocessing.get_context("spawn")
    workers: list[Any] = []
    try:
        while True:
            now = progress_of(queue, work.cells)
            on_progress(now)
            _refuse_failed(workers)
            workers = [worker for worker in workers if worker.is_alive()]
            if not workers and now.complete + now.failed == now.total:
                return
            # A killed worker is replaced while there is work left.
            for _ in range(min(jobs, now.running + now.waiting) - len(workers)):
                worker = context.Process(target=_run_process, args=(work,))
                worker.start()
                workers.append(worker)
            time.sleep(POLL)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _refuse_failed(workers: Sequence[Any]) -> None:
    for worker in workers:
        # Negative if it was ended by a signal, which is not an error.
        if (worker.exitcode or 0) > 0:
            raise RuntimeError("a worker process failed; see its error above")
