"""A mistake in a config is told when the callback is made, as far as it can be without a model and a length."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.targets import TARGETS
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


@pytest.mark.parametrize(
    ("cfg", "match"),
    [
        ({"type": "linear", "end_steps": 8, "final_valu": 0}, r"^gamma\.final_valu: unknown key"),
        ([{"type": "linear", "initial_value": 0.5, "steps": 8}, {"initial_valu": 1, "steps": 8}], "initial_valu: unk"),
        ({"type": "torch", "scheduler": "SteppLR", "step_size": 3}, "gamma.scheduler: no scheduler of torch"),
        ({"type": "linear", "initial_value": 1.5, "end_steps": 8}, "gamma: must be a finite number >= 0 and <= 1"),
        ({"controller": "kl", "schedule": {"type": "linear", "end_steps": 3}, "minimu": 3}, "minimu: unknown key"),
    ],
)
def test_a_mistake_beside_a_key_in_steps_waits_for_no_length(cfg: Any, match: str) -> None:
    with pytest.raises(ScheduleConfigError, match=match):
        ScheduleCallback({"gamma": cfg})


@pytest.mark.parametrize(
    ("cfg", "match"),
    [
        ({"type": "cosine_warmup", "initial_value": 0.5, "warmup_steps": 65}, "warmup_steps: must be .* 64 steps"),
        ([{"initial_value": 0.5, "steps": 16}, {"initial_value": 0.25, "steps": 47}], "parts must sum to 1, not to"),
        ({"type": "piecewise_linear", "step_points": [[0, 0.5], [64, 1.25]]}, "gamma: must be .* <= 1"),
    ],
)
def test_a_callback_that_knows_the_length_of_the_run_checks_the_keys_in_steps_too(cfg: Any, match: str) -> None:
    ScheduleCallback({"gamma": cfg})
    with pytest.raises(ScheduleConfigError, match=match):
        ScheduleCallback({"gamma": cfg}, run_timesteps=64)


def below(name: str) -> Any:
    """A config with a value that is too low for a target."""
    if name == "target_entropy":
        return {"type": "linear"}
    return {"type": "linear", "initial_value": 0.5, "range": [-1.0, -2.0]}


@pytest.mark.parametrize("controller", [None, "kl", "plateau", "target"])
@pytest.mark.parametrize("name", [*TARGETS, "actor.learning_rate", "policy.weight_decay", "critic.betas[0]"])
def test_every_target_and_controller_is_checked_as_the_callback_is_made(name: str, controller: str | None) -> None:
    if controller is None:
        wrong: Any = below(name)
    else:
        wrong = {"controller": controller, "schedule": 0.5, "maximum": 0.5, "minimum": 0.1, "range": [-1.0, -2.0]}
        wrong |= {"target": {"goal": 1.0}, "plateau": {}, "kl": {}}[controller]
        wrong |= {} if controller == "kl" else {"metric": "train/loss"}
        if name == "target_entropy":
            wrong["minimu"] = 0.1
    with pytest.raises(ScheduleConfigError, match=f"^{re.escape(name)}"):
        ScheduleCallback({name: wrong})


@pytest.mark.parametrize("controller", ["kl", "plateau", "target"])
@pytest.mark.parametrize("name", ["learning_rate", "env.gravity", "actor.learning_rate"])
def test_every_mistake_in_a_controller_is_told_as_the_callback_is_made(name: str, controller: str) -> None:
    right: dict[str, Any] = {"controller": controller, "metric": "train/loss", "schedule": 0.5}
    right |= {"goal": 1.0} if controller == "target" else {}
    ScheduleCallback({name: right})
    for wrong in (
        {"controller": "kll"},
        {"schedule": {"type": "lineaer"}},
        {"minimum": 2.0, "maximum": 1.0},
        {"metric": 3},
        {"factr": 2.0},
    ):
        with pytest.raises(ScheduleConfigError, match=f"^{re.escape(name)}"):
            ScheduleCallback({name: {**right, **wrong}})


def test_a_function_is_not_called_as_the_callback_is_made() -> None:
    calls: list[float] = []
    ScheduleCallback({"ent_coef": calls.append, "target_entropy": calls.append})
    assert not calls


def test_a_name_that_no_algorithm_has_is_told_at_once_and_one_that_this_algorithm_lacks_when_learn_starts() -> None:
    with pytest.raises(
        ScheduleConfigError, match=r"ent_coeff: unknown target; did you mean 'ent_coef'\? Allowed: learn"
    ):
        ScheduleCallback({"ent_coeff": LinearLRSchedule(0.5)})
    callback = ScheduleCallback({"tau": LinearLRSchedule(0.5)})
    with pytest.raises(ScheduleConfigError, match=r"tau: PPO has no such target. Allowed for PPO"):
        make("PPO").learn(16, callback=callback)


@pytest.mark.parametrize("error", [ZeroDivisionError("of mine"), KeyError("of mine"), RuntimeError("of mine")])
def test_a_function_that_fails_is_named_with_what_it_raised(error: Exception) -> None:
    def fails(progress: float) -> float:
        if progress < 0.25:
            raise error
        return 0.5

    match = f"must return a number for every progress from 1 to 0; it raised {type(error).__name__}: .*of mine"
    model = make("PPO", ent_coef=0.125)
    with pytest.raises(ScheduleConfigError, match=f"ent_coef: {match}") as caught:
        model.learn(64, callback=ScheduleCallback({"ent_coef": fails}))
    assert caught.value.__cause__ is error
    assert (model.num_timesteps, model.ent_coef) == (0, 0.125)
    with pytest.raises(ScheduleConfigError, match=f"learning_rate: {match}"):
        preview({"learning_rate": BaseLRSchedule.create(fails)}, "PPO", 64)
