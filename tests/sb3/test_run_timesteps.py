"""The length of a whole run is run_timesteps; total_timesteps is its other name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.plotting import plot
from lr_schedule.sb3 import ScheduleCallback, preview, remaining_timesteps, schedule_hyperparameters
from lr_schedule.zoo import load_hyperparams
from tests.sb3.models import at_each_update, make

FALLS = {"type": "linear", "initial_value": 0.5}


def callback_of(**length: Any) -> Any:
    return ScheduleCallback({}, **length).run_timesteps


def preview_of(**length: Any) -> Any:
    return preview(0.1, "PPO", n_steps=16, **length).timesteps.tolist()


def remaining_of(**length: Any) -> Any:
    return remaining_timesteps(make("PPO"), **length)


def attached_of(**length: Any) -> Any:
    cls, seen = at_each_update("PPO", lambda model: model.ent_coef)
    schedule_hyperparameters(make("PPO", cls=cls), {"ent_coef": FALLS}, **length).learn(32)
    return seen


def plot_of(**length: Any) -> Any:
    pytest.importorskip("matplotlib")
    return plot(FALLS, **length).get_xlim()


def zoo_of(**length: Any) -> Any:
    section = {"learning_rate": {"type": "linear", "initial_value": 0.5, "end_steps": 32}}
    return load_hyperparams(section, **length)


@pytest.mark.parametrize("of", [callback_of, preview_of, remaining_of, attached_of, plot_of, zoo_of])
def test_both_names_are_one_length_and_two_lengths_are_an_error(of: Any) -> None:
    assert of(run_timesteps=64) == of(total_timesteps=64) == of(run_timesteps=64, total_timesteps=64)
    with pytest.raises(ScheduleConfigError, match="total_timesteps: is another name for run_timesteps"):
        of(run_timesteps=64, total_timesteps=65)


def test_a_section_of_the_zoo_may_state_either_name() -> None:
    pytest.importorskip("rl_zoo3")
    for name in ("run_timesteps", "total_timesteps"):
        keywords = {"schedules": {"ent_coef": {"type": "linear", "end_steps": 32}}, name: 64}
        made = load_hyperparams({"callback": [{"lr_schedule.sb3.ScheduleCallback": keywords}]})
        assert made.zoo["callback"][0]["lr_schedule.sb3.ScheduleCallback"][name] == 64


def recorded(calls: Any, **length: Any) -> Any:
    """Return SB3's own progress, and that of a callback, at each update of some calls of `learn`."""
    cls, seen = at_each_update("PPO", lambda model: (model._current_progress_remaining, model.ent_coef))
    model = make("PPO", cls=cls)
    for steps, settings in calls:
        model.learn(steps, callback=ScheduleCallback({"ent_coef": lambda p: p}, **length), **settings)
    return seen


AGAIN = {"reset_num_timesteps": False}


@pytest.mark.parametrize(
    ("calls", "own", "for_each", "for_the_run"),
    [
        ([(56, {})], [5 / 7, 3 / 7, 1 / 7, -1 / 7], [5 / 7, 3 / 7, 1 / 7, 0.0], [7 / 8, 6 / 8, 5 / 8, 4 / 8]),
        ([(32, {}), (32, {})], [0.5, 0.0, 0.5, 0.0], [0.5, 0.0, 0.5, 0.0], [7 / 8, 6 / 8, 5 / 8, 4 / 8]),
        ([(32, {}), (32, AGAIN)], [0.5, 0.0, 0.25, 0.0], [0.5, 0.0, 0.25, 0.0], [7 / 8, 6 / 8, 5 / 8, 4 / 8]),
        (
            [(32, {}), (96, AGAIN)],
            [1 / 2, 0.0, *(k / 8 for k in range(5, -1, -1))],
            [1 / 2, 0.0, *(k / 8 for k in range(5, -1, -1))],
            [k / 8 for k in range(7, -1, -1)],
        ),
    ],
)
def test_the_clocks_are_those_of_the_table(calls: Any, own: Any, for_each: Any, for_the_run: Any) -> None:
    assert recorded(calls) == [pytest.approx(pair, rel=1e-12) for pair in zip(own, for_each, strict=True)]
    assert [value for _, value in recorded(calls, run_timesteps=128)] == pytest.approx(for_the_run, rel=1e-12)


def test_one_step_of_a_vecenv_counts_each_of_its_environments() -> None:
    cls, seen = at_each_update("PPO", lambda model: (model.num_timesteps, model.ent_coef))
    model = make("PPO", cls=cls, n_envs=4, n_steps=8)
    model.learn(64, callback=ScheduleCallback({"ent_coef": lambda p: p}))
    assert seen == [(32, 0.5), (64, 0.0)]


def test_a_learning_rate_that_nothing_reads_is_warned_of(tmp_path: Path) -> None:
    make("PPO", learning_rate=0.25).save(tmp_path / "model")
    model = make("PPO").load(tmp_path / "model", env=make("PPO").get_env(), device="cpu")
    model.learning_rate = LinearLRSchedule(0.5)
    with pytest.warns(UserWarning, match=r"^model\.learning_rate is LinearLR.*but training uses .*, which is 0\.25"):
        model.learn(16, callback=ScheduleCallback({}))
    assert model.policy.optimizer.param_groups[0]["lr"] == 0.25


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [0.25, LinearLRSchedule(0.25), lambda p: 0.25])
def test_a_learning_rate_that_is_read_is_not_warned_of(rate: Any, tmp_path: Path) -> None:
    model = make("PPO", learning_rate=rate)
    model.learn(16, callback=ScheduleCallback({}))
    model.save(tmp_path / "model")
    cls = type(model)
    loaded = cls.load(tmp_path / "model", env=model.get_env(), device="cpu")
    loaded.learn(16, callback=ScheduleCallback({}, run_timesteps=64), reset_num_timesteps=False)
    again = cls.load(tmp_path / "model", env=model.get_env(), device="cpu", learning_rate=LinearLRSchedule(0.5))
    again.learn(16, callback=ScheduleCallback({}))
    assert again.policy.optimizer.param_groups[0]["lr"] == 0.5 * (1 - 16 / 16)
    again.learning_rate = 0.125
    again.learn(16, callback=ScheduleCallback({"learning_rate": 0.125}))
    assert again.policy.optimizer.param_groups[0]["lr"] == 0.125


def test_a_loop_that_has_set_nothing_up_gets_one_sentence() -> None:
    with pytest.raises(ScheduleConfigError, match=r"callback: has no model yet; call init_callback\(model\) first"):
        ScheduleCallback({}).on_training_start({}, {})
    for hook in ("on_step", "on_rollout_start", "on_rollout_end"):
        with pytest.raises(ScheduleConfigError, match="callback: training has not started"):
            getattr(ScheduleCallback({"ent_coef": 0.5}), hook)()
    with pytest.raises(ScheduleConfigError, match="no run is set up in the model; in your own training loop"):
        ScheduleCallback({"ent_coef": 0.5}).init_callback(make("PPO"))
