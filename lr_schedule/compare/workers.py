"""Workers: each takes one cell of a study after another, in this process or in several, until none is left."""

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
"""``train(candidate, task, seed, report)``; what it returns is not looked at."""

POLL = 0.5
"""Seconds between two looks at what others do."""


@dataclass(frozen=True)
class Work:
    """What a worker needs to know."""

    place: Place
    study: str
    candidates: Mapping[str, Any]
    cells: Sequence[Cell]
    train: Train


@dataclass(frozen=True)
class Progress:
    """How far a study is: how many of its cells are in which state, and the time that a run takes (0.0: unknown)."""

    complete: int
    running: int
    failed: int
    waiting: int
    seconds_per_run: float

    @property
    def total(self) -> int:
        """The number of all cells."""
        return self.complete + self.running + self.failed + self.waiting

    def seconds_left(self, jobs: int) -> float:
        """Return how long the rest will take with so many workers (0.0: unknown)."""
        return (self.running / 2 + self.waiting) * self.seconds_per_run / max(jobs, self.running, 1)


OnProgress = Callable[[Progress], None]


def progress_of(queue: Queue, cells: Sequence[Cell]) -> Progress:
    """Return how far a study is."""
    results = list(queue.results(cells).values())
    states = [result.state for result in results]
    took = [result.seconds for result in results if result.state == COMPLETE]
    complete, running, failed, waiting = [states.count(state) for state in (COMPLETE, RUNNING, FAILED, WAITING)]
    return Progress(complete, running, failed, waiting, sum(took) / len(took) if took else 0.0)


def run_all(work: Work, jobs: int, on_progress: OnProgress) -> None:
    """Run every cell that is left, and wait for those that other workers have."""
    if jobs == 1:
        run_worker(work, on_progress)
    else:
        _run_processes(work, jobs, on_progress)


def run_worker(work: Work, on_progress: OnProgress | None = None) -> None:
    """Take one cell after another until every one is complete or has failed."""
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
    """Work as a process of its own, which records its end where it is asked to stop."""
    # Ctrl-C reaches the parent too, which then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    run_worker(work)


def _end_with_parent() -> None:
    """Stop a process whose parent was killed: nobody would read what it does."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        sys.exit()


def _run_processes(work: Work, jobs: int, on_progress: OnProgress) -> None:
    try:
        pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        message = f"must be a function of a module, so that other processes find it, where jobs > 1: {error}"
        raise ScheduleConfigError.at("train", work.train, message) from None
    queue = Queue(work.place, work.study)
    # Not forked: what torch and others have running in threads does not survive a fork.
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
            # One that was killed is replaced, as long as there is something to do.
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
        # Negative: ended by a signal, which is nobody's mistake.
        if (worker.exitcode or 0) > 0:
            raise RuntimeError("a worker process could not work; its error stands above")
