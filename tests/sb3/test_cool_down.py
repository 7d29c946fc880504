"""A cool-down starts, to the bit, at the rate of a live model, of a saved one, of an optimizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, cool_down
from tests.sb3.models import at_each_update, make, optimizer_steps

WSD = {"type": "warmup_stable_decay", "initial_value": 1e-3, "warmup_fraction": 0.1, "decay_fraction": 0.1}


@pytest.mark.parametrize("name", ["PPO", "A2C", "SAC", "TD3", "DQN", "TQC"])
@pytest.mark.parametrize("rate", [1 / 3000, "lin_1e-3"])
def test_a_model_and_its_zip_start_at_the_rate_of_the_optimizer(name: str, rate: Any, tmp_path: Path) -> None:
    model = make(name, learning_rate=BaseLRSchedule.create(rate)).learn(48)
    optimizer = model.critic.optimizer if hasattr(model, "critic") else model.policy.optimizer
    used = optimizer.param_groups[0]["lr"]
    model.save(tmp_path / "run")
    for source in (model, tmp_path / "run", tmp_path / "run.zip", str(tmp_path / "run.zip")):
        schedule = cool_down(source, 96)
        done = model.num_timesteps / (model.num_timesteps + 96)
        assert [schedule(1.0), schedule(1.0 - done)] == [used, used]
        assert schedule(1.0 - (done + 24 / (model.num_timesteps + 96))) == pytest.approx(used / 2, rel=1e-9)
        assert schedule(0.0) == 0.0
    assert cool_down(optimizer, 96)(1.0) == used


@pytest.mark.parametrize("shape", ["1-sqrt", "linear"])
def test_a_stopped_run_finishes_from_its_zip_with_load(shape: str, tmp_path: Path) -> None:
    cls, rates = at_each_update("PPO", lambda model: model.lr_schedule(model._current_progress_remaining))
    first = make("PPO", cls=cls, learning_rate=BaseLRSchedule.create(WSD)).learn(320)
    first.save(tmp_path / "run")
    schedule = cool_down(tmp_path / "run", 160, shape=shape)
    model = cls.load(tmp_path / "run", env=first.get_env(), learning_rate=schedule, device="cpu")
    rates.clear()
    model.learn(160, reset_num_timesteps=False)
    start = first.policy.optimizer.param_groups[0]["lr"]
    left = [1 - k / 10 if shape == "linear" else 1 - (k / 10) ** 0.5 for k in range(1, 11)]
    assert rates == pytest.approx([start * each for each in left], rel=1e-9, abs=1e-18)


@pytest.mark.parametrize("reset", [False, True])
def test_a_callback_with_the_whole_length_cools_down_however_the_steps_are_counted(reset: bool) -> None:
    model = make("PPO", learning_rate=2e-3).learn(64)
    schedule = cool_down(model, 64, shape="linear")
    callback = ScheduleCallback({"policy.learning_rate": schedule}, total_timesteps=128, timesteps_done=64)
    with optimizer_steps() as seen:
        model.learn(64, callback=callback, reset_num_timesteps=reset)
    rates = sorted({lr for _, lrs in seen for lr in lrs}, reverse=True)
    assert rates == pytest.approx([1.5e-3, 1e-3, 5e-4, 0.0], rel=1e-9, abs=1e-18)


def test_a_model_of_which_the_parts_have_different_rates_is_asked_for_one() -> None:
    model = make("SAC")
    model.actor.optimizer.param_groups[0]["lr"] = 0.25
    with pytest.raises(
        ScheduleConfigError,
        match=r"^part: must name one of the optimizers, which have different rates: actor 0\.25, critic ",
    ):
        cool_down(model, 10)
    assert cool_down(model, 10, part="actor")(1.0) == 0.25
    with pytest.raises(ScheduleConfigError, match=r"^part: no optimizer of the model; did you mean 'critic'"):
        cool_down(model, 10, part="critics")


def test_what_holds_no_optimizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(ScheduleConfigError, match=r"^source: is not a model saved by Stable-Baselines3"):
        cool_down(tmp_path / "text.zip", 10)
    with pytest.raises(ScheduleConfigError, match=r"^source: no such file"):
        cool_down(tmp_path / "nothing", 10)
    with pytest.raises(ScheduleConfigError, match=r"^source: has no torch optimizer"):
        cool_down(make("ARS"), 10)


def test_a_number_and_an_optimizer_are_taken_too() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.3)
    assert cool_down(0.3, 10) == cool_down(optimizer, 10)
