"""`lr-schedule compare` on the command line: a whole study, a resumed one, one that is only shown, and mistakes."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Result, run, run_process

BASE = """\
n_steps: 32
batch_size: 32
n_epochs: 2
policy_kwargs: dict(net_arch=[8])
"""
RUN = ("--algo", "ppo", "--env", "CartPole-v1", "-n", 64, "--evaluations", 2, "--episodes", 1, "--device", "cpu")
TWO = ("constant.yml", "linear.yml")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yml").write_text(BASE)
    Path("constant.yml").write_text("1e-3\n")
    Path("linear.yml").write_text("learning_rate: {type: linear, initial_value: 1e-3}\nent_coef: lin_0.01\n")
    return tmp_path


def compare(*arguments: object) -> Result:
    return run("compare", *arguments, "--base", "base.yml", *RUN)


def held(folder: str = "runs/compare") -> Any:
    return json.loads(Path(folder, "compare.json").read_text())


@pytest.mark.slow
def test_two_candidates_two_seeds_and_1000_steps_from_start_to_end(files: Path) -> None:
    found = run_process(
        *("compare", "constant.yml", "linear.yml", "--algo", "ppo", "--env", "CartPole-v1", "--seeds", 2, "-n", 1000),
        *("--study", files / "study", "--jobs", 2, "--base", "base.yml", "--device", "cpu"),
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("No difference seen; 2 seeds are too few to see any: 5 runs of each are needed.")
    assert "4 of 4 runs complete, 0 running, 0 left" in found.stderr.splitlines()[-1]
    data = held(str(files / "study"))
    assert (data["finished"], data["settings"]["n_timesteps"], data["settings"]["base"]["n_steps"]) == (True, 1000, 32)
    assert [len(one["curve"]) for one in data["runs"]] == [10] * 4
    for name in ("compare.png", "compare.svg", "compare.html"):
        assert (files / "study" / name).stat().st_size > 10_000


@pytest.mark.slow
def test_the_same_command_again_trains_nothing_and_more_seeds_only_those(files: Path) -> None:
    first = compare("constant.yml", "linear.yml", "--seeds", 2)
    assert first.returncode == 0
    assert first.stderr.startswith("warning: linear: learning_rate: only 2 different values in 2 updates;")
    assert first.stderr.count("warning: linear: learning_rate: the value is 0 in the last update") == 1
    before = held()["runs"]
    assert compare("constant.yml", "linear.yml", "--seeds", 2).returncode == 0
    assert held()["runs"] == before
    assert compare("constant.yml", "linear.yml", "--seeds", 3).returncode == 0
    assert held()["runs"][:4] == before
    assert len(held()["runs"]) == 6


@pytest.mark.slow
def test_candidates_are_written_out_and_several_tasks_are_normalised(files: Path) -> None:
    found = compare(
        *("--candidate", "cosine_1e-3", "--candidate", "{type: constant, initial_value: 1e-3}", "--seeds", 2),
        *("--env", "MountainCar-v0", "--baseline", "cosine_1e-3", "--json", "--study", "two"),
    )
    assert found.returncode == 0, found.stderr
    data = found.json()
    assert data == held("two")
    assert list(data["candidates"]) == ["cosine_1e-3", "{type: constant, initial_value: 1e-3}"]
    assert (data["tasks"], data["normalize"]) == (["MountainCar-v0", "CartPole-v1"], "minmax")
    shown = run("compare", "--study", "two", "--normalize", "CartPole-v1=0,500", "--normalize", "MountainCar-v0=-200,0")
    assert shown.returncode == 0
    assert "Scores are normalised by task: 0 and 1 are the given scores." in shown.stdout


@pytest.mark.slow
def test_a_study_is_shown_without_training_anything_in_a_database_too(files: Path) -> None:
    stored = ("--storage", f"sqlite:///{files / 'study.db'}", "--study", "mine")
    assert compare("constant.yml", "linear.yml", "--seeds", 2, *stored).returncode == 0
    found = run("compare", *stored)
    assert found.returncode == 0
    assert found.stdout.startswith("No difference seen")
    assert not (files / "mine" / "journal.log").exists()
    assert run("compare", "--storage", stored[1], "--study", "other").stderr.startswith("error: storage: has no study")


@pytest.mark.slow
def test_a_run_that_always_fails_is_told_and_the_rest_is_kept(files: Path) -> None:
    Path("failing.py").write_text(
        "import gymnasium\n"
        "from gymnasium.envs.classic_control import CartPoleEnv\n"
        "class Failing(CartPoleEnv):\n"
        "    def reset(self, *, seed=None, options=None):\n"
        "        if seed == 1: raise ZeroDivisionError('no pole')\n"
        "        return super().reset(seed=seed, options=options)\n"
        "gymnasium.register('Failing-v0', Failing, max_episode_steps=50)\n"
    )
    found = run_process(
        *("compare", "constant.yml", "linear.yml", "--base", "base.yml", "--algo", "ppo", "--env", "Failing-v0"),
        *("--gym-packages", "failing", "-n", 64, "--evaluations", 1, "--seeds", 2),
    )
    assert found.returncode == 1, found.stderr
    assert "failed: linear on Failing-v0 with seed 1: ZeroDivisionError: no pole" in found.stdout
    assert "constant: 1 run failed, not included." in found.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("constant.yml",), "error: candidates: must be a mapping from names to configs, at least two"),
        (("constant.yml", "liner.yml"), "liner.yml:1:1: No such file or directory"),
        (("constant.yml", "base.yml"), "base.yml:1:1: has no schedule, and neither a key"),
        (("constant.yml", "constant.yml"), "error: candidates: two candidates have this name"),
        ((*TWO, "--seeds", 1), "error: seeds: must be a number of seeds, at least 2"),
        ((*TWO, "--jobs", 0), "error: jobs: must be a whole number >= 1"),
        ((*TWO, "--env", "CartPol-v1"), "error: --env: unknown environment; did you mean 'CartPole-v1'"),
        ((*TWO, "--algo", "pppo"), "error: --algo: unknown algorithm; did you mean 'ppo'"),
        ((*TWO, "--baseline", "liner"), "error: baseline: no such candidate; did you mean 'linear'"),
        ((*TWO, "--normalize", "minimax"), "error: normalize: must be minmax, none, or"),
        ((*TWO, "--storage", "postgres://a"), "error: storage: unknown type of database; did you mean 'postgresql'"),
        (("constant.yml", "--candidate", "cosin_1e-3"), "--candidate:1:1: unknown type; did you mean 'cosine'"),
        (
            ("constant.yml", "--candidate", "{learning_rate: 1, n_step: 8}"),
            "error: {learning_rate: 1, n_step: 8}.n_step: PPO has no such key",
        ),
        ((*TWO, "--episodes", 0), "error: --episodes: must be >= 1"),
        (
            ("{type: constant}",),
            "error: FILE: there is no such file; to give a config itself, use --candidate (received",
        ),
        ((*TWO, "--evaluations", 65), "error: --evaluations: must be at most the timesteps of a run, 64"),
    ],
)
def test_bad_input_is_one_line_before_anything_trains(files: Path, arguments: tuple[object, ...], line: str) -> None:
    given = [*RUN]
    if "--env" in arguments:
        given = [*given[:2], *given[4:]]
    found = run("compare", "--base", "base.yml", *given, *arguments)
    assert found.returncode == 1
    assert found.stderr.startswith(line)
    assert len(found.stderr.splitlines()) == 1
    assert not Path("runs/compare/compare.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_a_report_of_what_is_complete_and_the_rest_for_later(files: Path, jobs: int) -> None:
    arguments = ["compare", *TWO, "--base", "base.yml", *RUN, "--seeds", 3, "-n", 3000, "--jobs", jobs]
    command = [sys.executable, "-m", "lr_schedule.cli", *map(str, arguments)]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Where the tests run in the background of a shell, Ctrl-C is ignored, and whatever they start would inherit that.
    heed: Any = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, start_new_session=True, **heed, **pipes) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.match("[1-5] of 6", line):  # two runs can end between two lines
                break
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out.startswith("Stopped early: ")
    assert "Traceback" not in err
    assert held()["finished"] is False
    states = {one["state"] for one in held()["runs"]}
    assert states <= {"complete", "waiting"}


@pytest.mark.slow
def test_the_command_of_the_docs_runs(files: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "compare.md").read_text()
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", page, re.DOTALL):
        Path(name).write_text(text)
    (command,) = re.findall(r"```bash\nlr-schedule (.*?)```", page, re.DOTALL)
    shorter = command.replace("\\\n", " ").replace(
        "--seeds 10 -n 20000", "--seeds 2 -n 512 --evaluations 2 --episodes 1"
    )
    found = run_process(*shlex.split(shorter))
    assert found.returncode == 0, found.stderr
    assert "No difference seen; 2 seeds are too few to see any" in found.stdout


def test_what_is_missing_is_told(files: Path) -> None:
    assert run("compare").stderr.startswith(
        "error: --study: there is no study; to start one, give files with candidates"
    )
    assert not Path("runs").exists()
    assert run("compare", "constant.yml", "linear.yml").stderr.startswith("error: --algo: is required")


def test_a_candidate_that_has_changed_is_refused(files: Path) -> None:
    assert compare("constant.yml", "linear.yml", "--seeds", 2).returncode == 0
    Path("constant.yml").write_text("2e-3\n")
    found = compare("constant.yml", "linear.yml", "--seeds", 2)
    assert found.returncode == 1
    assert found.stderr.startswith("error: candidates.constant: has changed since the study started (hash ")
    assert "it was 0.001 and is 0.002" in found.stderr
