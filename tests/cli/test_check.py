"""`lr-schedule check`: every problem of every file, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.running import run

ROOT = Path(__file__).parents[2]


def test_check_passes_a_good_file_and_counts_its_schedules(good: Path) -> None:
    assert run("check", good) == (0, "1 file, 4 schedules, 0 problems\n", "")


def test_check_reports_every_problem_of_every_file_in_a_folder(good: Path, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "broken.yaml").write_text("a: [1,\n")
    (tmp_path / "deeper" / "hostile.yaml").write_text("a: !!python/object/apply:os.system ['true']\n")
    (tmp_path / "notes.txt").write_text("a: [1,\n")
    result = run("check", tmp_path)
    assert result.returncode == 1
    *problems, summary = result.stdout.splitlines()
    assert [problem.removeprefix(f"{tmp_path}/").split(": ")[0] for problem in problems] == [
        "bad.yml:3:19",
        "bad.yml:6:5",
        "bad.yml:9:3",
        "bad.yml:12:41",
        "deeper/broken.yaml:2:1",
        "deeper/hostile.yaml:1:4",
    ]
    assert summary == "4 files, 10 schedules, 6 problems"


def test_check_json_gives_place_path_and_message(bad: Path) -> None:
    found = run("check", bad, "--json").json()
    problems = found.pop("problems")
    assert found == {"files": 1, "schedules": 6, "notes": []}
    assert problems[1] == {
        "file": str(bad),
        "line": 6,
        "column": 5,
        "path": "CartPole-v1.clip_range.final_valu",
        "message": problems[1]["message"],
        "received": "0.1",
    }
    assert problems[1]["message"].startswith("unknown key; did you mean 'final_value'?")


def test_check_needs_a_length_for_steps_in_a_file_that_states_none(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("learning_rate: {type: cosine_warmup, warmup_steps: 5}\npolicy: MlpPolicy\n")
    result = run("check", tmp_path / "a.yml")
    assert result.returncode == 1
    assert "a.yml:1:38: learning_rate.warmup_steps: needs the length of the run: n_timesteps" in result.stdout
    assert run("check", tmp_path / "a.yml", "--total-timesteps", "100").returncode == 0


def test_check_of_a_folder_without_yaml_is_an_error(tmp_path: Path) -> None:
    result = run("check", tmp_path)
    assert result.returncode == 1
    assert f"{tmp_path}:1:1: no .yml or .yaml file in this folder" in result.stdout
    (problem,) = run("check", tmp_path, "--json").json()["problems"]
    assert problem["file"] == str(tmp_path)


def test_the_pre_commit_hook_runs_check_on_the_files_that_it_is_handed(good: Path, bad: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command = hook["entry"].split()
    assert command[0] == "lr-schedule"
    assert run(*command[1:], good).returncode == 0
    assert run(*command[1:], good, bad).returncode == 1


def test_check_asks_about_a_learning_rate_above_1_and_passes_the_file(tmp_path: Path) -> None:
    lines = ["learning_rate: 010", "learning_rate: {type: linear, initial_value: 1:30}", "learning_rate: 1e-3"]
    for number, line in enumerate([*lines, "learning_rate: lin_1.0", "ent_coef: 8"]):
        (tmp_path / f"{number}.yml").write_text(f"{line}\npolicy: MlpPolicy\n")
    result = run("check", tmp_path)
    *notes, summary = result.stdout.splitlines()
    assert notes == [
        f"{tmp_path}/0.yml:1:1: learning_rate: note: reaches 8; is a learning rate above 1 intended?",
        f"{tmp_path}/1.yml:1:1: learning_rate: note: reaches 90; is a learning rate above 1 intended?",
    ]
    assert (result.returncode, summary) == (0, "5 files, 4 schedules, 0 problems")
    assert run("check", tmp_path, "--json").json() == {"files": 5, "schedules": 4, "problems": [], "notes": notes}


def test_check_asks_no_scheduler_of_torch_for_the_values_of_a_long_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(*_: object) -> None:
        raise AssertionError("values are asked for")

    monkeypatch.setattr("lr_schedule.base.BaseLRSchedule.sample", sample)
    part = "{type: torch, scheduler: StepLR, step_size: 1, total_steps: 1.0e+7, fraction: 1}"
    (tmp_path / "a.yml").write_text(f"learning_rate: [{part}]\npolicy: MlpPolicy\n")
    assert run("check", tmp_path / "a.yml").stdout == "1 file, 1 schedule, 0 problems\n"


def test_check_with_an_algorithm_finds_every_key_that_it_does_not_take(good: Path) -> None:
    assert run("check", good, "--algo", "ppo") == (0, "1 file, 4 schedules, 0 problems\n", "")
    result = run("check", good, "--algo", "sac")
    assert result.returncode == 1
    assert f"{good}:5:3: CartPole-v1.clip_range: SAC has no such key" in result.stdout
    assert run("check", good, "--algo", "pppo").stderr.startswith(
        "error: --algo: unknown algorithm; did you mean 'ppo'?"
    )
