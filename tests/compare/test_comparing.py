"""`compare` runs what is asked for, refuses what it cannot use before anything trains, and shows what was found."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.compare import Comparison, compare, read_study
from lr_schedule.compare.picture import curves_of, on_one_grid
from lr_schedule.compare.plan import make_plan
from lr_schedule.compare.queue import Cell, Queue
from lr_schedule.compare.statistics import interquartile_mean
from lr_schedule.compare.workers import run_worker
from tests.compare import trained
from tests.compare.test_queue import work_on

CANDIDATES: dict[str, Any] = {"slow": {"rate": 1.0}, "fast": {"rate": 2.0}}


def never(candidate: Any, task: str, seed: int, report: trained.Report) -> None:
    raise AssertionError("trained before everything was checked")


def study_of(folder: Path, **options: Any) -> Comparison:
    given = {"candidates": CANDIDATES, "train": trained.at_once, "seeds": 6, "storage": folder, **options}
    return compare(given.pop("candidates"), given.pop("train"), **given)


def test_a_comparison_holds_every_score_and_says_which_is_better(tmp_path: Path) -> None:
    found = study_of(tmp_path)
    assert found.results[Cell("fast", "task", 3)].curve == ((100, 6.375), (200, 8.375), (300, 12.375))
    # A score is 4 * rate + seed / 8 + 4, and the seeds are the same for both.
    assert found.summaries["fast"].difference is not None
    assert found.summaries["fast"].difference.difference == 4.0
    assert found.summaries["slow"].final.estimate == interquartile_mean([np.arange(6) / 8 + 8])
    assert found.summaries["slow"].area.estimate == interquartile_mean([np.arange(6) / 8 + 4 + 2.25])
    assert found.summaries["fast"].improvement is not None
    assert found.summaries["fast"].improvement.estimate == 1.0
    assert found.verdict == "fast is better than slow, by 4."
    assert (found.done, found.is_finished) == (12, True)


def test_the_baseline_is_the_first_candidate_unless_another_one_is_named(tmp_path: Path) -> None:
    study_of(tmp_path)
    assert read_study(tmp_path, baseline="fast").verdict == "slow is worse than fast, by 4."


def test_the_function_is_given_the_candidate_as_it_is(tmp_path: Path) -> None:
    given = {"linear": BaseLRSchedule.create("lin_0.001"), "constant": BaseLRSchedule.create(0.001)}
    seen = []

    def train(candidate: Any, task: str, seed: int, report: trained.Report) -> None:
        seen.append(candidate)
        report(1, candidate(0.5))

    found = compare(given, train, seeds=[3, 8], storage=tmp_path)
    assert set(seen) == set(given.values())
    assert found.plan.candidates["linear"] == given["linear"].to_config()
    assert found.plan.seeds == (3, 8)


def test_candidates_tasks_and_seeds_may_be_added_and_what_is_done_is_kept(tmp_path: Path) -> None:
    study_of(tmp_path, tasks=["a"], seeds=2)
    more = {**CANDIDATES, "faster": {"rate": 4.0}}
    found = study_of(tmp_path, candidates=more, tasks=["a", "bb"], seeds=3)
    assert found.done == 3 * 2 * 3
    assert len(Queue(tmp_path, "compare").study.trials) == 18


def test_scores_of_several_tasks_are_normalised_by_task_and_this_is_said(tmp_path: Path) -> None:
    found = study_of(tmp_path, tasks=["a", "longer"])
    low, high = 4 * 1.0 + 1, 4 * 2.0 + 1 + 5 / 8
    assert found.values("fast", "a")[5] == 1.0
    assert found.values("slow", "a")[0] == 0.0
    assert found.values("slow", "a")[2] == pytest.approx((4 + 1 + 2 / 8 - low) / (high - low), rel=1e-12)
    assert "normalised by task" in found.table()
    as_reported = read_study(tmp_path, normalize="none")
    assert as_reported.values("fast", "a")[5] == high
    given = read_study(tmp_path, normalize={"a": (0, 10), "longer": (5, 15)})
    assert given.values("fast", "longer")[0] == (8 + 6 - 5) / 10


def test_a_study_that_is_not_finished_is_read_and_says_so(tmp_path: Path) -> None:
    queue = Queue(tmp_path, "compare")
    from lr_schedule.compare.plan import join_study

    plan = join_study(queue, make_plan(CANDIDATES, None, 6))
    run_worker(work_on(str(tmp_path), trained.at_once, make_plan(CANDIDATES, None, 3)))
    found = read_study(tmp_path)
    assert (found.done, found.is_finished, found.plan) == (6, False, plan)
    assert found.verdict == "Stopped early: 6 of 12 runs are complete, too soon for a verdict."
    assert json.loads(found.to_json())["finished"] is False
    found.plot(tmp_path / "part.png")


def test_a_study_without_any_run_is_shown(tmp_path: Path) -> None:
    from lr_schedule.compare.plan import join_study

    join_study(Queue(tmp_path, "compare"), make_plan(CANDIDATES, ["a", "b"], 6))
    found = read_study(tmp_path)
    assert "0 of 24 runs" in found.table()
    assert json.loads(found.to_json())["candidates"]["slow"]["final"] is None
    found.plot(tmp_path / "none.png")


def test_failed_runs_are_named_with_their_errors(tmp_path: Path) -> None:
    found = study_of(tmp_path, train=trained.failing)
    assert found.is_finished
    assert found.verdict == "fast is better than slow, by 4. fast: 1 run failed, not included."
    line = "failed: fast on task with seed 1: ZeroDivisionError: the advantages are all equal"
    assert found.table().splitlines()[-1] == line


def test_the_json_holds_all_that_the_table_and_the_picture_show(tmp_path: Path) -> None:
    found = study_of(tmp_path, tasks=["a", "longer"], settings={"n": 1})
    data = json.loads(found.to_json(tmp_path / "compare.json"))
    assert data == json.loads((tmp_path / "compare.json").read_text())
    assert data["candidates"]["fast"]["config"] == {"rate": 2.0}
    assert data["candidates"]["fast"]["difference"]["verdict"] == "better"
    assert (data["settings"], data["seeds"], data["tasks"]) == ({"n": 1}, [0, 1, 2, 3, 4, 5], ["a", "longer"])
    assert {run["state"] for run in data["runs"]} == {"complete"}
    assert data["runs"][0]["curve"] == [[100, 2.0], [200, 3.0], [300, 5.0]]
    assert {"python", "numpy", "optuna"} <= data["versions"].keys()
    profile = data["candidates"]["fast"]["profile"]
    assert (len(profile), profile[0], profile[-1]) == (51, 1.0, 0.0)


def test_a_picture_is_written(tmp_path: Path) -> None:
    found = study_of(tmp_path, tasks=["a", "longer"], seeds=2)
    for name in ("compare.png", "compare.svg"):
        found.plot(tmp_path / name)
    assert (tmp_path / "compare.png").read_bytes()[:4] == b"\x89PNG"
    for word in ("slow", "fast", "longer", "timesteps"):
        assert word in figure_texts(found)


def figure_texts(found: Comparison) -> list[str]:
    from matplotlib.text import Text

    figure: Any = found.plot()
    return [text.get_text() for text in figure.findobj(Text)]


def test_the_schedules_of_a_candidate_are_found_wherever_they_are() -> None:
    assert list(curves_of("lin_0.001")) == [""]
    curves = curves_of({"learning_rate": "cosine_3e-4", "gamma": {"type": "linear", "initial_value": 0.9}})
    assert curves["learning_rate"][0] == 3e-4
    assert curves["gamma"][0] == 0.9
    warmed = curves_of({"type": "cosine_warmup", "warmup_steps": 50}, 100)[""]
    assert warmed[0] == 0.0
    held = curves_of({"learning_rate": {"controller": "kl", "schedule": {"type": "linear", "initial_value": 1e-3}}})
    assert next(iter(held.values()))[0] == 1e-3
    assert curves_of({"rate": 1.0}) == {}


def test_curves_with_other_timesteps_are_drawn_on_one_grid() -> None:
    found = on_one_grid([((0, 0.0), (10, 10.0)), ((5, 1.0), (20, 4.0))])
    assert found is not None
    assert found[0].tolist() == [5.0, 10.0]
    assert found[1].tolist() == [[5.0, 10.0], [1.0, 2.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 1}, "seeds: must be a number of seeds, at least 2"),
        ({"seeds": [1, 1]}, "seeds: must be a number of seeds, at least 2"),
        ({"seeds": "10"}, "seeds: must be a number of seeds, at least 2"),
        ({"seeds": True}, "seeds: must be a number of seeds, at least 2"),
        ({"seeds": [0.5, 1]}, "seeds: must be a number of seeds, at least 2"),
        ({"candidates": {"a": 1}}, "candidates: must be a mapping from names to configs, at least two"),
        ({"candidates": ["a", "b"]}, "candidates: must be a mapping from names to configs, at least two"),
        ({"candidates": {"a": 1, "b": math.sin}}, "candidates.b: must be plain data or schedules"),
        ({"candidates": {"a": 1, "b": math.nan}}, "candidates.b: must be plain data or schedules"),
        ({"tasks": ["a", "a"]}, "tasks: must be a list of different names of tasks"),
        ({"tasks": []}, "tasks: must be a list of different names of tasks"),
        ({"jobs": 0}, "jobs: must be a whole number >= 1"),
        ({"train": None}, "train: must be a function train(candidate, task, seed, report)"),
        ({"jobs": 2, "train": lambda *given: None}, "train: must be a function of a module"),
        ({"baseline": "fats"}, "baseline: no such candidate; did you mean 'fast'? Candidates: slow, fast"),
        ({"normalize": "min"}, "normalize: must be minmax, none, or for each task"),
        ({"normalize": {"tusk": (0, 1)}}, "normalize.tusk: no such task; did you mean 'task'?"),
        ({"normalize": {"task": (1, 1)}}, "normalize.task: must be two different scores"),
        ({"storage": "sqlit:///a.db"}, "storage: unknown type of database; did you mean 'sqlite'? Allowed: sqlite, "),
        ({"storage": "sqlite:////no/such/folder/a.db"}, "storage: cannot be opened: "),
        ({"storage": "/dev/null/a"}, "storage: is not a writable folder: Not a directory"),
    ],
)
def test_what_cannot_be_used_is_one_line_before_anything_trains(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        study_of(tmp_path, **{"train": never, **options})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"candidates": {"slow": {"rate": 1.0}, "fast": {"rate": 3.0}}},
            "candidates.fast: has changed since the study started (hash ",
        ),
        (
            {"candidates": {"slow": {"rate": 1.0}, "quick": {"rate": 2.0}}},
            "candidates: the storage has another study, or 'fast' is missing",
        ),
        ({"tasks": ["b"]}, "tasks: the storage has another study, or 'task' is missing"),
        ({"seeds": 5}, "seeds: the storage has another study, or 5 is missing"),
        ({"settings": {"n_timesteps": 9}}, "settings.n_timesteps: the storage has another study"),
    ],
)
def test_another_study_and_changed_candidates_are_refused(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    study_of(tmp_path)
    with pytest.raises(ScheduleConfigError) as caught:
        study_of(tmp_path, **{"train": never, **options})
    assert str(caught.value).startswith(message)
    if "fast" in message and "hash" in message:
        assert "rate was 2.0 and is 3.0" in str(caught.value)


def test_a_folder_that_holds_no_study_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ScheduleConfigError, match="storage: has no study called 'compare'"):
        read_study(tmp_path / "misspelt")
    assert not (tmp_path / "misspelt").exists()
    with pytest.raises(ScheduleConfigError, match="storage: has no study called 'other'"):
        read_study(f"sqlite:///{tmp_path / 'study.db'}", study="other")


def test_a_journal_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.log").write_text("no journal\nat all\n")
    with pytest.raises(ScheduleConfigError, match="storage: is not a journal of Optuna"):
        study_of(tmp_path)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        compare(CANDIDATES, never, storage="oracle://me:secret@host/db")
    assert "secret" not in str(caught.value)
    assert "me@host" in str(caught.value)
