"""SBX (JAX): schedules on PPO and SAC really run, and what its other algorithms ignore is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stable_baselines3.common.callbacks import BaseCallback, CheckpointCallback

from lr_schedule import CosineWarmupLRSchedule, LinearLRSchedule, ScheduleConfigError
from lr_schedule.control import create_controller
from lr_schedule.sb3 import ScheduleCallback, preview, read_schedules
from tests.sb3.envs import Walk
from tests.sb3.models import linear

sbx = pytest.importorskip("sbx")
SBX_PPO: Any = sbx.PPO
SBX_SAC: Any = sbx.SAC

TOTAL = 70
RATE = CosineWarmupLRSchedule(initial_value=0.01, final_value=0.001, warmup_fraction=0.25)
SMALL = {"net_arch": [8]}


def ppo(**settings: Any) -> Any:
    chosen = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "policy_kwargs": SMALL, "seed": 0}
    seen = []

    class Noting(SBX_PPO):  # type: ignore[misc]
        def _one_update(self, **kwargs: Any) -> Any:
            rates = [kwargs[key].opt_state[1].hyperparams["learning_rate"] for key in ("actor_state", "vf_state")]
            seen.append((self.num_timesteps, *map(float, rates), kwargs["clip_range"], kwargs["ent_coef"]))
            return sbx.PPO._one_update(**kwargs)

    Noting.__name__ = "PPO"
    return Noting("MlpPolicy", Walk(), **{**chosen, **settings}), seen


def sac(**settings: Any) -> Any:
    chosen = {"learning_starts": 8, "batch_size": 8, "buffer_size": 500, "policy_kwargs": SMALL, "seed": 0}
    seen = []

    class Noting(SBX_SAC):  # type: ignore[misc]
        def _train(self, tau: Any, target_entropy: Any, *args: Any) -> Any:
            states = (self.policy.actor_state, self.policy.qf_state)
            rates = [float(state.opt_state.hyperparams["learning_rate"]) for state in states]
            seen.append((self.num_timesteps, *rates, tau, target_entropy))
            return sbx.SAC._train(tau, target_entropy, *args)

    Noting.__name__ = "SAC"
    return Noting("MlpPolicy", Walk(), **{**chosen, **settings}), seen


def test_learning_rate_and_clip_range_of_ppo_may_be_schedules_of_its_own(tmp_path: Path) -> None:
    clip = LinearLRSchedule(0.4, final_value=0.1)
    model, seen = ppo(learning_rate=RATE, clip_range=clip)
    model.learn(TOTAL)
    rows = preview({"learning_rate": RATE, "clip_range": clip}, sbx.PPO, TOTAL, n_steps=16)
    for (timesteps, actor, critic, clip_range, _), row in zip(seen, rows, strict=True):
        assert timesteps == row.timesteps
        assert actor == critic == pytest.approx(row.values["learning_rate"], rel=1e-6)
        assert clip_range == pytest.approx(row.values["clip_range"], rel=1e-9)
    model.save(tmp_path / "model")
    assert sbx.PPO.load(tmp_path / "model").learning_rate == RATE
    assert read_schedules(tmp_path / "model")["clip_range"] == clip.to_config()


@pytest.mark.slow
def test_the_learning_rate_of_sac_may_be_a_schedule_of_its_own() -> None:
    model, seen = sac(learning_rate=RATE)
    model.learn(TOTAL)
    rows = preview(RATE, "SBX SAC", TOTAL, learning_starts=8)
    for (timesteps, actor, critic, *_), row in zip(seen, rows, strict=True):
        assert timesteps == row.timesteps
        assert actor == critic == pytest.approx(row.values["learning_rate"], rel=1e-6)


def test_the_callback_sets_ppo_of_sbx() -> None:
    model, seen = ppo(ent_coef=0.25)
    own = model.clip_range_schedule
    schedules = {
        "learning_rate": RATE,
        "clip_range": "constant_0.3",
        "ent_coef": LinearLRSchedule(0.5, final_value=0.1),
    }
    model.learn(TOTAL, callback=ScheduleCallback(schedules))
    for timesteps, actor, critic, clip_range, ent_coef in seen:
        p = max(1 - timesteps / TOTAL, 0.0)
        assert actor == critic == pytest.approx(RATE(p), rel=1e-6)
        assert clip_range == 0.3
        assert ent_coef == pytest.approx(linear(0.5, 0.1, p), rel=1e-9)
    assert model.clip_range_schedule is own
    assert model.ent_coef == 0.25


@pytest.mark.slow
def test_the_callback_sets_sac_of_sbx() -> None:
    model, seen = sac()
    schedules = {"learning_rate": RATE, "tau": LinearLRSchedule(0.5, final_value=0.1), "target_entropy_magnitude": 0.75}
    model.learn(TOTAL, callback=ScheduleCallback(schedules))
    for timesteps, actor, critic, tau, target_entropy in seen:
        p = 1 - timesteps / TOTAL
        assert actor == critic == pytest.approx(RATE(p), rel=1e-6)
        assert (tau, target_entropy) == (pytest.approx(linear(0.5, 0.1, p), rel=1e-9), -0.75)


def test_what_sbx_ignores_is_an_error_before_training() -> None:
    model, _ = ppo(target_kl=0.01)
    with pytest.raises(ScheduleConfigError, match="learning_rate: with target_kl set, SBX PPO chooses"):
        model.learn(TOTAL, callback=ScheduleCallback({"learning_rate": 0.1}))
    other = sbx.TD3("MlpPolicy", Walk(), policy_kwargs=SMALL)
    with pytest.raises(ScheduleConfigError, match="learning_rate: SBX TD3 builds its optimizers with lr_schedule"):
        other.learn(TOTAL, callback=ScheduleCallback({"learning_rate": 0.1}))


@pytest.mark.parametrize("reset", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_schedules_that_a_model_of_sbx_was_made_with_follow_a_run_in_chunks(reset: bool) -> None:
    clip = LinearLRSchedule(0.4, final_value=0.1)
    model, seen = ppo(learning_rate=RATE, clip_range=clip)
    callback = ScheduleCallback({}, total_timesteps=96)
    for _ in range(2):
        model.learn(48, callback=callback, reset_num_timesteps=reset)
    for update, (_, actor, critic, clip_range, _) in enumerate(seen):
        p = 1 - 16 * (update + 1) / 96
        assert actor == critic == pytest.approx(RATE(p), rel=1e-6)
        assert clip_range == pytest.approx(linear(0.4, 0.1, p), rel=1e-9)
    assert len(seen) == 6


@pytest.mark.parametrize(("make", "name", "target"), [(ppo, "PPO", "ent_coef"), (sac, "SAC", "tau")])
@pytest.mark.slow
def test_a_checkpoint_of_sbx_holds_what_the_model_was_made_with(
    make: Any, name: str, target: str, tmp_path: Path
) -> None:
    model, _ = make(**{target: 0.25})
    checkpoint = CheckpointCallback(20, str(tmp_path))
    model.learn(32, callback=[ScheduleCallback({target: 0.5}), checkpoint])
    loaded = getattr(sbx, name).load(tmp_path / "rl_model_20_steps")
    assert getattr(loaded, target) == getattr(model, target) == 0.25


@pytest.mark.parametrize("metric", ["kl", pytest.param("train/approx_kl", marks=pytest.mark.slow)])
def test_a_controller_sets_the_rate_of_the_next_update_of_ppo(metric: str) -> None:
    cfg = {"controller": "kl", "schedule": 0.1, "maximum": 1.0, "metric": metric}
    model, seen = ppo(n_epochs=3)
    logged = []

    class Notes(BaseCallback):
        def _on_rollout_start(self) -> None:
            if "train/approx_kl" in self.logger.name_to_value:
                logged.append(self.logger.name_to_value["train/approx_kl"])

        def _on_step(self) -> bool:
            return True

    model.learn(TOTAL, callback=[ScheduleCallback({"learning_rate": cfg}), Notes()])
    controller = create_controller({"controller": "kl", "schedule": 0.1, "maximum": 1.0})
    expected = [0.1]
    for kl in logged:
        controller.observe(kl, 0.5)
        expected.append(controller(0.5))
    rates = {row[0]: row[1] for row in seen}
    assert list(rates.values()) == pytest.approx(expected, rel=1e-6)  # SBX keeps rates in 32 bits
    assert len(set(expected)) > 1
