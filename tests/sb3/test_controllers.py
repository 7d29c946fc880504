"""ScheduleCallback with controllers: what an update is made with follows from what the update before has shown."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import stable_baselines3.ppo.ppo as ppo_module
import torch
from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv

from lr_schedule import ScheduleConfigError
from lr_schedule.control import create_controller
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3 import models
from tests.sb3.controlled import HIGH, Logs, Series, Used, noting, scale_of
from tests.sb3.envs import Walk


def test_each_update_uses_the_rate_that_the_kl_of_the_update_before_leads_to() -> None:
    cls, used = models.at_each_update("PPO", lambda model: model.policy.optimizer.param_groups[0]["lr"])
    series = Series("train/approx_kl", "train/learning_rate")
    model = models.make("PPO", cls=cls, n_epochs=3)
    model.learn(160, callback=[ScheduleCallback({"learning_rate": HIGH}), series])
    controller = create_controller(HIGH)
    expected = []
    for timesteps, kl, _ in series.rows:
        expected.append(controller(1.0 - timesteps / 160))
        controller.observe(kl, 1.0 - timesteps / 160)
    assert [rate for *_, rate in series.rows] == expected
    assert len(set(np.array(expected[:-1]) / [1.0 - row[0] / 160 for row in series.rows[:-1]])) > 2  # it has moved
    assert scale_of(model) == controller.scale  # the last update is observed too
    assert used[1:] == expected[:-1]  # before an update the optimizer still has the rate of the one before


def test_the_metric_that_was_observed_is_logged_for_the_next_update() -> None:
    logged, series = Used("schedule/learning_rate_scale"), Series("train/approx_kl")
    observed = []

    class Notes(BaseCallback):
        def _on_rollout_end(self) -> None:
            observed.append(self.logger.name_to_value.get("schedule/learning_rate_metric"))

        def _on_step(self) -> bool:
            return True

    models.make("PPO").learn(64, callback=[ScheduleCallback({"learning_rate": HIGH}), logged, series, Notes()])
    assert observed == [None, *(kl for _, kl in series.rows[:-1])]


def test_the_scale_is_logged_beside_the_value() -> None:
    series = Used("schedule/learning_rate", "schedule/learning_rate_scale")
    models.make("PPO").learn(64, callback=[ScheduleCallback({"learning_rate": HIGH}), series])
    assert len(series.rows) == 4
    for timesteps, value, scale in series.rows:
        assert value == max(0.5 * (1.0 - timesteps / 64) * scale, 1e-6)


@pytest.mark.parametrize("name", ["PPO", "MaskablePPO", "RecurrentPPO"])
def test_the_metric_kl_is_the_mean_over_all_minibatches_and_with_one_epoch_what_is_logged(name: str) -> None:
    cfg = {**HIGH, "metric": "kl"}
    seen: list[float] = []
    callback, series = ScheduleCallback({"learning_rate": cfg}), Series("train/approx_kl")
    model = models.make(name, n_steps=40)
    noting(seen, callback, model)
    model.learn(160, callback=[callback, series])
    # torch's mean is one of 32-bit floats, ours is not; the last mini-batch is smaller than the others.
    np.testing.assert_allclose(seen, [kl for _, kl in series.rows], rtol=1e-4, atol=1e-8)
    assert len(seen) == 4


def test_the_metric_kl_counts_every_epoch_where_sb3_logs_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    ratios: list[Any] = []

    class Torch:
        """torch, noting what PPO raises e to: in each mini-batch twice the logarithm of the ratio of two policies."""

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

        def exp(self, x: Any) -> Any:
            ratios.append(x.detach().double().numpy())
            return torch.exp(x)

    monkeypatch.setattr(ppo_module, "th", Torch())
    seen: list[float] = []
    callback = ScheduleCallback({"learning_rate": {"controller": "kl", "schedule": 0.02, "metric": "kl"}})
    series = Series("train/approx_kl")
    model = models.make("PPO", n_epochs=4, n_steps=32, use_sde=False)
    noting(seen, callback, model)
    model.learn(64, callback=[callback, series])
    logs = [x for x in ratios if x.shape == (16,)][1::2]
    expected = np.reshape([np.mean(np.exp(x) - 1.0 - x) for x in logs], (2, 8)).mean(axis=1)
    np.testing.assert_allclose(seen, expected, rtol=1e-9)
    last_epoch = np.array([kl for _, kl in series.rows])
    assert (abs(last_epoch / expected - 1.0) > 0.05).all()


def watched_objects(model: Any) -> list[Any]:
    return [model, model.policy, model.rollout_buffer, model.logger]


@pytest.mark.parametrize("metric", ["kl", "train/approx_kl"])
def test_nothing_of_what_listens_stays_in_the_model_its_copies_and_its_saves(metric: str, tmp_path: Any) -> None:
    class Saves(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == 40:
                self.model.save(tmp_path / "during.zip")
                assert type(copy.deepcopy(self.model.policy)) is type(models.make("PPO").policy)
            return True

    plain = models.make("PPO").learn(48)
    model = models.make("PPO")
    model.learn(48, callback=[ScheduleCallback({"learning_rate": {**HIGH, "metric": metric}}), Saves()])
    assert [type(one) for one in watched_objects(model)] == [type(one) for one in watched_objects(plain)]
    for one in watched_objects(model):
        assert not {"record", "record_mean", "evaluate_actions", "_get_samples"} & vars(one).keys()
    assert vars(model).keys() - vars(plain).keys() == {"schedule_controllers"}
    model.save(tmp_path / "after.zip")
    for name in ("during", "after"):
        loaded = models.class_of("PPO").load(tmp_path / f"{name}.zip", env=model.get_env())
        assert loaded.schedule_controllers["learning_rate"].keys() == {"controller", "metric", "scale"}
        loaded.learn(16)


def test_nothing_that_listens_stays_after_an_exception() -> None:
    class Fails(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == 20:
                raise ConnectionError
            return True

    model = models.make("PPO")
    with pytest.raises(ConnectionError):
        model.learn(48, callback=[ScheduleCallback({"learning_rate": {**HIGH, "metric": "kl"}}), Fails()])
    assert [type(one) for one in watched_objects(model)] == [
        type(one) for one in watched_objects(models.make("PPO").learn(1))
    ]


def test_what_somebody_else_evaluates_between_updates_is_no_part_of_the_kl() -> None:
    class Evaluates(BaseCallback):
        def _on_step(self) -> bool:
            observations = torch.as_tensor(self.locals["new_obs"])
            policy: Any = self.model.policy
            policy.evaluate_actions(observations, torch.zeros(len(observations), 1))
            return True

    seen: dict[str, list[float]] = {"alone": [], "beside": []}
    for name, others in (("alone", []), ("beside", [Evaluates()])):
        callback = ScheduleCallback({"learning_rate": {"controller": "kl", "schedule": 0.02, "metric": "kl"}})
        model = models.make("PPO", n_steps=32)
        noting(seen[name], callback, model)
        model.learn(96, callback=[callback, *others])
    assert seen["alone"] == seen["beside"]
    assert len(seen["alone"]) == 3


def test_two_targets_may_follow_one_metric() -> None:
    model = models.make("PPO", n_epochs=4)
    rate, clip = ({"controller": "kl", "schedule": value, "metric": "kl", "maximum": 1.0} for value in (0.1, 0.2))
    model.learn(96, callback=ScheduleCallback({"learning_rate": rate, "clip_range": clip}))
    assert scale_of(model) == scale_of(model, "clip_range") != 1.0


def test_a_metric_that_never_has_a_value_is_an_error_after_the_third_update_that_lists_those_that_have() -> None:
    cfg = {"controller": "kl", "schedule": 1e-3, "metric": "train/aprox_kl"}
    model = models.make("PPO")
    with pytest.raises(ScheduleConfigError) as caught:
        model.learn(160, callback=ScheduleCallback({"learning_rate": cfg}))
    assert model.num_timesteps == 48
    message = str(caught.value)
    assert message.startswith(
        "learning_rate.metric: has had no value in 3 updates; did you mean 'train/approx_kl'? Logged keys: "
    )
    for key in ("train/clip_fraction", "train/entropy_loss", "rollout/ep_rew_mean"):
        assert key in message
    assert "schedule/" not in message


def test_a_metric_that_is_missing_in_an_update_moves_nothing() -> None:
    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0, "metric": "my/metric"}
    model = models.make("PPO")
    model.learn(160, callback=[ScheduleCallback({"ent_coef": cfg}), Logs("my/metric", {16: 5.0, 160: 5.0})])
    assert scale_of(model, "ent_coef") == 0.25  # one observation each, however long it stays in the log


def test_an_evaluation_counts_once_and_may_come_late() -> None:
    cfg = {"controller": "plateau", "schedule": 1e-3, "metric": "eval/mean_reward", "patience": 1}
    evaluation = EvalCallback(make_vec_env(Walk, n_envs=1), n_eval_episodes=1, eval_freq=70, verbose=0)
    model = models.make("PPO")
    model.learn(224, callback=[evaluation, ScheduleCallback({"learning_rate": cfg})])
    # Evaluated three times, each time 10: best, bad, bad and lower. In 14 updates.
    assert model._n_updates == 14
    assert scale_of(model) == 0.5


def test_rollout_metrics_are_those_that_sb3_logs_and_count_once_per_update_with_an_end_of_an_episode() -> None:
    seen: list[float] = []
    cfg = {"controller": "plateau", "schedule": 1e-3, "metric": "rollout/ep_rew_mean", "patience": 1}
    callback = ScheduleCallback({"learning_rate": cfg})
    model = models.make("PPO", make_vec_env(lambda: Walk(length=40), n_envs=1))
    noting(seen, callback, model)
    model.learn(160, callback=callback)
    assert seen == [40.0] * 4  # 10 rollouts of 16 steps hold the ends of 4 episodes


def test_rollout_metrics_of_environments_without_a_monitor_are_missing() -> None:
    cfg = {"controller": "plateau", "schedule": 1e-3, "metric": "rollout/ep_rew_mean"}
    model = models.make("PPO", DummyVecEnv([Walk]))
    with pytest.raises(ScheduleConfigError, match="has had no value in 3 updates"):
        model.learn(160, callback=ScheduleCallback({"learning_rate": cfg}))


def test_a_function_of_the_model_is_asked_once_after_each_update() -> None:
    asked = []

    def difficulty(model: Any) -> Any:
        asked.append((model.num_timesteps, model._n_updates))
        return 2.0 if len(asked) == 2 else None

    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0, "metric": difficulty}
    model = models.make("PPO")
    model.learn(64, callback=ScheduleCallback({"ent_coef": cfg}))
    assert asked == [(16, 1), (32, 2), (48, 3), (64, 4)]
    assert model.schedule_controllers["ent_coef"] == {"controller": "target", "metric": "difficulty", "scale": 0.5}


def test_a_metric_that_is_no_number_is_an_error_that_names_its_place() -> None:
    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "metric": lambda model: "high"}
    with pytest.raises(ScheduleConfigError, match=r"ent_coef\.metric: must be a number \(received 'high'\)"):
        models.make("PPO").learn(64, callback=ScheduleCallback({"ent_coef": cfg}))


def test_a_kl_that_is_nan_lowers_the_rate_and_warns_once() -> None:
    cfg = {"controller": "kl", "schedule": 1e-3, "metric": lambda model: math.nan}
    model = models.make("PPO")
    with pytest.warns(RuntimeWarning, match="the metric of 'kl' is nan") as caught:
        model.learn(48, callback=ScheduleCallback({"learning_rate": cfg}))
    assert len([one for one in caught if issubclass(one.category, RuntimeWarning)]) == 1
    assert scale_of(model) == pytest.approx(1.5**-3, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "target", "cfg"),
    [
        ("SAC", "tau", {"controller": "target", "goal": -1e9, "metric": "train/actor_loss", "maximum": 1.0}),
        ("TD3", "learning_rate", {"controller": "target", "goal": -1e9, "metric": "train/critic_loss"}),
        ("DQN", "exploration_rate", {"controller": "target", "goal": -1e9, "metric": "train/loss", "maximum": 1.0}),
        ("A2C", "ent_coef", {"controller": "target", "goal": -1e9, "metric": "train/entropy_loss"}),
        ("TRPO", "learning_rate", {"controller": "target", "goal": -1e9, "metric": "train/value_loss"}),
    ],
)
def test_every_update_of_every_algorithm_is_observed_once(name: str, target: str, cfg: Any) -> None:
    seen: list[float] = []
    cls, updates = models.at_each_update(name, lambda model: model._n_updates)
    callback = ScheduleCallback({target: {**cfg, "schedule": 0.1}})
    model = models.make(name, cls=cls)
    noting(seen, callback, model)
    model.learn(32, callback=callback)
    assert len(seen) == len(updates) > 1


def test_a_logger_that_is_listened_to_does_what_it_did() -> None:
    series = Used("my/mean")

    class Means(BaseCallback):
        def _on_step(self) -> bool:
            self.logger.record_mean("my/mean", float(self.num_timesteps))
            return True

    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0, "metric": "my/mean"}
    model = models.make("PPO")
    model.learn(16, callback=[Means(), ScheduleCallback({"ent_coef": cfg}), series])
    assert series.rows == [(16, 8.5)]
    assert scale_of(model, "ent_coef") == 0.5
    assert type(model.logger) is Logger
