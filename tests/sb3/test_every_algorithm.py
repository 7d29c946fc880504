"""Every algorithm trains with every attribute that it has on a schedule, and really uses the values."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest

from lr_schedule import LinearLRSchedule
from lr_schedule.sb3 import ScheduleCallback, preview
from tests.sb3.models import SETTINGS, at_each_update, class_of, linear, make, noise, optimizer_steps

TOTAL = 72
"""No multiple of a rollout: the last one goes past the end."""

READ: dict[str, Callable[[Any], Any]] = {
    "learning_rate": lambda model: model.lr_schedule(model._current_progress_remaining),
    "clip_range": lambda model: model.clip_range(model._current_progress_remaining),
    "clip_range_vf": lambda model: model.clip_range_vf(model._current_progress_remaining),
    "ent_coef": lambda model: getattr(model, "ent_coef_tensor", model.ent_coef),
    "gamma": lambda model: getattr(model, "rollout_buffer", model).gamma,
    "gae_lambda": lambda model: model.rollout_buffer.gae_lambda,
    "action_noise.sigma": lambda model: getattr(model.action_noise, "noises", [model.action_noise])[-1]._sigma[0],
    "delta_std": lambda model: model.delta_std_schedule(model._current_progress_remaining),
}
CURVES = {
    "gamma": (0.99, 0.9),
    "gae_lambda": (0.99, 0.9),
    "tau": (0.9, 0.1),
    "exploration_rate": (0.9, 0.1),
    "n_epochs": (3.0, 1.0),
    "top_quantiles_to_drop_per_net": (4.0, 0.0),
}
COMMON = {"learning_rate", "gamma"}
LOSSES = {"ent_coef", "vf_coef", "max_grad_norm", "gae_lambda"}
CLIPPED = {*COMMON, *LOSSES, "clip_range", "clip_range_vf", "target_kl", "n_epochs"}
DETERMINISTIC = {*COMMON, "tau", "target_policy_noise", "target_noise_clip", "action_noise.sigma"}
HAS = {
    "A2C": {*COMMON, *LOSSES},
    "PPO": CLIPPED,
    "MaskablePPO": CLIPPED,
    "RecurrentPPO": CLIPPED,
    "TRPO": {*COMMON, "gae_lambda", "target_kl", "cg_damping"},
    "DQN": {*COMMON, "tau", "max_grad_norm"},
    "QRDQN": {*COMMON, "tau", "max_grad_norm"},
    "TD3": DETERMINISTIC,
    "DDPG": DETERMINISTIC,
    "SAC": {*COMMON, "ent_coef", "tau", "action_noise.sigma"},
    "TQC": {*COMMON, "ent_coef", "tau", "action_noise.sigma", "top_quantiles_to_drop_per_net"},
    "CrossQ": {*COMMON, "ent_coef", "action_noise.sigma"},
    "ARS": {"learning_rate", "delta_std"},
}
WHILE_COLLECTING = {"gae_lambda", "action_noise.sigma"}


def curve(target: str) -> tuple[float, float]:
    return CURVES.get(target, (0.5, 0.125))


def schedules_for(name: str) -> Any:
    return {target: LinearLRSchedule(curve(target)[0], final_value=curve(target)[1]) for target in sorted(HAS[name])}


def settings_for(name: str) -> Any:
    extra = {"clip_range_vf": 0.3, "target_kl": 1.0} if "clip_range_vf" in HAS[name] else {}
    extra |= {"action_noise": noise()} if "action_noise.sigma" in HAS[name] else {}
    return extra | ({"ent_coef": 0.1} if name in ("SAC", "TQC", "CrossQ") else {})


def read_all(name: str) -> Any:
    reads = {target: READ.get(target, attrgetter(target)) for target in HAS[name]}
    return lambda model: (model.num_timesteps, {target: read(model) for target, read in reads.items()})


@pytest.mark.parametrize("name", SETTINGS)
def test_each_update_uses_each_scheduled_value_at_its_own_time(name: str) -> None:
    cls, seen = at_each_update(name, read_all(name))
    model = make(name, cls=cls, **settings_for(name))
    model.learn(TOTAL, callback=ScheduleCallback(schedules_for(name)))
    assert len(seen) >= 3
    rollout = 16 if hasattr(model, "rollout_buffer") else getattr(getattr(model, "train_freq", None), "frequency", 0)
    for timesteps, values in seen:
        for target, value in values.items():
            early = target in WHILE_COLLECTING or (target == "gamma" and hasattr(model, "rollout_buffer"))
            early = early or (target == "tau" and name in ("DQN", "QRDQN"))
            expected = linear(*curve(target), 1.0 - (timesteps - (rollout if early else 0)) / TOTAL)
            if target in ("n_epochs", "top_quantiles_to_drop_per_net"):
                assert value == int(expected + 0.5)
            elif target == "ent_coef" and hasattr(model, "ent_coef_tensor"):
                assert value.item() == pytest.approx(expected, rel=1e-6)
            else:
                assert value == pytest.approx(expected, rel=1e-9, abs=0.0), target


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "ARS"])
def test_each_optimizer_step_uses_the_learning_rate_of_its_update(name: str) -> None:
    cls, seen = at_each_update(name, lambda model: model.num_timesteps)
    model = make(name, cls=cls)
    steps_before = []
    with optimizer_steps() as steps:
        original = cls.train

        def train(self: Any, *args: Any, **kwargs: Any) -> Any:
            steps_before.append(len(steps))
            return original(self, *args, **kwargs)

        cls.train = train
        model.learn(TOTAL, callback=ScheduleCallback({"learning_rate": LinearLRSchedule(0.01, final_value=0.001)}))
    assert len(steps) >= len(seen) > 3
    for timesteps, first, after in zip(seen, steps_before, [*steps_before[1:], len(steps)], strict=True):
        expected = linear(0.01, 0.001, 1.0 - timesteps / TOTAL)
        for _, rates in steps[first:after]:
            assert rates == [pytest.approx(expected, rel=1e-9, abs=0.0)]
            assert all(type(rate) is float and rate >= 0.0 for rate in rates)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_preview_is_what_training_then_does(name: str) -> None:
    reads = read_all(name)
    cls, seen = at_each_update(name, reads)
    model = make(name, cls=cls, **settings_for(name))
    model.learn(TOTAL, callback=ScheduleCallback(schedules_for(name)))
    given = {k: v for k, v in {**SETTINGS[name], **settings_for(name)}.items() if k != "policy_kwargs"}
    expected = preview(
        schedules_for(name), class_of(name), TOTAL, **given, **({"episode_length": 10} if name == "ARS" else {})
    )
    assert len(seen) == len(expected)
    for index, (timesteps, values) in enumerate(seen):
        row = expected[index]
        if name != "ARS":  # ARS notes its values before it collects, the row stands for the update after that
            assert timesteps == row.timesteps
        for target, value in values.items():
            tolerance = 1e-6 if target == "ent_coef" else 1e-9
            assert float(value) == pytest.approx(row.values[target], rel=tolerance, abs=0.0), target


@pytest.mark.parametrize("name", SETTINGS)
def test_no_value_is_negative_though_the_last_rollout_goes_past_the_end(name: str) -> None:
    cls, seen = at_each_update(name, read_all(name))
    model = make(name, cls=cls, n_envs=2, **settings_for(name))
    falling = {target: LinearLRSchedule(curve(target)[0], final_value=1e-6) for target in sorted(HAS[name])}
    falling.pop("n_epochs", None)
    model.learn(TOTAL - 1, callback=ScheduleCallback(falling))
    assert model.num_timesteps > TOTAL - 1
    assert all(float(value) >= 0.0 for _, values in seen for value in values.values())


def test_a_function_is_asked_for_no_progress_past_the_end() -> None:
    asked = []

    def root(progress: float) -> Any:
        asked.append(progress)
        return progress**0.5

    cls, seen = at_each_update("PPO", lambda model: model.ent_coef)
    make("PPO", cls=cls).learn(TOTAL, callback=ScheduleCallback({"ent_coef": root}))
    assert len(asked) > TOTAL
    assert all(type(progress) is float and 0.0 <= progress <= 1.0 for progress in asked)
    assert seen == pytest.approx([max(1.0 - 16 * k / TOTAL, 0.0) ** 0.5 for k in range(1, 6)], rel=1e-9, abs=0.0)
