"""The Zoo's real command line in processes of its own: it trains, continues, optimizes and enjoys with schedules."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rl_zoo3")

import optuna
import torch
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from stable_baselines3 import PPO

from lr_schedule import BaseLRSchedule
from lr_schedule.config.yaml_files import read_yaml
from lr_schedule.sb3 import read_schedules
from lr_schedule.zoo import load_hyperparams
from tests.processes import Finished, Program

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "SDL_VIDEODRIVER": "dummy",
}
DICT: dict[str, Any] = {"type": "cosine_warmup", "initial_value": "3e-3", "warmup_steps": 64}
PHASES: list[dict[str, Any]] = [
    {"type": "linear", "initial_value": 0.0, "final_value": 1e-3, "fraction": 0.25},
    {"type": "exponential", "initial_value": 1e-3, "fraction": 0.75},
]
PPO_KEYS: dict[str, Any] = {"n_steps": 32, "batch_size": 32, "n_epochs": 1}
OFF_POLICY_KEYS: dict[str, Any] = {"learning_starts": 20, "batch_size": 16, "buffer_size": 1000}
RUNS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "ppo": ("CartPole-v1", 512, {**PPO_KEYS, "learning_rate": DICT, "clip_range": "cosine_0.2"}),
    "sac": ("Pendulum-v1", 128, {**OFF_POLICY_KEYS, "learning_rate": PHASES}),
    "dqn": ("CartPole-v1", 256, {**OFF_POLICY_KEYS, "learning_rate": "cosine_3e-4", "train_freq": [4, "step"]}),
}


def run(module: str, *arguments: object, status: int = 0) -> Finished:
    result = Program("-m", *module.split(), *arguments, env=ENVIRONMENT).finish()
    assert result.returncode == status, result.stdout + result.stderr
    return result


def train(
    folder: Path,
    algo: str,
    *arguments: object,
    env: str = "CartPole-v1",
    module: str = "lr_schedule.zoo train",
    status: int = 0,
) -> Finished:
    options: list[object] = [
        "--algo",
        algo,
        "--env",
        env,
        "-f",
        folder / "logs",
        "--seed",
        7,
        "--device",
        "cpu",
        "--num-threads",
        1,
    ]
    return run(module, *options, "--eval-freq", -1, "--log-interval", -2, *arguments, status=status)


def write_config(folder: Path, n_timesteps: int, keys: dict[str, Any], env: str = "CartPole-v1") -> Path:
    recorder = {"tests.sb3.recorder.Recorder": {"path": str(folder / "recorded.json")}}
    section = {"n_timesteps": n_timesteps, "policy": "MlpPolicy", "callback": [recorder], **keys}
    (folder / "config.yml").write_text(yaml.safe_dump({env: section}))
    return folder / "config.yml"


def assert_follows(folder: Path, schedule: BaseLRSchedule, total: int, start: int = 0) -> None:
    """Require that every recorded update logged the schedule's value at its progress."""
    rows = json.loads((folder / "recorded.json").read_text())
    assert len(rows) >= 8
    assert rows[0][0] > start
    for timesteps, logged in rows:
        assert logged == schedule(1 - timesteps / total)
    assert len({logged for _, logged in rows}) >= 7


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished PPO run."""
    folder = tmp_path_factory.mktemp("ppo")
    _env, total, keys = RUNS["ppo"]
    train(folder, "ppo", "-conf", write_config(folder, total, keys), "--save-freq", 256)
    return folder


def saved_in(folder: Path, algo: str = "ppo") -> Path:
    return folder / "logs" / algo / "CartPole-v1_1"


def test_ppo_logs_its_schedule_at_every_update_and_saves_the_plain_dict(trained: Path) -> None:
    _, total, _keys = RUNS["ppo"]
    assert_follows(trained, BaseLRSchedule.create(DICT, total), total)
    saved = saved_in(trained) / "CartPole-v1"
    assert "!!python" not in (saved / "config.yml").read_text()
    config = yaml.safe_load((saved / "config.yml").read_text())
    assert (config["learning_rate"], config["clip_range"]) == ({**DICT, "initial_value": 0.003}, "cosine_0.2")
    assert read_yaml(saved / "args.yml").data["seed"] == 7
    found = read_schedules(saved_in(trained) / "CartPole-v1.zip")
    assert BaseLRSchedule.create(found["learning_rate"]) == BaseLRSchedule.create(DICT, total)
    assert BaseLRSchedule.create(found["clip_range"]) == BaseLRSchedule.create("cosine_0.2")


@pytest.mark.parametrize("algo", ["sac", pytest.param("dqn", marks=pytest.mark.slow)])
def test_an_off_policy_algorithm_logs_its_schedule_at_every_update(algo: str, tmp_path: Path) -> None:
    env, total, keys = RUNS[algo]
    train(tmp_path, algo, "-conf", write_config(tmp_path, total, keys, env), env=env)
    assert_follows(tmp_path, BaseLRSchedule.create(keys["learning_rate"], total), total)


def test_the_stock_zoo_follows_a_schedule_that_a_callback_sets(tmp_path: Path) -> None:
    scheduled = {"lr_schedule.sb3.ScheduleCallback": {"schedules": {"learning_rate": DICT}}}
    recorder = {"tests.sb3.recorder.Recorder": {"path": str(tmp_path / "recorded.json")}}
    keys = {**PPO_KEYS, "learning_rate": 0.5, "callback": [scheduled, recorder]}
    train(tmp_path, "ppo", "-conf", write_config(tmp_path, 512, keys), module="rl_zoo3.train")
    assert_follows(tmp_path, BaseLRSchedule.create(DICT, 512), 512)


@pytest.mark.slow
def test_the_saved_config_trains_the_same_agent_again(trained: Path, tmp_path: Path) -> None:
    train(tmp_path, "ppo", "-conf", saved_in(trained) / "CartPole-v1" / "config.yml")
    first, second = (
        PPO.load(saved_in(folder) / "CartPole-v1.zip", device="cpu").policy.state_dict()
        for folder in (trained, tmp_path)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    configs = [(saved_in(folder) / "CartPole-v1" / "config.yml").read_text() for folder in (trained, tmp_path)]
    assert configs[0] == configs[1]


def test_a_trained_agent_goes_on_where_its_schedule_stopped(trained: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, 512, RUNS["ppo"][2])
    checkpoint = saved_in(trained) / "rl_model_256_steps.zip"
    result = train(tmp_path, "ppo", "-conf", config, "--trained-agent", checkpoint)
    assert "Continuing after 256 of 512 timesteps" in result.stdout
    assert_follows(tmp_path, BaseLRSchedule.create(DICT, 512), 512, start=256)
    model = PPO.load(saved_in(tmp_path) / "CartPole-v1.zip", device="cpu")
    assert model.num_timesteps == 512


def test_an_agent_that_is_trained_already_is_an_error(trained: Path, tmp_path: Path) -> None:
    finished = saved_in(trained) / "CartPole-v1.zip"
    config = write_config(tmp_path, 512, RUNS["ppo"][2])
    result = train(tmp_path, "ppo", "-conf", config, "--trained-agent", finished, status=1)
    assert "n_timesteps: must be above the 512 timesteps that the trained agent has done" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "cfg"),
    [
        ("{type: linear, initial_value: 3e-3, final_ratio: 0.5}",) * 2,
        pytest.param(
            "dict(type='linear', initial_value=3e-3)",
            "{type: linear, initial_value: 3e-3}",
            marks=pytest.mark.slow,
        ),
        pytest.param("cosine_3e-3", "cosine_3e-3", marks=pytest.mark.slow),
    ],
    ids=["yaml", "python", "string"],
)  # fmt: skip
def test_params_take_a_schedule_in_every_form(text: str, cfg: str, tmp_path: Path) -> None:
    config = write_config(tmp_path, 256, {**PPO_KEYS, "learning_rate": 0.5})
    train(tmp_path, "ppo", "-conf", config, "-params", f"learning_rate:{text}", "n_epochs:2")
    assert_follows(tmp_path, BaseLRSchedule.create(yaml.safe_load(cfg)), 256)
    saved = yaml.safe_load((saved_in(tmp_path) / "CartPole-v1" / "config.yml").read_text())
    assert saved["n_epochs"] == 2
    arguments = read_yaml(saved_in(tmp_path) / "CartPole-v1" / "args.yml").data
    assert arguments["hyperparams"]["learning_rate"] == saved["learning_rate"]


@pytest.mark.slow
def test_a_python_config_may_hold_dicts_and_schedule_objects(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(
        "from lr_schedule import LinearLRSchedule\n"
        "hyperparams = {'CartPole-v1': dict(n_timesteps=256, n_steps=32, batch_size=32, n_epochs=1,\n"
        "    policy='MlpPolicy', learning_rate=LinearLRSchedule(0.003), clip_range=dict(type='cosine'),\n"
        f"    callback=[{{'tests.sb3.recorder.Recorder': {{'path': {str(tmp_path / 'recorded.json')!r}}}}}])}}\n"
    )
    train(tmp_path, "ppo", "-conf", tmp_path / "config.py")
    assert_follows(tmp_path, BaseLRSchedule.create("lin_0.003"), 256)
    saved = yaml.safe_load((saved_in(tmp_path) / "CartPole-v1" / "config.yml").read_text())
    assert saved["learning_rate"] == {"type": "linear", "initial_value": 0.003, "final_value": 0.0}


def test_a_mistake_is_one_line_with_its_place_and_nothing_is_trained(tmp_path: Path) -> None:
    config = write_config(tmp_path, 256, {"learning_rate": {"type": "cosin"}, "tau": {"type": "linear"}})
    result = train(tmp_path, "ppo", "-conf", config, status=1)
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:3] for line in lines] == [
        ["error", f"{config}:6:5", "CartPole-v1.learning_rate.type"],
        ["error", f"{config}:9:3", "CartPole-v1.tau"],
    ]
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("CartPole-v1: {n_timesteps: !!python/object/apply:os.system ['touch WITNESS']}", "is not allowed"),
        ("Pendulum-v1: {n_timesteps: 10}", "CartPole-v1: no such section, and no 'default'"),
        ("CartPole-v1: &a {policy_kwargs: *a}", "an alias in here contains itself"),
    ],
    ids=["tag", "section", "cycle"],
)
def test_a_file_that_cannot_be_used_is_one_line_and_nothing_is_executed(
    content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "config.yml").write_text(content.replace("WITNESS", str(tmp_path / "witness")))
    result = train(tmp_path, "ppo", "-conf", tmp_path / "config.yml", status=1)
    assert len(result.stderr.splitlines()) == 1
    assert f"{tmp_path}/config.yml:1:" in result.stderr
    assert message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.yml"]


@pytest.mark.slow
def test_two_processes_optimize_in_one_journal_and_the_best_trial_trains_with_its_schedule(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    env, total, _keys = RUNS["dqn"]
    config = write_config(tmp_path, total, {**OFF_POLICY_KEYS, "learning_rate": "cosine_3e-4"})
    journal = tmp_path / "study.log"
    options: list[object] = ["--algo", "dqn", "--env", env, "-conf", config, "--device", "cpu", "--num-threads", 1]
    options += ["--storage", journal, "--study-name", "s"]
    search = [
        "-f",
        tmp_path / "search",
        "-optimize",
        "--n-trials",
        3,
        "--n-startup-trials",
        2,
        "--n-evaluations",
        1,
        "--no-optim-plots",
    ]
    command = ["-m", "lr_schedule.zoo", "train", *options, *search, "--search-types", "linear,cosine", "--seed"]
    workers = [Program(*command, seed, env=ENVIRONMENT) for seed in (1, 2)]
    assert [worker.finish().returncode for worker in workers] == [0, 0]
    study = optuna.load_study(study_name="s", storage=JournalStorage(JournalFileBackend(str(journal))))
    assert len(study.trials) == 6
    for trial in study.trials:
        assert trial.params["learning_rate.type"] in ("linear", "cosine")
        assert trial.user_attrs["learning_rate.config"]["initial_value"] == trial.params["learning_rate"]

    number = next(trial.number for trial in study.trials if trial.number > 0 and trial.value is not None)
    chosen = study.trials[number].user_attrs["learning_rate.config"]
    again = ["-f", tmp_path / "logs", "--trial-id", number, "--eval-freq", -1, "--log-interval", -2]
    run("lr_schedule.zoo train", *options, *again)
    saved = saved_in(tmp_path, "dqn") / "CartPole-v1" / "config.yml"
    assert load_hyperparams(saved).model["learning_rate"] == BaseLRSchedule.create(chosen)
    found = read_schedules(saved_in(tmp_path, "dqn") / "CartPole-v1.zip")
    assert BaseLRSchedule.create(found["learning_rate"]) == BaseLRSchedule.create(chosen)


@pytest.mark.slow
def test_enjoy_runs_an_agent_that_was_trained_with_schedules(trained: Path) -> None:
    options = ["--algo", "ppo", "--env", "CartPole-v1", "-f", trained / "logs", "--no-render", "-n", 520]
    assert "Mean reward" in run("lr_schedule.zoo enjoy", *options, "--device", "cpu").stdout


@pytest.mark.slow
def test_record_video_records_an_agent_that_was_trained_with_schedules(trained: Path, tmp_path: Path) -> None:
    pytest.importorskip("pygame")
    pytest.importorskip("moviepy")
    options = ["--algo", "ppo", "--env", "CartPole-v1", "-f", trained / "logs", "-o", tmp_path, "-n", 10]
    run("lr_schedule.zoo record_video", *options)
    (video,) = tmp_path.glob("*.mp4")
    assert video.stat().st_size > 0


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["trian"], 2), (["--help"], 0)])
def test_a_wrong_command_shows_the_usage(arguments: list[str], status: int) -> None:
    result = run("lr_schedule.zoo", *arguments, status=status)
    assert "usage: python -m lr_schedule.zoo {train,enjoy,record_video}" in result.stderr
