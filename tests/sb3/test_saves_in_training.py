"""What is saved, pickled or copied while a model trains is the model as it was made, with the weights of the moment."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback, CheckpointCallback, EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.save_util import load_from_pkl
from stable_baselines3.common.vec_env import VecNormalize

from lr_schedule import LinearLRSchedule
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.envs import Walk
from tests.sb3.models import SETTINGS, at_each_update, class_of, make, noise
from tests.sb3.test_every_algorithm import schedules_for, settings_for

NAMES = [
    *("ent_coef", "vf_coef", "max_grad_norm", "target_kl", "n_epochs", "cg_damping", "gamma", "gae_lambda", "tau"),
    *("target_entropy", "target_policy_noise", "target_noise_clip", "top_quantiles_to_drop_per_net"),
]


class At(BaseCallback):
    """Does something with the model at one of its steps."""

    def __init__(self, step: int, deed: Callable[[Any], Any]) -> None:
        super().__init__()
        self.step = step
        self.deed = deed

    def _on_step(self) -> bool:
        if self.n_calls == self.step:
            self.deed(self.model)
        return True


def made_with(model: Any) -> Any:
    """Return the numbers that a model was made with."""
    alpha = getattr(model, "ent_coef_tensor", None)
    sigma = getattr(getattr(model, "action_noise", None), "_sigma", None)
    return {name: getattr(model, name, None) for name in NAMES} | {
        "alpha": None if alpha is None else alpha.item(),
        "sigma": None if sigma is None else float(sigma[0]),
    }


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("first", [False, True])
def test_a_checkpoint_of_any_algorithm_holds_what_the_model_was_made_with(
    name: str, first: bool, tmp_path: Path
) -> None:
    model = make(name, **settings_for(name))
    expected = made_with(model)
    seen = []

    def save(model: Any) -> None:
        seen.append(made_with(model))
        model.save(tmp_path / "model")

    callbacks = [ScheduleCallback(schedules_for(name)), At(35, save)]
    model.learn(60, callback=callbacks[::-1] if first else callbacks)
    assert len(seen) == 1
    assert seen[0] != expected or name == "ARS"  # both of its targets are schedules
    loaded = class_of(name).load(tmp_path / "model", device="cpu")
    assert made_with(loaded) == expected
    assert type(loaded) is class_of(name)
    assert made_with(model) == expected


def test_a_run_goes_on_from_a_checkpoint_with_what_the_model_was_made_with(tmp_path: Path) -> None:
    model = make("PPO", ent_coef=0.01)
    schedules = {"ent_coef": LinearLRSchedule(0.05), "gamma": 0.92, "target_kl": 0.04, "n_epochs": 3}

    def make_callback() -> Any:
        return ScheduleCallback(schedules, total_timesteps=64)

    checkpoint = CheckpointCallback(32, str(tmp_path))
    model.learn(64, callback=[make_callback(), checkpoint])
    cls, seen = at_each_update("PPO", lambda m: (m.ent_coef, m.gamma, m.target_kl, m.n_epochs))
    loaded = cls.load(tmp_path / "rl_model_32_steps", env=model.get_env(), device="cpu")
    loaded.learn(32, callback=make_callback(), reset_num_timesteps=False)
    assert seen == [(pytest.approx(0.0125, rel=1e-12), 0.92, 0.04, 3), (0.0, 0.92, 0.04, 3)]
    assert (loaded.ent_coef, loaded.gamma, loaded.target_kl, loaded.n_epochs) == (0.01, 0.99, None, 1)
    del seen[:]
    alone = cls.load(tmp_path / "rl_model_32_steps", env=model.get_env(), device="cpu")
    alone.learn(16)
    assert seen == [(0.01, 0.99, None, 1)]


@pytest.mark.parametrize("first", [False, True])
def test_a_checkpoint_holds_how_far_the_run_is_wherever_the_callback_stands_in_the_list(
    first: bool, tmp_path: Path
) -> None:
    model = make("PPO", n_envs=2)
    callbacks = [ScheduleCallback({}, total_timesteps=96), CheckpointCallback(10, str(tmp_path))]
    model.learn(64, callback=callbacks[::-1] if first else callbacks)
    loaded = class_of("PPO").load(tmp_path / "rl_model_20_steps", device="cpu")
    assert loaded.num_timesteps == 20
    assert loaded.schedule_run == {"before": 0, "elapsed": 20, "total": 96}


def test_the_best_model_of_an_evaluation_holds_what_the_model_was_made_with(tmp_path: Path) -> None:
    model = make("PPO", ent_coef=0.01)
    evaluation = EvalCallback(make_vec_env(Walk), eval_freq=20, best_model_save_path=str(tmp_path), verbose=0)
    model.learn(32, callback=[ScheduleCallback({"ent_coef": 0.5, "gamma": 0.5}), evaluation])
    best = class_of("PPO").load(tmp_path / "best_model", device="cpu")
    assert (best.ent_coef, best.gamma) == (0.01, 0.99)


def test_after_a_save_training_goes_on_with_the_values_of_the_schedule(tmp_path: Path) -> None:
    cls, seen = at_each_update("SAC", lambda m: (m.tau, m.ent_coef_tensor.item()))
    model = make("SAC", cls=cls, ent_coef=0.25, tau=0.01)
    save = At(1, lambda m: m.save(tmp_path / "model"))
    model.learn(20, callback=[ScheduleCallback({"tau": 0.5, "ent_coef": 0.75}), save])
    assert set(seen) == {(0.5, 0.75)}


def test_a_save_that_fails_leaves_training_with_the_values_of_the_schedule() -> None:
    seen = []

    def fails(model: Any) -> None:
        with pytest.raises(TypeError, match="invalid type"):
            model.save(3)
        seen.append(model.ent_coef)

    model = make("PPO", ent_coef=0.01)
    model.learn(16, callback=[ScheduleCallback({"ent_coef": 0.5}), At(4, fails)])
    assert (seen, model.ent_coef) == ([0.5], 0.01)


def test_saved_statistics_of_an_environment_hold_the_gamma_that_it_was_made_with(tmp_path: Path) -> None:
    env = VecNormalize(make_vec_env(Walk), gamma=0.75)
    model = make("PPO", env, gamma=0.75)
    checkpoint = CheckpointCallback(20, str(tmp_path), save_vecnormalize=True)
    gammas = []
    callbacks = [ScheduleCallback({"gamma": 0.5}), checkpoint, At(20, lambda m: gammas.append(env.gamma))]
    model.learn(32, callback=callbacks)
    loaded = VecNormalize.load(str(tmp_path / "rl_model_vecnormalize_20_steps.pkl"), make_vec_env(Walk))
    assert (gammas, loaded.gamma, env.gamma) == ([0.5], 0.75, 0.75)
    assert type(loaded) is type(env) is VecNormalize


def test_a_saved_replay_buffer_holds_the_gamma_that_it_was_made_with(tmp_path: Path) -> None:
    model = make("DQN", n_steps=3, gamma=0.75)
    buffer = model.replay_buffer
    gammas = []

    def save(model: Any) -> None:
        gammas.append(buffer.gamma)
        model.save_replay_buffer(tmp_path / "buffer")

    model.learn(20, callback=[ScheduleCallback({"gamma": 0.5}), At(10, save)])
    loaded = load_from_pkl(tmp_path / "buffer.pkl")
    assert (gammas, loaded.gamma, buffer.gamma) == ([0.5], 0.75, 0.75)
    assert type(loaded) is type(buffer)


@pytest.mark.parametrize("duplicate", [copy, deepcopy, lambda x: cloudpickle.loads(cloudpickle.dumps(x))])
def test_a_copy_of_a_noise_in_use_has_the_sigma_that_it_was_made_with(duplicate: Any) -> None:
    copies = []
    model = make("TD3", action_noise=noise(0.75))

    def look(model: Any) -> None:
        copies.extend([model.action_noise, duplicate(model.action_noise)])
        assert [float(item._sigma[0]) for item in copies] == [0.5, 0.75]

    model.learn(20, callback=[ScheduleCallback({"action_noise.sigma": 0.5}), At(10, look)])
    assert [float(item._sigma[0]) for item in copies] == [0.75, 0.75]
    assert type(copies[0]) is type(copies[1]) is type(noise())


@pytest.mark.parametrize("duplicate", [copy, deepcopy])
def test_a_copy_of_a_model_in_training_is_a_model_as_it_was_made(duplicate: Any) -> None:
    copies = []
    cls, seen = at_each_update("PPO", lambda m: (m.ent_coef, m.lr_schedule(m._current_progress_remaining)))
    model = make("PPO", cls=cls, ent_coef=0.25, learning_rate=LinearLRSchedule(0.01))
    schedules = {"ent_coef": 0.5, "learning_rate": 0.5}
    model.learn(16, callback=[ScheduleCallback(schedules), At(1, lambda m: copies.append(duplicate(m)))])
    assert type(copies[0]) is cls
    copies[0].learn(32)
    assert seen == [(0.5, 0.5), (0.25, 0.005), (0.25, 0.0)]


def test_a_model_that_a_callback_loads_by_the_class_of_the_model_in_training_is_one_as_it_was_made(
    tmp_path: Path,
) -> None:
    loaded = []
    model = make("PPO", ent_coef=0.25)

    def load(model: Any) -> None:
        model.save(tmp_path / "model")
        loaded.append(type(model).load(tmp_path / "model", env=model.get_env(), device="cpu"))

    model.learn(16, callback=[ScheduleCallback({"ent_coef": 0.5}), At(4, load)])
    assert type(loaded[0]) is class_of("PPO")
    assert loaded[0].learn(16).ent_coef == 0.25


def test_the_class_of_a_model_in_training_pickles_as_the_class_that_it_was_made_with() -> None:
    classes = []
    model = make("PPO")
    pickled = At(4, lambda m: classes.append(pickle.loads(pickle.dumps(type(m)))))
    model.learn(16, callback=[ScheduleCallback({"ent_coef": 0.5}), pickled])
    assert classes == [class_of("PPO")]


def test_a_hyperparameter_that_is_a_property_is_set_as_one_and_put_back() -> None:
    base: Any = class_of("PPO")

    class Doubling(base):  # type: ignore[misc]
        """Keeps the coefficient under another name."""

        @property
        def ent_coef(self) -> Any:
            return self.half * 2.0

        @ent_coef.setter
        def ent_coef(self, value: Any) -> None:
            self.half = value / 2.0

    Doubling.__name__, Doubling.__module__ = "PPO", base.__module__
    seen = []
    model = make("PPO", cls=Doubling, ent_coef=0.25)
    model.learn(16, callback=[ScheduleCallback({"ent_coef": 0.5}), At(4, lambda m: seen.append(m.half))])
    assert (seen, model.half) == ([0.25], 0.125)


def test_the_weights_in_a_checkpoint_are_those_of_the_moment(tmp_path: Path) -> None:
    weights: list[Any] = []

    def save(model: Any) -> None:
        model.save(tmp_path / "model")
        weights.extend(deepcopy(list(model.policy.state_dict().values())))

    make("PPO").learn(48, callback=[ScheduleCallback({"ent_coef": 0.5}), At(40, save)])
    loaded: Any = class_of("PPO").load(tmp_path / "model", device="cpu")
    for tensor, expected in zip(loaded.policy.state_dict().values(), weights, strict=True):
        assert torch.equal(tensor, expected)
    assert np.isfinite([tensor.sum().item() for tensor in weights]).all()
