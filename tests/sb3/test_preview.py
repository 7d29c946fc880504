"""The preview: its rows, its warnings, and what it refuses. That it equals training is tested with every algorithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stable_baselines3 import PPO, SAC

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import preview
from tests.sb3.models import at_each_update, make

WARMUP = {"type": "cosine_warmup", "initial_value": 0.001, "final_value": 0.0001}


def test_a_row_is_an_update_with_its_timesteps_its_progress_and_its_values() -> None:
    seen: Any = preview("lin_0.001", "PPO", 20_000)
    assert len(seen) == 10
    assert seen.timesteps.tolist() == [2048 * k for k in range(1, 11)]
    assert seen[0] == (
        2048,
        pytest.approx(1 - 2048 / 20_000),
        {"learning_rate": pytest.approx(0.001 * (1 - 2048 / 20_000))},
    )
    assert seen[-1] == (20_480, 0.0, {"learning_rate": 0.0})
    assert [row.timesteps for row in seen] == seen.timesteps.tolist()


def test_environments_and_hyperparameters_set_the_rollouts() -> None:
    assert preview(0.1, PPO, 1000, n_envs=4, n_steps=50).timesteps.tolist() == [200, 400, 600, 800, 1000]
    assert preview(0.1, "SAC", 20, n_envs=2, learning_starts=8, train_freq=3).timesteps.tolist() == [12, 18, 24]
    assert preview(0.1, SAC, 20, learning_starts=5, train_freq=(1, "episode"), episode_length=4).timesteps.tolist() == [
        8,
        12,
        16,
        20,
    ]
    assert preview(0.1, "ARS", 100, n_delta=2, episode_length=10).timesteps.tolist() == [40, 80, 120]


def test_updates_in_episodes_need_their_length() -> None:
    cases: list[tuple[str, dict[str, Any]]] = [("ARS", {}), ("TD3", {"train_freq": (1, "episode")})]
    for algo, settings in cases:
        with pytest.raises(ScheduleConfigError, match="episode_length: required"):
            preview(0.1, algo, 100, **settings)


def test_a_mapping_of_targets_gives_a_column_each_and_a_config_alone_is_the_learning_rate() -> None:
    two = preview({"learning_rate": 0.1, "ent_coef": lambda p: p, "critic.learning_rate": WARMUP}, "PPO", 20_480)
    assert list(two.values) == ["learning_rate", "ent_coef", "critic.learning_rate"]
    for cfg in (0.1, "0.1", {"initial_value": 0.1}, {"type": "constant", "initial_value": 0.1}, BaseLRSchedule(0.1)):
        assert {name: set(column.tolist()) for name, column in preview(cfg, "A2C", 100).values.items()} == {
            "learning_rate": {0.1}
        }


def test_it_prints_as_a_table_that_leaves_out_the_middle() -> None:
    lines = str(preview({"ent_coef": "lin_0.5"}, "PPO", 100, n_steps=2)).splitlines()
    assert lines[0].split() == ["update", "timesteps", "progress", "ent_coef"]
    assert lines[1].split() == ["1", "2", "0.9800", "0.49"]
    assert lines[7].split() == ["..."] * 4
    assert lines[-1].split() == ["50", "100", "0.0000", "0"]
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines[1:]] == [*"123456", "...", *map(str, range(45, 51))]


@pytest.mark.parametrize("updates", [1, 3, 12])
def test_a_table_of_twelve_updates_or_fewer_has_each_of_them_once(updates: int) -> None:
    lines = str(preview({"ent_coef": 0.5}, "PPO", 2 * updates, n_steps=2)).splitlines()
    assert [line.split()[0] for line in lines] == ["update", *map(str, range(1, updates + 1))]


def warnings(*args: Any, **kwargs: Any) -> Any:
    return " | ".join(preview(*args, **kwargs).warnings)


def test_a_schedule_that_fits_the_run_has_no_warning() -> None:
    assert warnings(WARMUP, "PPO", 1_000_000) == ""
    assert (
        warnings(
            {"ent_coef": 0.1, "clip_range": {"type": "linear", "initial_value": 0.3, "final_value": 0.1}},
            "PPO",
            100_000,
        )
        == ""
    )


def test_a_warmup_shorter_than_a_rollout_is_warned_of() -> None:
    text = warnings({**WARMUP, "warmup_steps": 2048}, "PPO", 100_000)
    assert text.startswith("learning_rate: the warmup ends at timestep 2048, before the first update at 2048")
    assert "warmup" not in warnings({**WARMUP, "warmup_steps": 2049}, "PPO", 100_000)


def test_a_warmup_swallowed_by_learning_starts_is_warned_of() -> None:
    assert "the warmup ends at timestep 1000, before the first update at 1001" in warnings(
        {**WARMUP, "warmup_steps": 1000}, "SAC", 100_000, learning_starts=1000
    )
    assert "warmup" not in warnings({**WARMUP, "warmup_steps": 1000}, "SAC", 100_000)


@pytest.mark.parametrize("total", [2000, 2048, 4096, 100_000])
def test_a_last_update_that_learns_nothing_is_warned_of_in_a_run_of_any_number_of_updates(total: int) -> None:
    assert "learning_rate: the value is 0 in the last update" in warnings("lin_1e-3", "PPO", total)
    assert "the value is 0" not in warnings("lin_1e-3_1e-5", "PPO", total)
    assert "the value is 0" not in warnings(0.0, "PPO", total)


def test_one_update_is_said_in_the_singular() -> None:
    assert "learning_rate: only 1 value in 1 update; shorter" in warnings("lin_1e-3_1e-5", "PPO", 2000)


def test_few_distinct_values_are_warned_of_unless_the_schedule_has_no_more() -> None:
    assert "only 9 different values in 9 updates" in warnings("cosine_0.1", "PPO", 9 * 2048)
    assert "different" not in warnings("cosine_0.1", "PPO", 10 * 2048)
    steps = {"type": "step", "initial_value": 0.1, "period_fraction": 0.25}
    assert "different" not in warnings(steps, "PPO", 9 * 2048)


def test_a_last_update_at_zero_is_warned_of() -> None:
    assert "learning_rate: the value is 0 in the last update" in warnings("lin_0.1", "A2C", 1000)
    assert warnings({"type": "linear", "initial_value": 0.1, "final_value": 0.001}, "A2C", 1000) == ""
    assert warnings({"ent_coef": "lin_0.1"}, "A2C", 1000) == ""


@pytest.mark.parametrize(
    ("target", "algo", "settings", "is_warned_of"),
    [
        ("learning_rate", "PPO", {}, True),
        ("clip_range", "PPO", {}, True),
        ("clip_range_vf", "PPO", {}, True),
        ("exploration_rate", "DQN", {"learning_starts": 0}, False),
        ("delta_std", "ARS", {"episode_length": 100}, False),
    ],
)
def test_a_schedule_that_the_model_keeps_itself_may_reach_0(
    target: str, algo: str, settings: Any, is_warned_of: bool
) -> None:
    warned = warnings({target: "lin_0.5"}, algo, 102_400, **settings)
    assert (f"{target}: the value is 0 in the last update" in warned) is is_warned_of


@pytest.mark.parametrize(
    ("target", "algo", "settings"),
    [
        ("n_epochs", "PPO", {"n_steps": 1}),
        ("top_quantiles_to_drop_per_net", "TQC", {"learning_starts": 0, "train_freq": 1}),
    ],
)
def test_what_is_a_whole_number_is_the_nearest_one_and_of_two_the_larger(target: str, algo: str, settings: Any) -> None:
    seen = preview({target: {"type": "linear", "initial_value": 3, "final_value": 1}}, algo, 8, **settings)
    assert seen.values[target].tolist() == [3, 3, 2, 2, 2, 2, 1, 1]


@pytest.mark.parametrize("algo", ["SBX CrossQ", "SBX TD3", "SBX DDPG", "SBX DQN"])
def test_an_algorithm_that_keeps_the_first_learning_rate_is_warned_of(algo: Any) -> None:
    seen = preview({"type": "linear", "initial_value": 0.1}, algo, 1000)
    assert set(seen.values["learning_rate"].tolist()) == {0.1}
    assert "uses only the first value, lr_schedule(1)" in seen.warnings[0]
    zero = preview(WARMUP, algo, 1000)
    assert set(zero.values["learning_rate"].tolist()) == {0.0}
    assert "the value is 0 at the start, so" in zero.warnings[1]


def test_a_target_kl_of_sbx_ppo_makes_it_ignore_the_learning_rate() -> None:
    assert "target_kl" in warnings(0.1, "SBX PPO", 10_000, target_kl=0.01)
    assert warnings(0.1, "SBX PPO", 10_000) == ""


def test_a_run_without_an_update_is_warned_of() -> None:
    assert warnings(0.1, "SAC", 50) == "SAC makes no update in 50 timesteps"


@pytest.mark.parametrize(
    ("arguments", "settings", "match"),
    [
        (({"ent_coeff": 0.1}, "PPO", 100), {}, "ent_coeff: unknown target; did you mean 'ent_coef'"),
        (({"clip_range": 0.1}, "SAC", 100), {}, "clip_range: SAC has no such target"),
        (({"gamma": 1.5}, "SAC", 100), {}, "gamma: must be a finite number >= 0 and <= 1"),
        ((0.1, "PPOO", 100), {}, "algo: unknown algorithm; did you mean 'PPO'"),
        ((0.1, "PPO", 100), {"n_step": 5}, "n_step: PPO has no such hyperparameter; did you mean 'n_steps'"),
        ((0.1, "PPO", 0), {}, "run_timesteps: must be a whole number >= 1"),
        ((0.1, int, 100), {}, "algo: derives from none"),
        (({"type": "linaer"}, "PPO", 100), {}, "learning_rate.type: unknown type; did you mean 'linear'"),
    ],
)
def test_what_training_would_refuse_the_preview_refuses(arguments: Any, settings: Any, match: str) -> None:
    with pytest.raises(ScheduleConfigError, match=match):
        preview(*arguments, **settings)


def test_it_is_what_a_model_does_with_the_schedule_as_its_own_learning_rate() -> None:
    schedule = LinearLRSchedule(0.01, final_value=0.001)
    cls, seen = at_each_update("TD3", lambda m: (m.num_timesteps, m.lr_schedule(m._current_progress_remaining)))
    make("TD3", cls=cls, n_envs=2, learning_rate=schedule, train_freq=3).learn(50)
    expected = preview(schedule, "TD3", 50, n_envs=2, train_freq=3, learning_starts=4)
    assert [steps for steps, _ in seen] == expected.timesteps.tolist()
    assert np.array([rate for _, rate in seen]) == pytest.approx(expected.values["learning_rate"], rel=1e-9)
