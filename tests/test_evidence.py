"""The studies behind the docs are ready to run: every candidate fits its algorithm and its task."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lr_schedule.compare.training import check_all

STUDY = Path(__file__).parents[1] / "docs" / "evidence" / "study.py"


@pytest.fixture(scope="module")
def study() -> Any:
    spec = importlib.util.spec_from_file_location("study_of_evidence", STUDY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_each_algorithm_and_task_is_studied_at_a_good_rate_and_at_one_three_times_as_high(study: Any) -> None:
    rates: dict[tuple[str, str], list[float]] = {}
    for task, rate in study.studies().values():
        rates.setdefault((task.algo, task.env), []).append(rate)
    assert {key: high / good for key, (good, high) in rates.items()} == {
        ("ppo", "CartPole-v1"): 3.0,
        ("ppo", "Acrobot-v1"): 3.0,
        ("ppo", "Pendulum-v1"): 3.0,
        ("sac", "Pendulum-v1"): 3.0,
    }


@pytest.mark.slow
def test_every_candidate_of_every_study_can_be_trained(study: Any) -> None:
    for task, rate in study.studies().values():
        given = study.candidates(rate, task.algo)
        assert len(given) == (7 if task.algo == "ppo" else 6)
        check_all(study.trainer_of(task), given, (task.env,))


@pytest.mark.slow
def test_a_study_is_written_beside_the_script_and_resumes(
    study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "HERE", tmp_path)
    monkeypatch.setattr(study, "TASKS", (study.Task("ppo", "CartPole-v1", 1e-3, 64, {"n_steps": 64}, 1, 1),))
    monkeypatch.setattr(study, "candidates", lambda rate, algo: {"constant": rate, "cosine": f"cosine_{rate}"})
    for _ in range(2):
        study.main(["--jobs", "1", "--seeds", "2", "--runs", str(tmp_path / "runs")])
    name = "ppo-CartPole-v1-good-rate"
    assert (tmp_path / f"{name}.svg").is_file()
    found = json.loads((tmp_path / "ppo-CartPole-v1-high-rate.json").read_text(encoding="utf-8"))
    assert found["verdict"].startswith("No difference seen; 2 seeds are too few")
    with pytest.raises(SystemExit):
        study.main(["ppo-CartPole-v2"])
