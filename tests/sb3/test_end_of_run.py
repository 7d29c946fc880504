"""How much is left of a run when its last rollout goes past its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, remaining_timesteps
from tests.sb3.models import class_of, make


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


@pytest.mark.parametrize("reset", [False, True])
def test_a_loop_of_chunks_ends_where_the_last_of_them_went_past_the_end(reset: bool) -> None:
    model = make("PPO").learn(1)
    callback = ScheduleCallback({}, total_timesteps=100) if reset else None
    while remaining_timesteps(model, 100) > 0:
        model.learn(40, callback=callback, reset_num_timesteps=reset)
    assert remaining_timesteps(model, 100) == 0
    model.learn(remaining_timesteps(model, 100), callback=callback, reset_num_timesteps=False)
    assert remaining_timesteps(model, 100) == 0


def test_a_run_that_is_shorter_than_a_callback_was_told_is_an_error_once_it_is_passed() -> None:
    model = make("PPO").learn(40, callback=ScheduleCallback({}, total_timesteps=200))
    assert [remaining_timesteps(model, total) for total in (48, 100, 200, 300)] == [0, 52, 152, 252]
    with pytest.raises(
        ScheduleConfigError,
        match=r"run_timesteps: must be at least the 48 timesteps that are done of a run of 200 \(received 47",
    ):
        remaining_timesteps(model, 47)
