"""A run from the command line trains as its candidate says, the same each time, and mistakes show before it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lr_schedule import ScheduleConfigError
from lr_schedule.compare.training import Trainer, check_all

BASE = {"n_steps": 32, "batch_size": 32, "n_epochs": 2, "policy_kwargs": "dict(net_arch=[8])"}
TASK = "CartPole-v1"


def trainer(algo: str = "ppo", base: dict[str, Any] = BASE, **options: Any) -> Trainer:
    given = {"n_timesteps": 128, "evaluations": 4, "episodes": 2, "device": "cpu", **options}
    return Trainer(algo, base=base, **given)


def curve(candidate: Any, seed: int = 0, task: str = TASK, **options: Any) -> list[tuple[int, float]]:
    points: list[tuple[int, float]] = []
    trainer(**options)(candidate, task, seed, lambda timestep, score: points.append((timestep, score)))
    return points


def test_a_run_is_evaluated_at_fixed_timesteps_the_last_time_at_its_end() -> None:
    assert [timestep for timestep, _ in curve(1e-3)] == [32, 64, 96, 128]
    assert [timestep for timestep, _ in curve(1e-3, n_timesteps=100, evaluations=3)] == [33, 66, 100]


def test_a_run_warns_of_what_preview_warns_of() -> None:
    base = {**BASE, "n_steps": 128}
    warnings = trainer(base=base).warnings({"ent_coef": "lin_0.1_0.01", "learning_rate": "cosine_1e-3"}, TASK)
    assert [text.split(";")[0] for text in warnings] == [
        "learning_rate: only 1 value in 1 update",
        "learning_rate: the value is 0 in the last update, which therefore learns nothing",
        "ent_coef: only 1 value in 1 update",
    ]
    assert trainer(base={**base, "n_envs": 4, "n_steps": 8}, n_timesteps=2048).warnings("cosine_1e-3_1e-5", TASK) == ()
    assert trainer("ars", base={}).warnings("cosine_1e-3", TASK) == ()


def test_the_same_seed_gives_the_same_scores_and_another_one_others() -> None:
    assert curve("lin_0.01") == curve("lin_0.01")
    assert curve("lin_0.01", seed=1) != curve("lin_0.01")


def test_how_many_threads_torch_has_makes_no_difference_and_is_left_as_it_was() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        threaded = curve("lin_0.01")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert threaded == curve("lin_0.01")


def test_evaluating_more_often_changes_no_training() -> None:
    assert curve("lin_0.01", evaluations=1)[-1] == curve("lin_0.01", evaluations=4)[-1]


def built(candidate: Any, algo: str = "ppo", base: dict[str, Any] = BASE, task: str = TASK) -> Any:
    run = trainer(algo, base)._build(candidate, task, 0)
    run.close()
    return run


def test_a_candidate_counts_for_more_than_the_base() -> None:
    base = {**BASE, "learning_rate": 0.5, "ent_coef": {"type": "linear", "initial_value": 0.01}}
    run = built({"learning_rate": "lin_0.25", "ent_coef": 0.125, "n_steps": 16}, base=base)
    assert (run.model.lr_schedule(1.0), run.model.lr_schedule(0.5)) == (0.25, 0.125)
    assert (run.model.ent_coef, run.model.n_steps, run.callbacks) == (0.125, 16, [])
    assert run.model.policy_kwargs["net_arch"] == [8]


def test_a_controller_of_the_candidate_takes_the_place_of_the_schedule_of_the_base() -> None:
    run = built({"controller": "kl", "schedule": 0.25}, base={**BASE, "learning_rate": 0.5})
    (callback,) = run.callbacks
    assert list(callback.schedules) == ["learning_rate"]


def test_a_controller_moves_the_learning_rate_of_a_run() -> None:
    held = {"controller": "kl", "schedule": 0.01, "target_kl": 1e-9}
    assert curve({"learning_rate": held}) != curve(0.01)


def test_environments_are_made_as_the_section_says() -> None:
    from stable_baselines3.common.vec_env import VecFrameStack, VecNormalize

    run = built(
        {"learning_rate": 1e-3, "n_envs": 3, "normalize": "dict(norm_reward=False)", "frame_stack": 2, "gamma": 0.5}
    )
    assert isinstance(run.env, VecFrameStack)
    assert isinstance(run.env.venv, VecNormalize)
    assert (run.env.num_envs, run.of_evaluation.num_envs) == (3, 1)
    assert (run.env.venv.norm_reward, run.env.venv.gamma, run.of_evaluation.venv.training) == (False, 0.5, False)
    assert run.env.observation_space.shape == (8,)


def test_wrappers_and_callbacks_of_the_zoo_are_used() -> None:
    section = {
        "learning_rate": 1e-3,
        "env_wrapper": [{"gymnasium.wrappers.TimeAwareObservation": {"flatten": True}}],
        "callback": [{"lr_schedule.sb3.ScheduleCallback": {"schedules": {"ent_coef": "lin_0.01"}}}],
    }
    run = built(section)
    assert [type(callback).__name__ for callback in run.callbacks] == ["ScheduleCallback"]
    assert run.env.observation_space.shape == run.of_evaluation.observation_space.shape == (5,)


def test_statistics_of_observations_are_those_of_the_training() -> None:
    run: Any = trainer()._build({"learning_rate": 1e-3, "normalize": True}, TASK, 0)
    run.model.learn(64)
    trainer().evaluate(run)
    assert run.of_evaluation.obs_rms.mean.tolist() == run.env.obs_rms.mean.tolist()
    assert run.env.obs_rms.count > 64
    run.close()


def test_noise_is_made_for_the_actions_of_the_task() -> None:
    section = {"learning_rate": 1e-3, "noise_type": "ornstein-uhlenbeck", "noise_std": 0.25}
    run = built(section, "td3", {"policy_kwargs": {"net_arch": [8]}}, "Pendulum-v1")
    assert run.model.action_noise._sigma.tolist() == [0.25]


@pytest.mark.parametrize("algo", ["dqn", "a2c", pytest.param("sbx ppo", marks=pytest.mark.slow), "ppo_lstm"])
def test_other_algorithms_train(algo: str) -> None:
    assert len(curve("lin_1e-3", algo=algo, base={}, n_timesteps=16, evaluations=2)) == 2


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ({"learning_rate": 1, "n_step": 8}, "a.n_step: PPO has no such key; did you mean 'n_steps'?"),
        ({"ent_coeff": {"type": "linear"}}, "a.ent_coeff: "),
        ({"learning_rate": {"type": "linear", "initial_valu": 1}}, "a.learning_rate.initial_valu: unknown key"),
        ({"learning_rate": 1, "policy": "MlpPolicy", "batch_size": -1}, "a: "),
        ({"learning_rate": 1, "policy": "MlpPolic"}, "a.policy: PPO has no such policy; did you mean 'MlpPolicy'?"),
        ({"learning_rate": 1, "noise_type": "norm"}, "a.noise_type: unknown noise; did you mean 'normal'?"),
        ({"learning_rate": 1, "env_wrapper": "no.such.Wrapper"}, "a.env_wrapper"),
        ({"learning_rate": 1, "callback": "no.such.Callback"}, "a.callback"),
    ],
)
def test_a_mistake_is_one_line_before_anything_trains(candidate: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        check_all(trainer(), {"a": candidate}, (TASK,))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_unknown_environment_is_told_with_the_nearest() -> None:
    with pytest.raises(ScheduleConfigError, match="--env: unknown environment; did you mean 'CartPole-v1'"):
        check_all(trainer(), {"a": 1e-3}, ("CartPol-v1",))


def test_a_package_of_environments_that_is_not_there_is_told() -> None:
    with pytest.raises(ScheduleConfigError, match="--gym-packages: cannot be imported: No module named 'panda'"):
        check_all(trainer(packages=("panda",)), {"a": 1e-3}, ("CartPole-v1",))
