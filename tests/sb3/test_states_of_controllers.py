"""What a continued run goes on from: the state of each controller, which the model remembers."""

from __future__ import annotations

from typing import Any

import pytest
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import ScheduleConfigError
from lr_schedule.control import KLController
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3 import models
from tests.sb3.controlled import HIGH, Logs, Used, scale_of
from tests.sb3.envs import Walk


def test_a_new_run_starts_at_scale_1_and_a_continued_one_at_the_scale_that_the_model_remembers() -> None:
    callback = ScheduleCallback({"learning_rate": HIGH})
    model = models.make("PPO", n_epochs=3).learn(96, callback=callback)
    before = scale_of(model)
    first, second = Used("schedule/learning_rate_scale"), Used("schedule/learning_rate_scale")
    model.learn(16, callback=[callback, first], reset_num_timesteps=False)
    model.learn(16, callback=[callback, second])
    assert before != 1.0
    assert [scale for _, scale in first.rows] == [before]
    assert [scale for _, scale in second.rows] == [1.0]


def test_a_run_in_chunks_goes_on_and_timesteps_done_0_starts_anew() -> None:
    model = models.make("PPO", n_epochs=3)
    model.learn(96, callback=ScheduleCallback({"learning_rate": HIGH}, total_timesteps=200))
    before = scale_of(model)
    chunk, anew = Used("schedule/learning_rate_scale"), Used("schedule/learning_rate_scale")
    model.learn(16, callback=[ScheduleCallback({"learning_rate": HIGH}, total_timesteps=200), chunk])
    model.learn(16, callback=[ScheduleCallback({"learning_rate": HIGH}, 200, timesteps_done=0), anew])
    assert [scale for _, scale in chunk.rows] == [before]
    assert [scale for _, scale in anew.rows] == [1.0]


def test_another_rule_goes_on_from_the_scale() -> None:
    model = models.make("PPO", n_epochs=3).learn(96, callback=ScheduleCallback({"learning_rate": HIGH}))
    before = scale_of(model)
    plateau = {"controller": "plateau", "schedule": 0.5, "metric": "train/loss"}
    model.learn(16, callback=ScheduleCallback({"learning_rate": plateau}), reset_num_timesteps=False)
    assert model.schedule_controllers["learning_rate"]["controller"] == "plateau"
    assert scale_of(model) == before


def test_a_target_without_a_controller_is_forgotten() -> None:
    model = models.make("PPO").learn(32, callback=ScheduleCallback({"learning_rate": HIGH}))
    model.learn(32, callback=ScheduleCallback({"learning_rate": 0.1}))
    assert model.schedule_controllers == {}


def test_a_value_that_waits_to_be_observed_is_saved_with_the_model(tmp_path: Any) -> None:
    class Saves(Logs):
        def _on_step(self) -> bool:
            super()._on_step()
            if self.num_timesteps == 20:
                self.model.save(tmp_path / "model.zip")
            return True

    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0, "metric": "my/metric"}
    callback = ScheduleCallback({"ent_coef": cfg})
    models.make("PPO").learn(32, callback=[callback, Saves("my/metric", {20: 5.0})])
    loaded = models.class_of("PPO").load(tmp_path / "model.zip", env=make_vec_env(Walk))
    assert loaded.schedule_controllers["ent_coef"]["waiting"] == 5.0
    loaded.learn(16, callback=ScheduleCallback({"ent_coef": cfg}), reset_num_timesteps=False)
    assert scale_of(loaded, "ent_coef") == 0.5
    assert "waiting" not in loaded.schedule_controllers["ent_coef"]


def test_a_controller_of_the_user_is_neither_moved_nor_shared() -> None:
    controller = KLController(schedule=0.5, maximum=1.0)
    model = models.make("PPO", n_epochs=3).learn(96, callback=ScheduleCallback({"learning_rate": controller}))
    assert scale_of(model) != 1.0
    assert controller.scale == 1.0


def test_a_state_that_holds_no_number_names_its_place_and_one_that_lacks_a_name_is_completed() -> None:
    model = models.make("PPO").learn(16, callback=ScheduleCallback({"learning_rate": HIGH}))
    model.schedule_controllers = {"learning_rate": {"controller": "kl", "metric": "train/approx_kl"}}
    model.learn(16, callback=ScheduleCallback({"learning_rate": HIGH}), reset_num_timesteps=False)
    model.schedule_controllers = {"learning_rate": {"controller": "kl", "scale": "high"}}
    message = r"schedule_controllers\.learning_rate\.scale: must be a finite number"
    with pytest.raises(ScheduleConfigError, match=message):
        model.learn(16, callback=ScheduleCallback({"learning_rate": HIGH}), reset_num_timesteps=False)
