"""What a study may choose, what it logs of it, and that the choice can be made again."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

optuna = pytest.importorskip("optuna")

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.tune import SPACE, TYPES, restore_schedules, suggest, suggest_schedule

optuna.logging.set_verbosity(optuna.logging.WARNING)


def ask(n: int = 60, **arguments: Any) -> Any:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trials = [study.ask() for _ in range(n)]
    return [(trial, suggest_schedule(trial, **arguments)) for trial in trials]


def test_every_choice_is_a_schedule_within_the_stated_space() -> None:
    chosen = [config for _, config in ask()]
    assert {config["type"] for config in chosen} == set(TYPES)
    low, high, _ = SPACE["initial_value"]
    for config in chosen:
        assert low <= config["initial_value"] <= high
        if config["type"] != "constant":
            assert 0.0 <= config["final_value"] <= 0.2 * config["initial_value"]
        if config["type"] == "cosine_warmup":
            assert 0.01 <= config["warmup_fraction"] <= 0.2
        else:
            assert "warmup_fraction" not in config


def test_the_config_is_logged_as_plain_data_and_gives_the_schedule_again() -> None:
    for trial, config in ask(8):
        assert trial.user_attrs["learning_rate.config"] == config
        assert json.loads(json.dumps(config)) == config
        assert BaseLRSchedule.create(config).to_config() == config


def test_the_same_parameters_choose_the_same_schedule() -> None:
    for trial, config in ask(8):
        assert suggest_schedule(optuna.trial.FixedTrial(trial.params)) == config


def test_each_kind_of_range_is_asked_for_in_its_own_way() -> None:
    space = {
        "initial_value": (0.1, 0.2),
        "final_value": 0.05,
        "peak_multiplier": [0.5, 1.0],
        "cycles": (2, 4),
        "cycle_multiplier": (1, 2, "log"),
    }
    (trial, config), *_ = ask(1, name="clip_range", types=["cosine_restarts"], **space)
    kinds = {name: type(distribution).__name__ for name, distribution in trial.distributions.items()}
    assert kinds == {
        "clip_range.initial_value": "FloatDistribution",
        "clip_range.peak_multiplier": "CategoricalDistribution",
        "clip_range.cycles": "IntDistribution",
        "clip_range.cycle_multiplier": "FloatDistribution",
    }
    assert trial.distributions["clip_range.cycle_multiplier"].log
    assert config["final_value"] == 0.05
    assert config["cycles"] in (2, 3, 4)


def test_a_key_of_all_types_is_searched_for_all_when_it_is_asked_for() -> None:
    configs = [config for _, config in ask(20, types=["linear", "rex"], warmup_fraction=(0.1, 0.3))]
    assert all(0.1 <= config["warmup_fraction"] <= 0.3 for config in configs)


def test_steps_are_resolved_against_the_length_of_the_run() -> None:
    (_, config), *_ = ask(1, types=["cosine_warmup"], total_steps=1000, warmup_steps=50)
    assert config["warmup_fraction"] == 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"types": ["cosin"]}, "type: unknown type; did you mean 'cosine'"),
        ({"types": []}, "types: must be a list of at least one type"),
        ({"types": "cosine"}, "types: must be a list of at least one type"),
        ({"initial_valu": (0, 1)}, "initial_valu: none of the types has this key; did you mean 'initial_value'"),
        ({"initial_value": (0.1, 0.2, "lin")}, r"must be \(low, high\) or \(low, high, 'log'\)"),
        ({"initial_value": -1.0}, "initial_value: must be a finite number >= 0"),
    ],
)
def test_a_space_that_cannot_be_searched_is_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        ask(1, **arguments)


def sample(trial: Any, n_actions: Any, n_envs: int, additional_args: Any) -> Any:
    return {"learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-3, log=True), "gamma": 0.9}


def test_a_sampler_of_the_zoo_searches_for_a_schedule_that_starts_at_its_number() -> None:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1)).ask()
    sampled = suggest(sample, types=["linear"])(trial, 1, 1, {})
    assert sampled["gamma"] == 0.9
    assert sampled["learning_rate"](1.0) == trial.params["learning_rate"]
    assert set(trial.params) == {"learning_rate", "learning_rate.final_ratio"}


def test_a_sampler_that_searches_already_follows_the_new_choice() -> None:
    trial = optuna.create_study().ask()
    twice = suggest(suggest(sample, types=["linear"]), types=["cosine"], initial_value=0.5)
    assert twice(trial, 1, 1, {})["learning_rate"].to_config()["type"] == "cosine"
    assert trial.user_attrs["learning_rate.config"]["initial_value"] == 0.5


def test_every_sampler_of_the_zoo_can_be_given_a_schedule() -> None:
    samplers = pytest.importorskip("rl_zoo3.hyperparams_opt").HYPERPARAMS_SAMPLER
    for sampler in samplers.values():
        trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=2)).ask()
        sampled = suggest(sampler)(trial, 2, 1, {"using_her_replay_buffer": False, "her_kwargs": {}})
        assert isinstance(sampled["learning_rate"], BaseLRSchedule)


def test_the_parameters_of_a_schedule_are_replaced_by_its_config() -> None:
    attributes = {"learning_rate.config": {"type": "linear"}, "gamma": 0.9}
    params = {"learning_rate": 0.1, "learning_rate.type": "linear", "learning_rate_x": 1, "gamma": 0.8}
    assert restore_schedules(params, attributes) == {
        "learning_rate": {"type": "linear"}, "learning_rate_x": 1, "gamma": 0.8,
    }  # fmt: skip


def distance(trial: Any) -> Any:
    schedule = BaseLRSchedule.create(suggest_schedule(trial, types=["linear", "cosine"]))
    return abs(schedule(0.5) - 2e-4)


def work(path: str, trials: int) -> None:
    study = optuna.load_study(study_name="s", storage=JournalStorage(JournalFileBackend(path)))
    study.optimize(distance, n_trials=trials)


def test_two_processes_on_one_journal_finish_and_the_best_config_gives_its_schedule_again(tmp_path: Path) -> None:
    path = str(tmp_path / "study.log")
    study = optuna.create_study(study_name="s", storage=JournalStorage(JournalFileBackend(path)))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(path, 8)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE])) == 16
    best = BaseLRSchedule.create(study.best_trial.user_attrs["learning_rate.config"])
    assert abs(best(0.5) - 2e-4) == study.best_value


def test_a_study_in_a_database_goes_on_where_it_stopped(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/study.db"
    for total in (3, 6):
        study = optuna.create_study(study_name="s", storage=storage, load_if_exists=True)
        study.optimize(distance, n_trials=3)
        assert len(study.trials) == total
    configs = [trial.user_attrs["learning_rate.config"] for trial in study.trials]
    assert [abs(BaseLRSchedule.create(config)(0.5) - 2e-4) for config in configs] == [t.value for t in study.trials]
