"""Values of environments on a schedule: set in all of them at once, below their wrappers, whatever holds them."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
import pytest
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecFrameStack, VecNormalize

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from tests.sb3 import models
from tests.sb3.envs import Walk

WIND = {"type": "linear", "initial_value": 4.0}


class Windy(Walk):
    """A walk with values that may be scheduled; it uses them in each step."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wind, self.level, self.name = 1.0, 3, "windy"
        self.difficulty = 0.0
        self.used: list[tuple[float, float]] = []

    def set_difficulty(self, value: float) -> None:
        self.difficulty = value

    def step(self, action: Any) -> Any:
        self.used.append((self.wind, self.difficulty))
        return super().step(action)


class Reads(BaseCallback):
    """Notes, at the end of each rollout, what all environments have used in it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.rows: list[Any] = []

    def _on_rollout_end(self) -> None:
        self.rows.append((self.num_timesteps, copy.deepcopy(self.training_env.get_attr(self.name))))

    def _on_step(self) -> bool:
        return True


def learn(schedules: Any, env: Any, name: str, total: int = 128, n_steps: int = 16) -> tuple[Any, Reads]:
    model, reads = models.make("PPO", env, n_steps=n_steps), Reads(name)
    model.learn(total, callback=[ScheduleCallback(schedules), reads])
    return model, reads


ENVS: dict[str, Any] = {
    "Dummy": lambda: make_vec_env(Windy, n_envs=2),
    "normalized": lambda: VecNormalize(make_vec_env(Windy, n_envs=2)),
    "stacked": lambda: VecFrameStack(make_vec_env(Windy, n_envs=2), 2),
    "wrapped": lambda: make_vec_env(lambda: gym.wrappers.TimeLimit(Windy(), 50), n_envs=2),
    "no Monitor": lambda: DummyVecEnv([Windy, Windy]),
}


@pytest.mark.parametrize("make", ENVS.values(), ids=ENVS)
def test_an_attribute_has_the_schedules_value_in_each_rollout_and_then_its_own_again(make: Any) -> None:
    model, reads = learn({"env.wind": WIND}, make(), "used")
    for timesteps, used in reads.rows:
        expected = 4.0 * (1.0 - (timesteps - 32) / 128)
        assert [[wind for wind, _ in one[-16:]] for one in used] == [[expected] * 16] * 2
    assert len(reads.rows) == 4
    assert model.get_env().get_attr("wind") == [1.0, 1.0]


@pytest.mark.slow
def test_an_attribute_is_set_in_every_process() -> None:
    env = make_vec_env(Windy, n_envs=4, vec_env_cls=SubprocVecEnv)
    try:
        _, reads = learn({"env.wind": WIND, "env.set_difficulty()": 2.0}, env, "used")
        assert [{use for one in used for use in one[-16:]} for _, used in reads.rows] == [{(4.0, 2.0)}, {(2.0, 2.0)}]
        assert env.get_attr("wind") == [1.0] * 4
        with pytest.raises(
            ScheduleConfigError, match=r"env\.wnd: no environment has this attribute\. \(received 'wnd'\)"
        ):
            learn({"env.wnd": WIND}, env, "used")
        assert env.get_attr("wind") == [1.0] * 4  # the processes are alive
    finally:
        env.close()


def test_a_method_is_called_with_the_value_in_every_environment() -> None:
    _, reads = learn({"env.set_difficulty()": {"type": "linear", "initial_value": 8.0}}, ENVS["Dummy"](), "difficulty")
    assert [values for _, values in reads.rows] == [[8.0] * 2, [6.0] * 2, [4.0] * 2, [2.0] * 2]


def test_a_whole_number_stays_one() -> None:
    model, reads = learn({"env.level": WIND}, ENVS["Dummy"](), "level")
    assert [values for _, values in reads.rows] == [[4, 4], [3, 3], [2, 2], [1, 1]]
    assert model.get_env().get_attr("level") == [3, 3]


def test_a_value_that_does_not_change_is_not_sent_again() -> None:
    sent = []

    class Counts(Windy):
        def set_difficulty(self, value: float) -> None:
            sent.append(value)

    model = models.make("SAC", make_vec_env(Counts, n_envs=1))
    stairs = {"type": "piecewise_constant", "values": [1.0, 2.0], "milestone_fractions": [0.5]}
    model.learn(40, callback=ScheduleCallback({"env.set_difficulty()": stairs}))
    assert sent == [1.0, 2.0]


@pytest.mark.parametrize(
    ("cfg", "values"),
    [
        ({**WIND, "sign": -1}, [-4.0, -3.0, -2.0, -1.0]),
        ({"type": "linear", "initial_value": 1.0, "range": [-9.8, -1.8]}, [-1.8, -3.8, -5.8, -7.8]),
        ({**WIND, "sign": 1}, [4.0, 3.0, 2.0, 1.0]),
        (lambda progress: progress - 1.0, [0.0, -0.25, -0.5, -0.75]),
    ],
    ids=["minus", "range", "plus", "function"],
)
def test_values_of_any_sign_come_from_a_sign_a_range_or_a_function(cfg: Any, values: list[float]) -> None:
    _, reads = learn({"env.wind": cfg}, ENVS["Dummy"](), "wind")
    assert [one[0] for _, one in reads.rows] == pytest.approx(values, rel=1e-12, abs=0.0)


def test_a_target_entropy_may_follow_a_schedule_with_a_sign() -> None:
    cls, seen = models.at_each_update("SAC", lambda model: model.target_entropy)
    model = models.make("SAC", cls=cls, ent_coef="auto")
    model.learn(16, callback=ScheduleCallback({"target_entropy": {"type": "linear", "initial_value": 2.0, "sign": -1}}))
    assert seen == [-2.0 * (1.0 - step / 16) for step in range(5, 17)]


def test_a_controller_may_have_a_range_too() -> None:
    cfg = {
        "controller": "target",
        "schedule": 0.5,
        "goal": 0.0,
        "factor": 2.0,
        "minimum": 0.0,
        "maximum": 1.0,
        "range": [-10.0, -2.0],
        "metric": lambda model: -1.0,
    }
    model, reads = learn({"env.wind": cfg}, ENVS["Dummy"](), "wind")
    assert [one[0] for _, one in reads.rows] == [-6.0, -2.0, -2.0, -2.0]
    assert model.schedule_controllers["env.wind"]["scale"] == 2.0


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        (
            {"env.wnd": WIND},
            "env.wnd: no environment has this attribute; did you mean 'wind'? "
            "Allowed: at, difficulty, length, level, wind",
        ),
        ({"env.gust()": WIND}, "env.gust(): no environment has this attribute"),
        ({"env.name": WIND}, "env.name: must be a number in every environment (received 'windy')"),
        (
            {"env.set_difficulty": WIND},
            "env.set_difficulty: must be a number in every environment; to call it, write env.set_difficulty()",
        ),
    ],
    ids=str,
)
def test_what_the_environments_do_not_have_is_an_error_before_training(schedules: Any, message: str) -> None:
    model = models.make("PPO", ENVS["Dummy"]())
    with pytest.raises(ScheduleConfigError) as caught:
        model.learn(64, callback=ScheduleCallback(schedules))
    assert message in str(caught.value)
    assert model.num_timesteps == 0


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({**WIND, "range": [0, 1]}, "env.wind.range: needs a schedule from 0 to 1; this one is 4 at"),
        ({**WIND, "range": 3}, "env.wind.range: must be two numbers"),
        ({**WIND, "range": ["a", 1]}, "env.wind.range[0]: must be a finite number"),
        ({**WIND, "sign": 0}, "env.wind.sign: must be 1 or -1 (received 0)"),
        ({**WIND, "sign": -1, "range": [0, 1]}, "env.wind.sign: given together with range; give one of them"),
    ],
    ids=str,
)
def test_a_mistake_in_a_sign_or_a_range_is_named_when_the_callback_is_made(cfg: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        ScheduleCallback({"env.wind": cfg})
    assert message in str(caught.value)


def test_a_resumed_run_goes_on_with_the_values_of_the_whole_run() -> None:
    model, reads = models.make("PPO", ENVS["Dummy"]()), Reads("wind")
    for _ in range(2):
        model.learn(64, callback=[ScheduleCallback({"env.wind": WIND}, 128), reads], reset_num_timesteps=False)
    assert [one[0] for _, one in reads.rows] == [4.0, 3.0, 2.0, 1.0]


def test_preview_shows_the_value_of_each_rollout() -> None:
    shown = preview({"env.wind": {**WIND, "sign": -1}}, "PPO", 128, n_envs=2, n_steps=16)
    assert shown.values["env.wind"].tolist() == [-4.0, -3.0, -2.0, -1.0]
