"""One run in many `learn` calls: the sequence of values is that of a run that was never interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stable_baselines3.common.callbacks import BaseCallback, CheckpointCallback

from lr_schedule import CosineAnnealingLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, remaining_timesteps
from tests.processes import python
from tests.sb3.models import SETTINGS, at_each_update, linear, make, optimizer_steps

ROOT = Path(__file__).parents[2]
RUN = 256
CHUNK = 64
FIRST, LAST = 0.01, 0.002
NAMES = ["PPO", "A2C", "SAC", "DQN", "ARS"]


def read(model: Any) -> Any:
    values = [model.gamma] if hasattr(model, "gamma") else [model.delta_std_schedule(0.5)]
    values.append(model.lr_schedule(model._current_progress_remaining))
    if hasattr(model, "clip_range"):
        values.append(model.clip_range(model._current_progress_remaining))
    if hasattr(model, "exploration_rate"):
        values.append(model.exploration_rate)
    return values


def settings(name: str) -> Any:
    own = {"learning_rate": CosineAnnealingLRSchedule(0.01)}
    if name == "ARS":
        return own | {"delta_std": LinearLRSchedule(0.5, final_value=0.1)}
    off_policy = {"learning_starts": 0, "train_freq": 1} if name in ("SAC", "DQN") else {}
    return own | off_policy | ({"clip_range": LinearLRSchedule(0.4, final_value=0.1)} if name == "PPO" else {})


def schedules(name: str) -> Any:
    return {} if name == "ARS" else {"gamma": LinearLRSchedule(0.99, final_value=0.5)}


def uninterrupted(name: str) -> Any:
    cls, seen = at_each_update(name, read)
    make(name, cls=cls, **settings(name)).learn(RUN, callback=ScheduleCallback(schedules(name)))
    return seen


@pytest.mark.parametrize("reset", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_four_chunks_use_the_values_of_one_run(name: str, reset: bool) -> None:
    expected = uninterrupted(name) if name != "ARS" else []
    cls, seen = at_each_update(name, read)
    model = make(name, cls=cls, **settings(name))
    callback = ScheduleCallback(schedules(name), total_timesteps=RUN)
    for _ in range(4):
        model.learn(CHUNK, callback=callback, reset_num_timesteps=reset)
    assert model.num_timesteps == (CHUNK if reset else RUN) or name == "ARS"
    if name == "ARS":
        expected = [ars_values(20 * update) for update in range(len(seen))]
    assert len(seen) >= 12
    for values, wanted in zip(seen, expected, strict=True):
        assert values == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def ars_values(timesteps: int) -> Any:
    p = max(1.0 - timesteps / RUN, 0.0)
    return [linear(0.5, 0.1, p), CosineAnnealingLRSchedule(0.01)(p)]


def test_chunks_without_a_total_are_runs_of_their_own_as_in_sb3() -> None:
    model = make("PPO", learning_rate=0.5)
    callback = ScheduleCallback({"learning_rate": LinearLRSchedule(0.01)})
    with optimizer_steps() as steps:
        for _ in range(2):
            model.learn(CHUNK, callback=callback)
    assert [rates[0] for _, rates in steps] == pytest.approx([0.0075, 0.005, 0.0025, 0.0] * 2, rel=1e-9, abs=1e-15)


SCRIPT = """
import sys
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.models import at_each_update, class_of
from tests.sb3.test_runs import RUN, make, read, schedules, settings
name, path, reset, first = sys.argv[1], sys.argv[2], sys.argv[3] == "True", sys.argv[4] == "True"
cls, seen = at_each_update(name, read)
if first:
    model = make(name, cls=cls, **settings(name))
else:
    model = cls.load(path, env=make(name).get_env(), device="cpu")
model.learn(RUN // 2, callback=ScheduleCallback(schedules(name), total_timesteps=RUN), reset_num_timesteps=reset)
model.save(path)
print("VALUES", seen)
"""


@pytest.mark.parametrize(("name", "reset"), [("PPO", False), pytest.param("SAC", True, marks=pytest.mark.slow)])
def test_saved_and_loaded_in_fresh_processes_a_run_uses_the_values_of_one(
    name: str, reset: bool, tmp_path: Path
) -> None:
    seen = []
    for part in range(2):
        done = python("-c", SCRIPT, name, tmp_path / "model.zip", reset, part == 0, cwd=ROOT)
        seen += eval(done.stdout.partition("VALUES ")[2])
    for values, wanted in zip(seen, uninterrupted(name), strict=True):
        assert values == pytest.approx(wanted, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("reset", [False, True])
def test_a_run_killed_and_loaded_from_a_checkpoint_uses_the_values_of_one(reset: bool, tmp_path: Path) -> None:
    expected = uninterrupted("PPO")
    cls, seen = at_each_update("PPO", read)
    model = make("PPO", cls=cls, **settings("PPO"))
    callback = ScheduleCallback(schedules("PPO"), total_timesteps=RUN)
    checkpoint = CheckpointCallback(save_freq=96, save_path=str(tmp_path))
    model.learn(100, callback=[callback, checkpoint])
    del seen[:]
    loaded = cls.load(tmp_path / "rl_model_96_steps", env=model.get_env(), device="cpu")
    assert loaded.clip_range.value_schedule == LinearLRSchedule(0.4, final_value=0.1)
    again = ScheduleCallback(schedules("PPO"), total_timesteps=RUN)
    loaded.learn(RUN - 96, callback=again, reset_num_timesteps=reset)
    for values, wanted in zip(seen, expected[6:], strict=True):
        assert values == pytest.approx(wanted, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "ARS"])
def test_the_remaining_timesteps_finish_a_run_without_a_jump(name: str) -> None:
    cls, seen = at_each_update(name, lambda m: (m.num_timesteps, m.lr_schedule(m._current_progress_remaining)))
    model = make(name, cls=cls, learning_rate=LinearLRSchedule(FIRST, final_value=LAST))
    model.learn(CHUNK)
    del seen[:]
    model.learn(remaining_timesteps(model, RUN), reset_num_timesteps=False)
    assert model.num_timesteps == RUN
    assert [rate for _, rate in seen] == pytest.approx([linear(FIRST, LAST, 1 - t / RUN) for t, _ in seen], rel=1e-9)


def test_the_remaining_timesteps_count_chunks_that_were_set_back_to_zero() -> None:
    model = make("PPO")
    callback = ScheduleCallback({}, total_timesteps=RUN)
    for _ in range(2):
        model.learn(CHUNK, callback=callback)
    assert remaining_timesteps(model, RUN) == RUN - 2 * CHUNK
    with pytest.raises(ScheduleConfigError, match="run_timesteps: must be at least the 128 timesteps that are done"):
        remaining_timesteps(model, 100)


def test_the_wrong_total_of_ars_is_put_right() -> None:
    cls, seen = at_each_update("ARS", lambda m: (m.num_timesteps, m.lr_schedule(m._current_progress_remaining)))
    model = make("ARS", cls=cls)
    callback = ScheduleCallback({"learning_rate": LinearLRSchedule(0.01)})
    model.learn(100, callback=callback)
    model.learn(100, callback=callback, reset_num_timesteps=False)
    first, then = [[r for t, r in seen if (t < 100) is early] for early in (True, False)]
    assert first == pytest.approx([0.01 * (1 - t / 100) for t in range(0, 100, 20)], rel=1e-9)
    assert then == pytest.approx([0.01 * (1 - t / 200) for t in range(100, 200, 20)], rel=1e-9)


def test_a_run_that_is_done_is_an_error_that_says_how_to_start_a_new_one() -> None:
    model = make("PPO", ent_coef=0.5)
    callback = ScheduleCallback({"ent_coef": 0.1}, total_timesteps=CHUNK)
    model.learn(CHUNK, callback=callback)
    with pytest.raises(ScheduleConfigError, match=r"above the 64 timesteps that the run has done.*timesteps_done=0"):
        model.learn(CHUNK, callback=callback)
    assert model.ent_coef == 0.5


def test_a_model_that_has_completed_a_run_starts_a_new_one_when_told_that_nothing_is_done() -> None:
    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    model = make("PPO", cls=cls)
    schedule = {"ent_coef": LinearLRSchedule(0.5)}
    model.learn(CHUNK, callback=ScheduleCallback(schedule, total_timesteps=CHUNK))
    again = ScheduleCallback(schedule, total_timesteps=2 * CHUNK, timesteps_done=0)
    model.learn(CHUNK, callback=again)
    model.learn(CHUNK, callback=again)
    assert seen[4:] == pytest.approx([0.5 * (1 - step / 8) for step in range(1, 9)], rel=1e-9, abs=1e-15)


def test_a_new_run_that_fails_before_its_first_step_is_the_new_run_when_it_is_started_again() -> None:
    class Fails(BaseCallback):
        def _on_rollout_start(self) -> None:
            raise RuntimeError("not ready")

        def _on_step(self) -> bool:
            return True

    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    model = make("PPO", cls=cls)
    schedule = {"ent_coef": LinearLRSchedule(0.5)}
    model.learn(CHUNK, callback=ScheduleCallback(schedule, total_timesteps=CHUNK))
    again = ScheduleCallback(schedule, total_timesteps=CHUNK, timesteps_done=0)
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(CHUNK, callback=[again, Fails()])
    model.learn(CHUNK, callback=again)
    assert seen[4:] == pytest.approx([0.375, 0.25, 0.125, 0.0], rel=1e-9, abs=0.0)


def test_of_two_callbacks_over_one_run_the_one_that_names_a_target_sets_it() -> None:
    cls, seen = at_each_update("PPO", read)
    model = make("PPO", cls=cls, **settings("PPO"))
    whole_run = ScheduleCallback({}, total_timesteps=RUN)
    names_it = ScheduleCallback({"clip_range": 0.25}, total_timesteps=RUN)
    model.learn(CHUNK, callback=[whole_run, names_it])
    for update, (_, rate, clip_range) in enumerate(seen):
        assert rate == pytest.approx(CosineAnnealingLRSchedule(0.01)(1 - 16 * (update + 1) / RUN), rel=1e-9)
        assert clip_range == 0.25
