"""Nothing of the callback stays on the model: after training, after an exception, in a save."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, CheckpointCallback
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.envs import Breaks, Walk
from tests.sb3.models import DISCRETE, SETTINGS, class_of, make, noise
from tests.sb3.test_every_algorithm import schedules_for, settings_for


def hyperparameters(model: Any) -> Any:
    """Return all that a save writes and that training does not change by itself, and what lies beside the model."""
    moved = ("num_timesteps", "start_time", "exploration_rate", "ep_info_buffer", "ep_success_buffer", "old_count")
    kept = {k: v for k, v in vars(model).items() if not k.startswith("_") and k not in moved}
    plain = {
        k: v for k, v in kept.items() if isinstance(v, (int, float, str)) or v is None or "schedule" in k or "clip" in k
    }
    buffer = getattr(model, "rollout_buffer", None)
    alpha = getattr(model, "ent_coef_tensor", None)
    return plain | {
        "buffer": (buffer.gamma, buffer.gae_lambda) if buffer else None,
        "sigma": getattr(model, "action_noise", None) and model.action_noise._sigma[0],
        "alpha": None if alpha is None else alpha.item(),
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_after_training_every_hyperparameter_is_what_it_was(name: str) -> None:
    model = make(name, **settings_for(name))
    before = hyperparameters(model)
    model.learn(40, callback=ScheduleCallback(schedules_for(name)))
    assert hyperparameters(model) == before
    assert type(model) is class_of(name)


@pytest.mark.parametrize("name", SETTINGS)
def test_after_an_exception_every_hyperparameter_is_what_it_was_and_the_model_saves_loads_and_learns(
    name: str, tmp_path: Path
) -> None:
    env = make_vec_env(lambda: Breaks(breaks_at=40, discrete=name in DISCRETE))
    model = make(name, env, **settings_for(name))
    before = hyperparameters(model)
    callback = ScheduleCallback(schedules_for(name))
    with pytest.raises(ConnectionError):
        model.learn(400, callback=callback)
    assert hyperparameters(model) == before
    assert type(model) is class_of(name)
    model.save(tmp_path / "model")
    loaded = class_of(name).load(tmp_path / "model", env=env, device="cpu")
    loaded.learn(40)
    model.learn(40, callback=callback)
    assert hyperparameters(model) == before


def test_an_exception_within_an_update_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make("PPO", ent_coef=0.5)
    monkeypatch.setattr(model.policy, "evaluate_actions", lambda *_: 1 / 0)
    schedules = {"ent_coef": 0.1, "policy.action_net.learning_rate": 0.1}
    with pytest.raises(ZeroDivisionError):
        model.learn(64, callback=ScheduleCallback(schedules))
    assert model.ent_coef == 0.5
    assert not model.policy.optimizer._optimizer_step_pre_hooks
    assert type(model) is class_of("PPO")


def test_an_exception_within_a_step_joins_the_groups_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make("PPO")
    groups = model.policy.optimizer.param_groups
    model.learn(16)
    monkeypatch.setattr(torch.optim.Adam, "_init_group", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.learn(64, callback=ScheduleCallback({"policy.action_net.learning_rate": 0.1}))
    assert model.policy.optimizer.param_groups is groups


def test_a_callback_that_stops_training_early_leaves_the_model_as_it_was() -> None:
    class Stop(BaseCallback):
        def _on_step(self) -> bool:
            return self.num_timesteps < 24

    model = make("PPO", ent_coef=0.5)
    model.learn(64, callback=[Stop(), ScheduleCallback({"ent_coef": 0.1})])
    assert model.ent_coef == 0.5
    assert type(model) is class_of("PPO")


def test_a_callback_left_attached_by_a_failing_neighbour_is_released_by_the_next_training() -> None:
    class Fails(BaseCallback):
        def _on_training_start(self) -> None:
            raise RuntimeError("not ready")

        def _on_step(self) -> bool:
            return True

    model = make("PPO", ent_coef=0.5)
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(32, callback=[ScheduleCallback({"ent_coef": 0.1}), Fails()])
    model.learn(32, callback=ScheduleCallback({"vf_coef": 0.1}))
    assert (model.ent_coef, model.vf_coef) == (0.5, 0.5)
    assert type(model) is class_of("PPO")


def test_one_callback_serves_many_trainings_and_several_models() -> None:
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)})
    first, second = make("PPO", ent_coef=0.25), make("A2C", ent_coef=0.75)
    for _ in range(2):
        first.learn(32, callback=callback)
        second.learn(32, callback=callback)
    assert (first.ent_coef, second.ent_coef) == (0.25, 0.75)


def test_it_works_in_a_list_within_a_list_and_twice_in_one() -> None:
    seen = []

    class Note(BaseCallback):
        def _on_step(self) -> bool:
            model: Any = self.model
            seen.append(model.ent_coef)
            return True

    model = make("PPO", ent_coef=0.25)
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)})
    model.learn(32, callback=CallbackList([CallbackList([callback]), Note(), callback]))
    assert seen == [0.5] * 16 + [0.25] * 16
    assert model.ent_coef == 0.25


def test_a_checkpoint_made_while_training_holds_the_schedules_of_the_model_and_nothing_of_the_callback(
    tmp_path: Path,
) -> None:
    model = make("PPO", learning_rate=LinearLRSchedule(0.01), clip_range=LinearLRSchedule(0.3, final_value=0.1))
    schedules = {
        "learning_rate": 0.5,
        "clip_range": 0.2,
        "clip_range_vf": 0.1,
        "gamma": 0.5,
        "actor.learning_rate": 0.1,
    }
    model.learn(32, callback=[ScheduleCallback(schedules), CheckpointCallback(20, str(tmp_path))])
    with zipfile.ZipFile(tmp_path / "rl_model_20_steps.zip") as archive:
        data = json.loads(archive.read("data"))
    assert set(data) == set(saved_attributes(tmp_path))
    loaded = class_of("PPO").load(tmp_path / "rl_model_20_steps", env=model.get_env(), device="cpu")
    assert type(loaded) is class_of("PPO")
    assert loaded.learning_rate == LinearLRSchedule(0.01)
    assert loaded.clip_range.value_schedule == LinearLRSchedule(0.3, final_value=0.1)
    assert loaded.clip_range_vf is None
    loaded.learn(32)


def saved_attributes(folder: Path) -> Any:
    make("PPO").learn(16).save(folder / "plain")
    with zipfile.ZipFile(folder / "plain.zip") as archive:
        return json.loads(archive.read("data"))


def test_the_class_of_a_model_in_training_passes_for_its_own() -> None:
    seen = []

    class Look(BaseCallback):
        def _on_training_start(self) -> None:
            seen.append((type(self.model).__name__, isinstance(self.model, class_of("PPO"))))

        def _on_step(self) -> bool:
            return True

    make("PPO").learn(16, callback=[ScheduleCallback({"gamma": 0.9}), Look()])
    assert seen == [("PPO", True)]


def test_the_noise_of_several_environments_gets_its_sigma_back_after_an_exception() -> None:
    env = make_vec_env(lambda: Breaks(breaks_at=20), n_envs=2)
    model = make("TD3", env, action_noise=noise(0.7))
    with pytest.raises(ConnectionError):
        model.learn(100, callback=ScheduleCallback({"action_noise.sigma": 0.1}))
    assert [float(item._sigma[0]) for item in [model.action_noise.base_noise, *model.action_noise.noises]] == [0.7] * 3


def test_what_stands_in_for_a_schedule_pickles_as_that_schedule() -> None:
    pickled = []

    class Pickle(BaseCallback):
        def _on_step(self) -> bool:
            pickled.append(pickle.loads(pickle.dumps(self.model.lr_schedule)))
            return False

    model = make("PPO", learning_rate=LinearLRSchedule(0.01))
    model.learn(16, callback=[ScheduleCallback({"learning_rate": 0.5}), Pickle()])
    assert pickled[0].value_schedule == LinearLRSchedule(0.01)
    assert pickled[0](0.5) == 0.005


def test_an_error_at_the_start_leaves_the_model_as_it_was() -> None:
    model = make("PPO", make_vec_env(Walk), ent_coef=0.25)
    before = hyperparameters(model)
    with pytest.raises(ScheduleConfigError):
        model.learn(32, callback=[ScheduleCallback({"ent_coef": 0.1}), ScheduleCallback({"gamma": 2.0})])
    assert hyperparameters(model) == before
    assert type(model) is class_of("PPO")
