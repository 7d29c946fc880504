"""schedule_hyperparameters: schedules that stay with a model, for whoever calls its `learn`."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from stable_baselines3.common.callbacks import CallbackList

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, schedule_hyperparameters
from tests.sb3 import models
from tests.sb3.controlled import HIGH, Used, scale_of

COEF = {"type": "linear", "initial_value": 0.8}


def somebody_elses_training(model: Any, callback: Any = None) -> Any:
    """Train as a library does that knows nothing of schedules."""
    for _ in range(2):
        model.learn(32, callback=callback, reset_num_timesteps=False)
    return model


@pytest.mark.parametrize("wrap", [None, list, tuple, CallbackList, "function"], ids=str)
def test_every_learn_follows_the_schedules_whatever_callback_it_is_given(wrap: Any) -> None:
    cls, seen = models.at_each_update("PPO", lambda model: model.ent_coef)
    model = schedule_hyperparameters(models.make("PPO", cls=cls, ent_coef=0.5), {"ent_coef": COEF}, 64)
    used = Used()
    given = {None: None, list: [used], CallbackList: CallbackList([used]), "function": lambda *_: True}
    somebody_elses_training(model, given.get(wrap, used))
    assert seen == pytest.approx([0.8 * (1.0 - step / 64) for step in (16, 32, 48, 64)], rel=1e-12, abs=0.0)
    assert model.ent_coef == 0.5


def test_a_controller_goes_on_from_one_learn_to_the_next() -> None:
    model = schedule_hyperparameters(models.make("PPO", n_epochs=3), {"learning_rate": HIGH}, 1_000)
    scales = []
    for _ in range(3):
        model.learn(32, reset_num_timesteps=False)
        scales.append(scale_of(model))
    assert len(set(scales)) > 1


def test_a_later_call_takes_the_place_of_an_earlier_one_and_an_empty_one_ends_it() -> None:
    cls, seen = models.at_each_update("PPO", lambda model: model.ent_coef)
    model = schedule_hyperparameters(models.make("PPO", cls=cls, ent_coef=0.5), {"ent_coef": 0.1})
    schedule_hyperparameters(model, {"ent_coef": 0.2}).learn(16)
    schedule_hyperparameters(model, {}).learn(16)
    assert seen == [0.2, 0.5]
    assert type(model) is cls


def test_saves_and_copies_hold_nothing_of_it(tmp_path: Any) -> None:
    model = schedule_hyperparameters(models.make("PPO"), {"ent_coef": COEF})
    model.learn(16)
    model.save(tmp_path / "model.zip")
    models.make("PPO").learn(16).save(tmp_path / "plain.zip")
    loaded = models.class_of("PPO").load(tmp_path / "model.zip")
    assert type(loaded) is models.class_of("PPO")
    assert vars(loaded).keys() == vars(models.class_of("PPO").load(tmp_path / "plain.zip")).keys()
    assert type(copy.copy(model)) is models.class_of("PPO")


def test_a_callback_for_the_same_target_is_a_second_owner() -> None:
    model = schedule_hyperparameters(models.make("PPO"), {"ent_coef": COEF})
    with pytest.raises(ScheduleConfigError, match="ent_coef: set by two callbacks"):
        model.learn(16, callback=ScheduleCallback({"ent_coef": 0.1}))
    model.learn(16, callback=ScheduleCallback({"vf_coef": 0.1}))


def test_a_mistake_is_named_at_once() -> None:
    model = models.make("PPO")
    with pytest.raises(ScheduleConfigError, match="ent_coff: unknown target; did you mean 'ent_coef'"):
        schedule_hyperparameters(model, {"ent_coff": 0.1})
    with pytest.raises(ScheduleConfigError, match="tau: PPO has no such target"):
        schedule_hyperparameters(model, {"tau": 0.1})
    assert type(model) is models.class_of("PPO")


@pytest.mark.parametrize("name", ["PPO", "SAC"])
def test_after_an_exception_the_schedules_are_still_there(name: str) -> None:
    def fails(*_: Any) -> bool:
        raise ConnectionError

    model = schedule_hyperparameters(models.make(name), {"learning_rate": 0.25})
    with pytest.raises(ConnectionError):
        model.learn(32, callback=fails)
    with models.optimizer_steps() as steps:
        model.learn(32)
    assert {rate for _, rates in steps for rate in rates} == {0.25}


def test_a_run_that_stopped_where_nothing_watches_can_be_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cls, seen = models.at_each_update("PPO", lambda model: model.ent_coef)
    model = schedule_hyperparameters(models.make("PPO", cls=cls, ent_coef=0.5), {"ent_coef": 0.1})

    def stops(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(models.class_of("PPO"), "_update_current_progress_remaining", stops)
        model.learn(32)
    model.learn(32)
    assert seen == [0.1, 0.1]
    assert model.ent_coef == 0.5
