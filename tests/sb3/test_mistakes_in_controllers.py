"""What a user reads of a mistake in a controller, before anything trains where that can be."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.control import KLController
from lr_schedule.sb3 import ScheduleCallback, preview
from tests.sb3 import models
from tests.sb3.controlled import HIGH


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        (
            {"learning_rate": {"controller": "plateau", "schedule": 1e-3}},
            "learning_rate.metric: must be a key of the log, such as rollout/ep_rew_mean",
        ),
        ({"learning_rate": {"controller": "kl", "schedule": 1e-3, "metric": 3}}, "learning_rate.metric: must be"),
        ({"learning_rate": {"controller": "lk", "schedule": 1e-3}}, "learning_rate.controller: unknown controller"),
        ({"learning_rate": {"controller": "kl"}}, "learning_rate.schedule: required key is missing"),
        (
            {"learning_rate": {"controller": "kl", "schedule": {"type": "cosin"}}},
            "learning_rate.schedule.type: unknown type; did you mean 'cosine'?",
        ),
        (
            {"gamma": {"controller": "target", "schedule": 0.99, "goal": 1.0, "metric": "train/loss"}},
            "gamma: must be a finite number >= 0 and <= 1 over the whole run; with this minimum and maximum, the "
            "controller may have this value at progress_remaining 1 (received 99.0)",
        ),
        ({"target_entropy": KLController(schedule=1.0)}, "target_entropy: must be a number or a function"),
    ],
    ids=str,
)
def test_a_mistake_is_named_when_the_callback_is_made(schedules: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        ScheduleCallback(schedules)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "schedules", "message"),
    [
        (
            "A2C",
            {"learning_rate": {"controller": "kl", "schedule": 1e-3, "metric": "kl"}},
            "learning_rate.metric: A2C computes no KL divergence of policies; use a key of its log. "
            "Allowed for PPO, MaskablePPO, RecurrentPPO, SBX PPO (received 'kl')",
        ),
        (
            "TQC",
            {
                "top_quantiles_to_drop_per_net": {
                    "controller": "target",
                    "schedule": 2,
                    "goal": 1.0,
                    "metric": "train/loss",
                }
            },
            "top_quantiles_to_drop_per_net: must be a finite number >= 0 and <= 24",
        ),
    ],
)
def test_a_mistake_that_depends_on_the_model_is_named_before_it_trains(name: str, schedules: Any, message: str) -> None:
    model = models.make(name)
    with pytest.raises(ScheduleConfigError) as caught:
        model.learn(32, callback=ScheduleCallback(schedules))
    assert message in str(caught.value)
    assert model.num_timesteps == 0


def test_two_owners_of_one_target_are_refused() -> None:
    owners = [ScheduleCallback({"learning_rate": HIGH}), ScheduleCallback({"learning_rate": 1e-3})]
    with pytest.raises(ScheduleConfigError, match="learning_rate: set by two callbacks"):
        models.make("PPO").learn(32, callback=owners)


@pytest.mark.parametrize(("target_kl", "warned"), [(0.015, True), (0.02, False), (None, False)])
def test_preview_warns_of_a_target_kl_that_hides_the_kl_from_the_controller(target_kl: Any, warned: bool) -> None:
    shown = preview({"controller": "kl", "schedule": 1e-3}, "PPO", 40_960, target_kl=target_kl)
    expected = (
        "learning_rate: with target_kl=0.015, the epochs of an update end before its KL is 0.02, above which the "
        "controller lowers the value; remove target_kl",
    )
    assert shown.warnings == (expected if warned else ())
    assert shown.values["learning_rate"].tolist() == [1e-3] * 20
