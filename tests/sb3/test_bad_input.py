"""What bad input gets: an error that names the target and what is allowed, before training, and an unchanged model."""

from __future__ import annotations

import math
from typing import Any

import pytest
from stable_baselines3.common.callbacks import CallbackList, EvalCallback, EveryNTimesteps

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview, schedule_hyperparameters
from tests.sb3.models import make


def refused(name: str, schedules: dict[str, Any], match: str, **settings: Any) -> None:
    """Check that training stops with an error before its first step."""
    model = make(name, **settings)
    with pytest.raises(ScheduleConfigError, match=match):
        model.learn(64, callback=ScheduleCallback(schedules))
    assert model.num_timesteps == 0
    assert vars(model).get("schedule_run") is None


def test_an_unknown_target_names_the_nearest_and_all_that_the_algorithm_has() -> None:
    match = "ent_coeff: unknown target; did you mean 'ent_coef'.* for A2C: .*vf_coef, max_grad_norm, gamma"
    with pytest.raises(ScheduleConfigError, match=match):
        schedule_hyperparameters(make("A2C"), {"ent_coeff": 0.1})


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("A2C", "clip_range"),
        ("TRPO", "ent_coef"),
        ("SAC", "gae_lambda"),
        ("CrossQ", "tau"),
        ("DQN", "target_entropy"),
        ("PPO", "exploration_rate"),
        ("TD3", "delta_std"),
        ("SAC", "top_quantiles_to_drop_per_net"),
        ("ARS", "gamma"),
    ],
)
def test_a_target_that_the_algorithm_lacks_lists_those_that_it_has(name: str, target: str) -> None:
    refused(name, {target: 0.1}, f"{target}: {name} has no such target. Allowed for {name}: learning_rate")


@pytest.mark.parametrize(
    ("name", "target", "schedule"),
    [
        ("PPO", "gamma", LinearLRSchedule(0.9, final_value=1.01)),
        ("PPO", "clip_range", LinearLRSchedule(0.2)),
        ("PPO", "target_kl", 0.0),
        ("PPO", "n_epochs", lambda p: p),
        ("PPO", "learning_rate", lambda p: p - 0.1),
        ("SAC", "tau", LinearLRSchedule(0.005, final_value=1.5)),
        ("SAC", "gamma", lambda p: math.inf),
        ("DQN", "exploration_rate", lambda p: 1.1 - p),
        ("PPO", "gamma", lambda p: math.nan if p < 0.01 else 0.9),
        ("ARS", "delta_std", LinearLRSchedule(0.1)),
        ("TQC", "top_quantiles_to_drop_per_net", 25),
        ("PPO", "actor.learning_rate", lambda p: -p),
    ],
)
def test_a_value_out_of_range_anywhere_in_the_run_is_found_at_its_start(name: str, target: str, schedule: Any) -> None:
    refused(name, {target: schedule}, rf"{target}: must be a finite number.* over the whole run; .*progress_remaining")


@pytest.mark.parametrize("function", [lambda p: None, lambda p: "fast", lambda p: p**0.5 + 1j, lambda p: 1.0 / p])
def test_a_function_that_gives_no_number_is_found_at_the_start(function: Any) -> None:
    model = make("PPO")
    with pytest.raises((ScheduleConfigError, ZeroDivisionError)):
        model.learn(64, callback=ScheduleCallback({"ent_coef": function}))
    assert model.num_timesteps == 0


def test_all_that_is_wrong_is_told_at_once() -> None:
    model = make("PPO")
    with pytest.raises(ScheduleConfigError) as caught:
        model.learn(64, callback=ScheduleCallback({"gama": 0.9, "ent_coef": {"type": "linaer"}, "clip_range": 0}))
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [("gama",), ("ent_coef", "type"), ("clip_range",)]


def test_more_steps_in_a_config_than_the_run_has_are_an_error() -> None:
    model = make("PPO")
    callback = ScheduleCallback({"ent_coef": {"type": "cosine_warmup", "initial_value": 1, "warmup_steps": 80}})
    with pytest.raises(ScheduleConfigError, match=r"ent_coef\.warmup_steps: must be"):
        model.learn(64, callback=callback)


def test_a_target_entropy_from_a_schedule_is_sent_to_its_magnitude() -> None:
    refused("SAC", {"target_entropy": {"type": "linear"}}, "target_entropy_magnitude")
    refused("SAC", {"target_entropy": LinearLRSchedule(1.0)}, "target_entropy_magnitude")
    refused("SAC", {"target_entropy_magnitude": 1.0}, "no effect with a fixed ent_coef", ent_coef=0.1)


def test_the_target_entropy_is_set_under_one_of_its_two_names() -> None:
    refused("SAC", {"target_entropy": -1.0, "target_entropy_magnitude": 1.0}, "sets the same value as target_entropy")


def test_noise_that_is_not_there_cannot_be_scheduled() -> None:
    refused("TD3", {"action_noise.sigma": 0.1}, "action_noise.sigma: the model has no action_noise")


def test_two_callbacks_on_one_target_are_an_error() -> None:
    model = make("PPO", ent_coef=0.25)
    with pytest.raises(ScheduleConfigError, match="ent_coef: set by two callbacks"):
        model.learn(
            64, callback=[ScheduleCallback({"ent_coef": 0.1}), ScheduleCallback({"ent_coef": 0.2, "gamma": 0.5})]
        )
    assert (model.ent_coef, model.gamma, model.num_timesteps) == (0.25, 0.99, 0)


@pytest.mark.parametrize(
    "place",
    [
        lambda callback, env: EveryNTimesteps(10, callback),
        lambda callback, env: EvalCallback(env, callback_after_eval=callback, eval_freq=10),
        lambda callback, env: EvalCallback(env, callback_on_new_best=callback, eval_freq=10),
        lambda callback, env: EveryNTimesteps(10, CallbackList([callback])),
        lambda callback, env: CallbackList([EveryNTimesteps(10, callback)]),
    ],
)
def test_under_an_event_callback_it_says_that_it_would_set_nothing(place: Any) -> None:
    model = make("PPO", ent_coef=0.25)
    with pytest.raises(ScheduleConfigError, match=r"of rollouts.*callback=\[ScheduleCallback"):
        model.learn(64, callback=place(ScheduleCallback({"ent_coef": 0.1}), make("PPO").get_env()))
    assert (model.ent_coef, model.num_timesteps) == (0.25, 0)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"schedules": [("ent_coef", 0.1)]}, "schedules: must be a mapping"),
        ({"schedules": {}, "total_timesteps": 0}, "total_timesteps: must be a whole number >= 1"),
        ({"schedules": {}, "total_timesteps": 10.5}, "total_timesteps: must be a whole number"),
        ({"schedules": {}, "total_timesteps": "many"}, "total_timesteps: must be a whole number"),
        ({"schedules": {}, "total_timesteps": math.inf}, "total_timesteps: must be a whole number"),
        ({"schedules": {}, "total_timesteps": True}, "total_timesteps: must be a whole number"),
        ({"schedules": {}, "run_timesteps": 0}, "run_timesteps: must be a whole number >= 1"),
        ({"schedules": {}, "run_timesteps": 9, "total_timesteps": 8}, "total_timesteps: is another name for run_times"),
        ({"schedules": {}, "timesteps_done": 3}, "timesteps_done: needs run_timesteps"),
        ({"schedules": {}, "total_timesteps": 9, "timesteps_done": -1}, "timesteps_done: must be a whole number >= 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_once(arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(ScheduleConfigError, match=match):
        ScheduleCallback(**arguments)


def test_a_value_that_goes_wrong_only_while_training_stops_it_and_restores_the_model() -> None:
    calls = []

    def drifts(progress: float) -> Any:
        calls.append(progress)
        return 0.5 if len(calls) < 68 else math.nan

    model = make("PPO", ent_coef=0.25)
    with pytest.raises(ScheduleConfigError, match="ent_coef: must be a finite number >= 0"):
        model.learn(64, callback=ScheduleCallback({"ent_coef": drifts}))
    assert 0 < model.num_timesteps < 64
    assert model.ent_coef == 0.25


def test_a_model_of_no_known_algorithm_is_refused_with_the_list_of_those() -> None:
    from lr_schedule.sb3 import algorithms

    with pytest.raises(ScheduleConfigError, match=r"derives from none of the supported algorithms\. Allowed: PPO"):
        algorithms.name_of(int)


def test_a_cfg_is_never_changed() -> None:
    cfg = {"ent_coef": {"type": "linear", "initial_value": "1e-1", "end_steps": 32}}
    make("PPO").learn(32, callback=ScheduleCallback(cfg))
    assert cfg == {"ent_coef": {"type": "linear", "initial_value": "1e-1", "end_steps": 32}}


def test_a_clip_range_of_the_model_itself_may_end_at_zero_and_the_preview_says_so() -> None:
    shown = preview({"clip_range": "lin_0.2"}, "PPO", 8192)
    assert shown.values["clip_range"].tolist() == [BaseLRSchedule.create("lin_0.2")(p) for p in (0.75, 0.5, 0.25, 0.0)]
    assert any(text.startswith("clip_range: the value is 0 in the last update") for text in shown.warnings)
