"""A mistake in a config is told when the callback is made, as far as it can be without a model and a length."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from tests.sb3.models import make


@pytest.mark.parametrize(
    ("schedules", "match"),
    [
        ({"ent_coef": {"type": "lineaer"}}, r"ent_coef\.type: unknown type; did you mean 'linear'"),
        ({"ent_coef": {"type": "linear", "final_valu": 0}}, r"ent_coef\.final_valu: unknown key"),
        ({"ent_coef": "cosin_3e-4"}, "ent_coef: unknown type; did you mean 'cosine'"),
        ({"ent_coef": None}, "ent_coef: must be a number, a mapping"),
        ({"ent_coef": -0.5}, r"ent_coef\.initial_value: must be a finite number >= 0"),
        ({"gamma": 1.5}, "gamma: must be a finite number >= 0 and <= 1 over the whole run"),
        ({"clip_range": "lin_0.2"}, r"clip_range: must be a finite number > 0 over .* at progress_remaining 0 "),
        ({"target_entropy": {"type": "linear"}}, "target_entropy: must be a number or a function"),
        ({"actor.learning_rate": {"type": "lineaer"}}, r"actor\.learning_rate\.type: unknown type"),
        ({"mine": {"type": "lineaer"}}, r"2 problems(.|\n)*mine: unknown target\. Allowed(.|\n)*mine\.type: unknown"),
    ],
)
@pytest.mark.parametrize("total", [None, 64])
def test_a_config_that_is_wrong_is_refused_as_the_callback_is_made(schedules: Any, match: str, total: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=match):
        ScheduleCallback(schedules, total_timesteps=total)


@pytest.mark.parametrize(
    "cfg",
    [
        {"type": "cosine_warmup", "initial_value": 0.5, "warmup_steps": 16},
        {"type": "linear", "initial_value": 0.5, "end_steps": 32},
        [{"type": "linear", "initial_value": 0.5, "steps": 16}, {"initial_value": 0.25, "steps": 48}],
        {"type": "piecewise_linear", "step_points": [[0, 0.5], [32, 0.25]]},
        {"type": "repeat", "schedule": {"type": "linear", "initial_value": 0.5, "end_steps": 8}, "times": 2},
        {"type": "torch", "scheduler": "StepLR", "step_size": 3, "initial_value": 0.5},
        {"type": "linear", "initial_value": 0.5, "end_steps": 32, "total_steps": 64},
    ],
)
@pytest.mark.parametrize("total", [None, 64])
def test_a_config_in_steps_waits_for_the_length_of_the_run(cfg: Any, total: Any) -> None:
    model = make("PPO", ent_coef=0.125)
    model.learn(64, callback=ScheduleCallback({"ent_coef": cfg}, total_timesteps=total))
    assert (model.ent_coef, model.num_timesteps) == (0.125, 64)


def test_a_mistake_beside_a_key_in_steps_is_told_when_learn_starts() -> None:
    callback = ScheduleCallback({"ent_coef": {"type": "linear", "end_steps": 8, "final_valu": 0}})
    model = make("PPO")
    with pytest.raises(ScheduleConfigError, match=r"^ent_coef\.final_valu: unknown key"):
        model.learn(64, callback=callback)
    assert model.num_timesteps == 0


def test_a_function_is_not_called_as_the_callback_is_made() -> None:
    calls: list[float] = []
    ScheduleCallback({"ent_coef": calls.append, "target_entropy": calls.append})
    assert not calls


def test_a_name_alone_waits_for_the_model_which_says_what_it_has() -> None:
    callback = ScheduleCallback({"ent_coeff": LinearLRSchedule(0.5)})
    with pytest.raises(ScheduleConfigError, match=r"ent_coeff: unknown target; did you mean 'ent_coef'.*for PPO"):
        make("PPO").learn(16, callback=callback)


@pytest.mark.parametrize("error", [ZeroDivisionError("of mine"), KeyError("of mine"), RuntimeError("of mine")])
def test_a_function_that_fails_is_named_with_what_it_raised(error: Exception) -> None:
    def fails(progress: float) -> float:
        if progress < 0.25:
            raise error
        return 0.5

    match = f"must return a number for every progress from 1 to 0; it fails with {type(error).__name__}: .*of mine"
    model = make("PPO", ent_coef=0.125)
    with pytest.raises(ScheduleConfigError, match=f"ent_coef: {match}") as caught:
        model.learn(64, callback=ScheduleCallback({"ent_coef": fails}))
    assert caught.value.__cause__ is error
    assert (model.num_timesteps, model.ent_coef) == (0, 0.125)
    with pytest.raises(ScheduleConfigError, match=f"learning_rate: {match}"):
        preview({"learning_rate": BaseLRSchedule.create(fails)}, "PPO", 64)
