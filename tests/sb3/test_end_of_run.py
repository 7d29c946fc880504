"""How much is left of a run when its last rollout goes past its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, remaining_timesteps
from tests.sb3.models import class_of, make

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["PPO", "A2C", "SAC", "ARS"])
@pytest.mark.parametrize("reset", [False, True])
def test_nothing_is_left_of_a_run_whose_last_rollout_went_past_its_end(name: str, reset: bool, tmp_path: Path) -> None:
    model = make(name, n_envs=2)
    callback = ScheduleCallback({}, total_timesteps=105)
    rounds = 0
    while (left := remaining_timesteps(model, 105)) > 0:
        model.learn(min(left, 45), callback=callback, reset_num_timesteps=reset)
        rounds += 1
    assert rounds > 1
    model.save(tmp_path / "model")
    assert remaining_timesteps(class_of(name).load(tmp_path / "model", device="cpu"), 105) == 0


def test_without_a_callback_too_nothing_is_left_of_a_run_that_is_over() -> None:
    model = make("PPO").learn(40)
    assert model.num_timesteps == 48
    assert [remaining_timesteps(model, total) for total in (40, 47, 48, 100)] == [0, 0, 0, 52]


def test_a_run_that_is_shorter_than_the_one_that_was_trained_is_an_error() -> None:
    model = make("PPO").learn(40)
    with pytest.raises(ScheduleConfigError, match="total_timesteps: must be at least the 48 steps done"):
        remaining_timesteps(model, 39)
