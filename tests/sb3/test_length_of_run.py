"""The length of a run is what SB3 takes as one: whole or not."""

from __future__ import annotations

import math

import pytest
from stable_baselines3.common.callbacks import BaseCallback

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.models import at_each_update, make


@pytest.mark.parametrize("total", [64.0, 64.5, 0.5])
@pytest.mark.parametrize("name", ["PPO", "SAC", "ARS"])
def test_a_run_may_have_a_length_that_is_a_float(name: str, total: float) -> None:
    target = "learning_rate" if name == "ARS" else "gamma"
    model = make(name)
    for schedule in (LinearLRSchedule(0.5, final_value=0.1), lambda p: 0.1 + 0.4 * p):
        model.learn(total, callback=ScheduleCallback({target: schedule}))
        assert model.num_timesteps >= total


def test_progress_is_that_of_the_length_as_it_was_given() -> None:
    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    make("PPO", cls=cls).learn(64.5, callback=ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)}))
    assert seen == pytest.approx([0.5 * max(1 - steps / 64.5, 0) for steps in (16, 32, 48, 64, 80)], rel=1e-12)


class Stop(BaseCallback):
    """Ends a training that should not have begun."""

    def _on_step(self) -> bool:
        return False


@pytest.mark.parametrize("total", [math.inf, math.nan])
@pytest.mark.parametrize("schedule", [LinearLRSchedule(0.5, final_value=0.1), lambda p: 0.5])
def test_a_run_without_an_end_is_refused(total: float, schedule: object) -> None:
    model = make("PPO")
    with pytest.raises(ScheduleConfigError, match="total_timesteps: must be a finite number"):
        model.learn(total, callback=[ScheduleCallback({"gamma": schedule}), Stop()])
    assert model.num_timesteps == 0


def test_learn_may_go_on_without_an_end_where_the_callback_has_the_length_of_the_run() -> None:
    class StopAt(BaseCallback):
        def _on_step(self) -> bool:
            return self.num_timesteps < 70

    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)}, total_timesteps=32)
    make("PPO", cls=cls).learn(math.inf, callback=[callback, StopAt()])
    assert seen == [0.25, 0.0, 0.0, 0.0]
