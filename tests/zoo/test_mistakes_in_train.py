"""The Zoo's train command: nothing in a file is run, a mistake is one line, and trained agents go on either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rl_zoo3")

import optuna
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from rl_zoo3.hyperparams_opt import HYPERPARAMS_SAMPLER

from lr_schedule import BaseLRSchedule
from lr_schedule.tune import suggest
from lr_schedule.zoo import load_hyperparams
from tests.zoo.test_runs import DICT, OFF_POLICY_KEYS, PPO_KEYS, assert_follows, saved_in, train, write_config

EVIL = "[open({witness!r}, 'w').close()][1:]"


def errors(folder: Path, section: dict[str, Any], *arguments: object, algo: str = "ppo") -> list[str]:
    """Return the lines that a refused training writes; nothing may have been trained."""
    (folder / "config.yml").write_text(yaml.safe_dump({"CartPole-v1": section}, sort_keys=False))
    result = train(folder, algo, "-conf", folder / "config.yml", *arguments, status=1)
    assert not (folder / "logs").exists()
    lines = result.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines), result.stderr
    return [line.removeprefix(f"error: {folder}/") for line in lines]


SECTION: dict[str, Any] = {"n_timesteps": 64, "policy": "MlpPolicy", **PPO_KEYS}


def test_no_string_and_no_name_of_a_file_is_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    text = EVIL.format(witness=str(witness))
    keys = ("policy_kwargs", "replay_buffer_class", "replay_buffer_kwargs", "normalize", "monitor_kwargs")
    shell = {"os.system": {"command": f"touch {witness}"}}
    lines = errors(tmp_path, {**SECTION, **dict.fromkeys(keys, text), "callback": [shell]})
    assert not witness.exists()
    assert [line.split(": ")[1] for line in lines if "must be dict(...)" in line] == [
        f"CartPole-v1.{key}" for key in keys
    ]
    assert "CartPole-v1.callback[0].os.system: is not the class of a callback" in "".join(lines)


def test_strings_of_the_zoo_s_own_form_train_as_ever(tmp_path: Path) -> None:
    section = {
        **SECTION,
        "learning_rate": "lin_1e-3",
        "policy_kwargs": "dict(net_arch=[8], activation_fn=nn.ReLU)",
        "normalize": "dict(norm_obs=True, norm_reward=False)",
        "monitor_kwargs": "dict(info_keywords=())",
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump({"CartPole-v1": section}))
    result = train(tmp_path, "ppo", "-conf", tmp_path / "config.yml")
    assert "Normalization activated: {'norm_obs': True, 'norm_reward': False}" in result.stdout
    saved = yaml.safe_load((saved_in(tmp_path) / "CartPole-v1" / "config.yml").read_text())
    assert {key: saved[key] for key in section} == section


@pytest.mark.parametrize(
    ("changed", "arguments", "expected"),
    [
        ({"learning_rat": 1e-3}, [], "CartPole-v1.learning_rat: PPO has no such key; did you mean 'learning_rate'?"),
        ({"n_step": 8}, [], "CartPole-v1.n_step: PPO has no such key; did you mean 'n_steps'?"),
        ({"policy": "MlpPolicyy"}, [], "CartPole-v1.policy: PPO has no such policy; did you mean 'MlpPolicy'?"),
        ({"policy": None}, [], "CartPole-v1.policy: required key is missing"),
        ({"policy": "no_such.Policy"}, [], "CartPole-v1.policy: cannot be imported: No module named 'no_such'"),
        ({"env_wrapper": ["rl_zoo3.wrappers.Nothing"]}, [], "CartPole-v1.env_wrapper: cannot be imported"),
        ({"n_timesteps": "20k"}, [], "CartPole-v1.n_timesteps: must be a finite number > 0"),
        ({"n_timesteps": None}, [], "CartPole-v1.n_timesteps: required key is missing; or give -n"),
        ({"ent_coef": {"type": "linea"}}, [], "CartPole-v1.ent_coef: accepts no schedule; give it to lr_schedule.sb3"),
        ({"callback": "lr_schedule.sb3.SheduleCallback"}, [], "cannot be imported: module 'lr_schedule.sb3' has no"),
        ({"callback": "no_such_package.Callback"}, [], "cannot be imported: No module named 'no_such_package'"),
        (
            {"n_timesteps": 2000, "learning_rate": {"type": "cosine_warmup", "warmup_steps": 200}},
            ["-n", 128],
            "in a run of 128 steps; it fits into the 2000 timesteps of the file, but not into the 128 of -n",
        ),
        (
            {},
            ["-params", "ent_coef:lin_0.1"],
            "ent_coef: accepts no schedule; give it to lr_schedule.sb3.ScheduleCallback",
        ),
        ({}, ["-params", "policy:MlpPolicy"], "policy: cannot be run as Python (name 'MlpPolicy' is not defined); put"),
        ({}, ["-params", "learning_rat:1e-3"], "learning_rat: PPO has no such key; did you mean 'learning_rate'?"),
        ({}, ["--trial-id", 0], "--trial-id: needs --storage and --study-name (received 0)"),
        ({}, ["--search-types", "linear,step"], "--search-types.period_fraction: required key is missing"),
        ({}, ["--search-types", "lineaer"], "--search-types.type: unknown type; did you mean 'linear'?"),
        ({}, ["--train-more"], "--train-more: needs --trained-agent"),
        ({}, ["--env", "CartPole-v7"], "CartPole-v7 not found in gym registry, you maybe meant CartPole-v1?"),
        ({}, ["-i", "nothing.zip"], "The trained_agent must be a valid path to a .zip file"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_trained(
    changed: dict[str, Any], arguments: list[object], expected: str, tmp_path: Path
) -> None:
    (line,) = errors(tmp_path, {**SECTION, **changed}, *arguments)
    assert expected in line


def test_a_section_without_n_timesteps_trains_for_as_long_as_n_says(tmp_path: Path) -> None:
    section = {key: value for key, value in SECTION.items() if key != "n_timesteps"}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({"CartPole-v1": section}))
    train(tmp_path, "ppo", "-conf", tmp_path / "config.yml", "-n", 64)
    assert (saved_in(tmp_path) / "CartPole-v1.zip").exists()


@pytest.mark.slow
def test_a_trained_agent_trains_for_n_timesteps_more_where_asked_as_in_the_stock_zoo(tmp_path: Path) -> None:
    config = write_config(tmp_path, 512, {**PPO_KEYS, "learning_rate": "lin_1e-3"})
    train(tmp_path, "ppo", "-conf", config, "-n", 64)
    agent = saved_in(tmp_path) / "CartPole-v1.zip"
    line = train(tmp_path, "ppo", "-conf", config, "-n", 64, "-i", agent, status=1).stderr
    assert "must be above the 64 timesteps that the trained agent has done" in line
    assert "--train-more" in line
    train(tmp_path, "ppo", "-conf", config, "-n", 320, "-i", agent, "--train-more")
    assert_follows(tmp_path, BaseLRSchedule.create("lin_1e-3"), 320)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a journal with a study of two trials for DQN."""
    journal = tmp_path_factory.mktemp("study") / "study.log"
    made = optuna.create_study(
        study_name="dqn-search",
        storage=JournalStorage(JournalFileBackend(str(journal))),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    sample = suggest(HYPERPARAMS_SAMPLER["dqn"], types=["linear"])
    for _ in range(2):
        trial = made.ask()
        sample(trial, 2, 1, {"using_her_replay_buffer": False})
        made.tell(trial, 0.0)
    return journal


@pytest.mark.slow
def test_trial_number_0_is_a_trial_and_what_is_typed_counts_for_more(study: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, 64, {**OFF_POLICY_KEYS, "learning_rate": DICT})
    options = ["-conf", config, "--storage", study, "--study-name", "dqn-search", "--trial-id"]
    trials = optuna.load_study(study_name="dqn-search", storage=JournalStorage(JournalFileBackend(str(study)))).trials
    of_trials = [trial.user_attrs["learning_rate.config"] for trial in trials]
    assert of_trials[0] != of_trials[1]
    typed = ["-params", "learning_rate:lin_0.125"]
    for more, number, expected in ([], 0, of_trials[0]), ([], 1, of_trials[1]), (typed, 0, "lin_0.125"):
        folder = tmp_path / f"{number}{len(more)}"
        train(folder, "dqn", *options, number, *more)
        saved = saved_in(folder, "dqn") / "CartPole-v1" / "config.yml"
        assert load_hyperparams(saved).model["learning_rate"] == BaseLRSchedule.create(expected)


@pytest.mark.parametrize(
    ("storage", "name", "number", "expected"),
    [
        (None, "dqn-search", 2, "--trial-id: no such trial; the study 'dqn-search' has the trials 0 to 1 (received 2)"),
        (
            None,
            "dqn-search",
            -1,
            "--trial-id: no such trial; the study 'dqn-search' has the trials 0 to 1 (received -1)",
        ),
        (None, "dqn_search", 0, "--study-name: no such study; did you mean 'dqn-search'? Studies in"),
        ("typo.log", "dqn-search", 0, "--storage: no such file"),
    ],
)
def test_a_trial_that_is_not_there_is_one_line(
    storage: str | None, name: str, number: int, expected: str, study: Path, tmp_path: Path
) -> None:
    where = study if storage is None else tmp_path / storage
    (line,) = errors(tmp_path, SECTION, "--storage", where, "--study-name", name, "--trial-id", number)
    assert expected in line
    assert where.exists() == (storage is None)
