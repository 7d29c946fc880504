"""Each cell is run once, whoever runs it, and a worker's end costs nothing but the run that it had."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lr_schedule.compare import storage
from lr_schedule.compare.plan import Plan, make_plan
from lr_schedule.compare.queue import COMPLETE, FAILED, RUNNING, WAITING, Cell, Queue
from lr_schedule.compare.workers import Progress, Work, progress_of, run_all, run_worker
from tests.compare import trained

CANDIDATES = {"slow": {"rate": 1.0}, "fast": {"rate": 2.0}}
PLAN = make_plan(CANDIDATES, ["a", "longer"], 3)


@pytest.fixture(params=["folder", pytest.param("sqlite", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "study") if request.param == "folder" else f"sqlite:///{tmp_path / 'study.db'}"


def work_on(place: str, train: object, plan: Plan = PLAN) -> Work:
    assert callable(train)
    return Work(place, "compare", plan.candidates, plan.cells(), train)


def expected(cell: Cell) -> list[tuple[int, float]]:
    scores = trained.curve(CANDIDATES[cell.candidate], cell.task, cell.seed)
    return list(zip((100, 200, 300), scores, strict=True))


def require_each_once(place: str) -> None:
    """Every cell is complete, once, with the scores of an undisturbed run."""
    queue = Queue(place, "compare")
    results = queue.results(PLAN.cells())
    assert {cell: list(result.curve) for cell, result in results.items()} == {
        cell: expected(cell) for cell in PLAN.cells()
    }
    complete = [trial for trial in queue.study.trials if trial.state.name == "COMPLETE"]
    assert len(complete) == len(PLAN.cells()) == 12


def test_one_worker_runs_every_cell_and_a_second_finds_nothing_to_do(place: str) -> None:
    run_worker(work_on(place, trained.at_once))
    require_each_once(place)
    run_worker(work_on(place, trained.at_once))
    assert len(Queue(place, "compare").study.trials) == 12


def test_cells_come_seed_by_seed_so_that_an_early_stop_leaves_runs_of_every_candidate() -> None:
    assert PLAN.cells()[:5] == [
        ("slow", "a", 0),
        ("fast", "a", 0),
        ("slow", "longer", 0),
        ("fast", "longer", 0),
        ("slow", "a", 1),
    ]


def test_two_workers_never_have_one_cell(place: str) -> None:
    first, second = Queue(place, "compare"), Queue(place, "compare")
    cells = PLAN.cells()
    with first.storage.worker() as one, second.storage.worker() as other:
        claims = [queue.claim(cells, name) for _ in range(6) for queue, name in ((first, one), (second, other))]
        assert [claim.cell for claim in claims if claim] == cells
        assert first.claim(cells, one) is None


def test_of_two_workers_that_take_one_cell_at_a_time_the_first_has_it(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Queue(place, "compare"), Queue(place, "compare")
    (cell, *_) = PLAN.cells()
    with first.storage.worker() as one, second.storage.worker() as other:
        # The second has looked, and seen the cell free, before the first took it.
        assert first.results([cell])[cell].state == second.results([cell])[cell].state == WAITING
        assert first._take(cell, one) is not None
        assert second._take(cell, other) is None
        assert second.results([cell])[cell].tries == 1


def test_a_cell_that_fails_three_times_is_failed_with_its_error_and_the_rest_goes_on(place: str) -> None:
    run_worker(work_on(place, trained.failing))
    results = Queue(place, "compare").results(PLAN.cells())
    failed = {cell: result for cell, result in results.items() if result.state == FAILED}
    assert sorted(failed) == [("fast", "a", 1), ("fast", "longer", 1)]
    assert {(one.error, one.tries) for one in failed.values()} == {
        ("ZeroDivisionError: the advantages are all equal", 3)
    }
    assert sum(result.state == COMPLETE for result in results.values()) == 10


@pytest.mark.parametrize(
    ("timesteps", "score", "error"),
    [
        ((100,), float("nan"), "ValueError: the score at timestep 100 is nan, not a finite number"),
        ((100, 100), 1.0, "ValueError: timestep must be a whole number above the last one, 100, not 100"),
        ((), 1.0, "ValueError: the run reported no score; call report(timestep, score)"),
    ],
)
def test_scores_that_are_none_fail_the_run(
    tmp_path: Path, timesteps: tuple[int, ...], score: float, error: str
) -> None:
    def train(candidate: object, task: str, seed: int, report: trained.Report) -> None:
        for timestep in timesteps:
            report(timestep, score)

    plan = make_plan(CANDIDATES, None, 2)
    run_worker(work_on(str(tmp_path), train, plan))
    results = Queue(str(tmp_path), "compare").results(plan.cells())
    assert {result.error for result in results.values()} == {error}


def test_an_interrupted_run_does_not_count_as_a_failure(place: str) -> None:
    def interrupt(candidate: object, task: str, seed: int, report: trained.Report) -> None:
        raise KeyboardInterrupt

    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            run_worker(work_on(place, interrupt))
    run_worker(work_on(place, trained.at_once))
    require_each_once(place)


@pytest.mark.parametrize("moment", ["recorded", "taken"])
def test_a_worker_that_is_interrupted_before_its_run_begins_gives_it_back(
    place: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if moment == "recorded":
        monkeypatch.setattr(Queue, "_has_the_first_try", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_worker(work_on(place, trained.at_once), on_progress=interrupt)
    monkeypatch.undo()
    queue = Queue(place, "compare")
    assert {result.state for result in queue.results(PLAN.cells()).values()} == {WAITING}
    run_worker(work_on(place, trained.at_once))
    require_each_once(place)


def test_a_result_that_comes_after_its_worker_was_taken_for_dead_does_not_count(place: str) -> None:
    queue = Queue(place, "compare")
    cells = PLAN.cells()[:1]
    with queue.storage.worker() as name:
        claim = queue.claim(cells, name)
        assert claim is not None
        with queue.running(claim) as report:
            report(100, 1.0)
            storage._fail(queue._backend, queue.study, queue.study.trials[0])
            report(200, 7.0)
        assert queue.results(cells)[cells[0]].state == WAITING


@pytest.mark.slow
def test_several_processes_share_the_cells(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPARE_LOG", str(tmp_path / "log"))
    seen: list[Progress] = []
    run_all(work_on(place, trained.slowly), 2, seen.append)
    require_each_once(place)
    assert len(set((tmp_path / "log").read_text().split())) == 2
    assert (seen[-1].complete, seen[-1].total) == (12, 12)


PROGRAM = """
import sys
from tests.compare.test_queue import work_on
from tests.compare import trained
from lr_schedule.compare.workers import run_all
if __name__ == "__main__":
    run_all(work_on(sys.argv[1], trained.slowly), 2, lambda progress: None)
"""


@pytest.mark.slow
def test_a_study_that_was_killed_twice_ends_with_the_scores_of_one_that_was_not(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPARE_LOG", str(tmp_path / "log"))
    monkeypatch.setattr(storage, "GRACE", 2)
    # A database knows a dead worker by its silence alone, so the heart of the worker that is left beats fast.
    monkeypatch.setattr(storage, "HEARTBEAT", 1)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    draws = random.Random(int.from_bytes(os.urandom(4), "big"))
    for _ in range(2):
        before = len(PLAN.cells()) - progress_of(Queue(place, "compare"), PLAN.cells()).waiting
        process = subprocess.Popen([sys.executable, str(program), place], start_new_session=True)
        deadline = time.monotonic() + 60
        while len((tmp_path / "log").read_text().split() if (tmp_path / "log").exists() else []) <= before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(draws.uniform(0.0, 0.8))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    run_all(work_on(place, trained.slowly), 1, lambda progress: None)
    require_each_once(place)


@pytest.mark.slow
def test_a_worker_that_was_killed_alone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPARE_LOG", str(tmp_path / "log"))
    place = str(tmp_path / "study")
    killed: list[int] = []

    def kill_one(progress: object) -> None:
        if not killed and (tmp_path / "log").exists():
            killed.append(int((tmp_path / "log").read_text().split()[0]))
            os.kill(killed[0], signal.SIGKILL)

    run_all(work_on(place, trained.slowly), 2, kill_one)
    assert killed
    require_each_once(place)


def test_a_dead_worker_of_a_folder_is_known_at_once(tmp_path: Path) -> None:
    queue = Queue(tmp_path, "compare")
    (cell, *_) = cells = PLAN.cells()
    code = (
        "import os, sys; from lr_schedule.compare.queue import Queue; from tests.compare.test_queue import PLAN\n"
        "queue = Queue(sys.argv[1], 'compare')\n"
        "with queue.storage.worker() as name:\n"
        "    queue.claim(PLAN.cells(), name)\n"
        "    print('claimed', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        queue.storage.fail_dead(queue.study)
        assert queue.results(cells)[cell].state == RUNNING
        process.kill()
        process.wait()
    queue.storage.fail_dead(queue.study)
    assert queue.results(cells)[cell].state == WAITING


@pytest.mark.slow
def test_a_run_in_a_database_without_any_heartbeat_is_taken_up_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "GRACE", 1)
    place = f"sqlite:///{tmp_path / 'study.db'}"
    Queue(place, "compare")._take(PLAN.cells()[0], "died before it could say that it lives")
    run_worker(work_on(place, trained.at_once))
    require_each_once(place)


@pytest.mark.parametrize("torn", [b'{"op_code":6,"worker_id":"ab', b"\0" * 500, b'{"op_code":6}\n{"op'])
def test_a_journal_that_ends_in_the_middle_of_a_line_loses_that_line_and_no_cell(tmp_path: Path, torn: bytes) -> None:
    plan = make_plan(CANDIDATES, ["a", "longer"], 3)
    run_worker(Work(tmp_path, "compare", plan.candidates, plan.cells()[:7], trained.at_once))
    journal = tmp_path / storage.JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole + torn.replace(b'{"op_code":6}\n', b""))
    assert progress_of(Queue(tmp_path, "compare"), PLAN.cells()).complete == 7
    run_worker(work_on(str(tmp_path), trained.at_once))
    require_each_once(str(tmp_path))
    assert journal.read_bytes().startswith(whole)


@pytest.mark.parametrize("cut", [1, 7, 40, 333])
def test_a_journal_cut_off_anywhere_goes_on(tmp_path: Path, cut: int) -> None:
    run_worker(work_on(str(tmp_path), trained.at_once))
    journal = tmp_path / storage.JOURNAL
    journal.write_bytes(journal.read_bytes()[:-cut])
    run_worker(work_on(str(tmp_path), trained.at_once))
    require_each_once(str(tmp_path))
