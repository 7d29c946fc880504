"""SBX: what its compiled updates get of each scheduled value, and of the numbers of its optimizers."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stable_baselines3.common.buffers import NStepReplayBuffer
from stable_baselines3.common.callbacks import CheckpointCallback

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.algorithms import SBX
from lr_schedule.sb3.lookup import targets_of
from tests.sb3.envs import Walk
from tests.sb3.models import linear, noise

sbx: Any = pytest.importorskip("sbx")
optax: Any = pytest.importorskip("optax")

TOTAL = 24
SMALL = {"net_arch": [8]}
SETTINGS = {"learning_starts": 8, "batch_size": 8, "buffer_size": 200, "policy_kwargs": SMALL, "seed": 0}
COMPILED_ONCE = {"policy_delay": 1}
"""With a longer delay JAX compiles an update for each place in it, which takes most of the time here."""

ARGUMENTS = {
    "TD3": {"tau": 0, "target_policy_noise": 5, "target_noise_clip": 6},
    "DDPG": {"tau": 0, "target_policy_noise": 5, "target_noise_clip": 6},
    "SAC": {"tau": 0, "target_entropy_magnitude": 1},
    "TQC": {"tau": 0, "target_entropy_magnitude": 1},
    "CrossQ": {"target_entropy_magnitude": 0},
}
"""Where the compiled update of an algorithm takes which value."""
BATCH = {"TD3": 2, "DDPG": 2, "SAC": 3, "TQC": 4, "CrossQ": 2}
"""Where it takes the batch, in which gamma is."""


def make(name: str, **settings: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Return a model, and the list in which it notes what its compiled update is called with."""
    base, seen = getattr(sbx, name), []

    def _train(self: Any, *args: Any) -> Any:
        values = {target: args[place] for target, place in ARGUMENTS[name].items()}
        # Of the n-step buffer, which computes the discounts of the batch itself, what it computes them with.
        discounts = {self.gamma} if self.n_steps == 1 else {self.replay_buffer.gamma}
        assert self.n_steps > 1 or set(args[BATCH[name]].discounts.tolist()) == {np.float32(self.gamma)}
        batch = len(args[BATCH[name]].rewards)
        noises = getattr(self.action_noise, "_sigma", None)
        held = [state.opt_state for state in (self.policy.actor_state, *critics(self))]
        injected = [dict(getattr(state, "hyperparams", {})) for state in held]
        values |= {"gamma": discounts.pop(), "batch": batch, "noise": noises, "injected": injected}
        seen.append({"timesteps": self.num_timesteps, **values})
        return base._train(*args)

    cls = type(name, (base,), {"_train": _train, "__module__": __name__})
    once = COMPILED_ONCE if name != "DDPG" else {}
    # A deep copy, as SBX writes into policy_kwargs.
    return cls("MlpPolicy", Walk(), **deepcopy({**SETTINGS, **once, **settings})), seen


def critics(model: Any) -> list[Any]:
    names = ("qf_state", "qf1_state", "qf2_state")
    return [getattr(model.policy, name) for name in names if hasattr(model.policy, name)]


FALLS = LinearLRSchedule(0.9, final_value=0.1)


def at(timesteps: int) -> Any:
    return pytest.approx(linear(0.9, 0.1, 1.0 - timesteps / TOTAL), rel=1e-9, abs=0.0)


@pytest.mark.parametrize(
    "name", ["TD3", *(pytest.param(name, marks=pytest.mark.slow) for name in ("CrossQ", "DDPG", "SAC", "TQC"))]
)
def test_each_update_gets_each_scheduled_value(name: str) -> None:
    model, seen = make(name, action_noise=noise())
    targets = [*ARGUMENTS[name], "gamma", "action_noise.sigma"]
    before = {target: getattr(model, target) for target in ("tau", "gamma", "target_policy_noise") if target in targets}
    model.learn(TOTAL, callback=ScheduleCallback(dict.fromkeys(targets, FALLS)))
    assert len(seen) == TOTAL - 8
    for row in seen:
        for target in (*ARGUMENTS[name], "gamma"):
            assert row[target] == (
                at(row["timesteps"]) if target != "target_entropy_magnitude" else -FALLS(1.0 - row["timesteps"] / TOTAL)
            ), target
        assert row["noise"].tolist() == [at(row["timesteps"] - 1)]
    assert {target: getattr(model, target) for target in before} == before
    shown = preview(dict.fromkeys(targets, FALLS), f"SBX {name}", TOTAL, learning_starts=8)
    assert shown.timesteps.tolist() == [row["timesteps"] for row in seen]
    assert shown.values["gamma"].tolist() == [row["gamma"] for row in seen]


@pytest.mark.slow
def test_gamma_goes_into_the_replay_buffer_of_n_steps_too() -> None:
    model, seen = make("TD3", n_steps=3)
    assert isinstance(model.replay_buffer, NStepReplayBuffer)
    model.learn(TOTAL, callback=ScheduleCallback({"gamma": FALLS}))
    assert [row["gamma"] for row in seen] == [at(row["timesteps"]) for row in seen]
    assert model.replay_buffer.gamma == model.gamma == 0.99


@pytest.mark.slow
@pytest.mark.parametrize("name", ["TD3", "SAC"])
def test_batch_size_and_gradient_steps_are_read_by_each_update(name: str) -> None:
    model, seen = make(name)
    few = {"type": "linear", "initial_value": 3.0, "final_value": 1.0}
    model.learn(TOTAL, callback=ScheduleCallback({"batch_size": 4, "gradient_steps": few}))
    expected = [int(linear(3.0, 1.0, 1.0 - row["timesteps"] / TOTAL) + 0.5) for row in seen]
    assert [row["batch"] for row in seen] == [4 * steps for steps in expected]
    assert set(expected) == {1, 2}
    assert (model.batch_size, model.gradient_steps) == (8, 1)


@pytest.mark.slow
def test_each_update_of_dqn_gets_gamma_and_each_step_tau_and_epsilon(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Any] = []
    updates: list[Any] = []
    smooth = sbx.DQN.soft_update

    class Noting(sbx.DQN):  # type: ignore[misc]
        def _on_step(self) -> None:
            super()._on_step()
            steps.append((self.num_timesteps, self.exploration_rate))

        def train(self, batch_size: int, gradient_steps: int) -> None:
            monkeypatch.setattr(np, "full", note_discounts)
            super().train(batch_size, gradient_steps)
            monkeypatch.setattr(np, "full", full)

    full = np.full

    def note_discounts(shape: Any, value: Any, **kwargs: Any) -> Any:
        updates.append((model.num_timesteps, value))
        return full(shape, value, **kwargs)

    taus: list[Any] = []

    def note_tau(tau: Any, state: Any) -> Any:
        taus.append((model.num_timesteps, tau))
        return smooth(tau, state)

    monkeypatch.setattr(sbx.DQN, "soft_update", staticmethod(note_tau))
    Noting.__name__ = "DQN"
    model = Noting("MlpPolicy", Walk(discrete=True), target_update_interval=1, train_freq=2, **deepcopy(SETTINGS))
    own = model.exploration_schedule
    model.learn(TOTAL, callback=ScheduleCallback({"tau": FALLS, "gamma": FALLS, "exploration_rate": FALLS}))
    assert [rate for _, rate in steps] == [at(timesteps) for timesteps, _ in steps]
    assert [tau for _, tau in taus] == [at((timesteps - 1) // 2 * 2) for timesteps, _ in taus]
    assert [gamma for _, gamma in updates] == [at(timesteps) for timesteps, _ in updates]
    assert (len(steps), len(taus), len(updates)) == (24, 24, 8)
    assert (model.exploration_schedule, model.tau, model.gamma) == (own, 1.0, 0.99)


@pytest.mark.parametrize(
    ("name", "target", "match"),
    [
        (
            "CrossQ",
            "ent_coef",
            "SBX CrossQ compiles a fixed ent_coef into its update; make the model with ent_coef='auto'",
        ),
        ("SAC", "ent_coef", "SBX SAC compiles a fixed ent_coef into its update"),
        ("TQC", "top_quantiles_to_drop_per_net", "SBX TQC compiles the number of quantiles into its update"),
        ("PPO", "max_grad_norm", "SBX PPO compiles max_grad_norm into its optimizers"),
        ("CrossQ", "tau", "SBX CrossQ has no such target"),
        ("TD3", "policy_delay", "fixed when a model of SBX TD3 is made: it determines when to update"),
    ],
)
def test_what_a_compiled_update_never_reads_again_is_refused(name: str, target: str, match: str) -> None:
    with pytest.raises(ScheduleConfigError, match=match):
        preview({target: 0.5}, f"SBX {name}", 1_000)


@pytest.mark.parametrize("name", SBX)
def test_every_algorithm_of_sbx_has_targets(name: str) -> None:
    assert {"gamma", "batch_size"} <= set(targets_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SAC", "TQC"])
def test_actor_and_critic_of_sbx_have_injected_numbers_of_their_own(name: str, tmp_path: Path) -> None:
    model, seen = make(name)
    actor = LinearLRSchedule(0.01, final_value=0.001)
    schedules = {"actor.learning_rate": actor, "critic.b1": FALLS, "policy.eps": 1e-3}
    save = CheckpointCallback(12, str(tmp_path))
    model.learn(TOTAL, callback=[ScheduleCallback(schedules), save])
    for row in seen:
        first, *others = row["injected"]
        p = 1.0 - row["timesteps"] / TOTAL
        assert float(first["learning_rate"]) == pytest.approx(linear(0.01, 0.001, p), rel=1e-6)
        assert [float(held["b1"]) for held in (first, *others)] == pytest.approx([0.9, *[FALLS(p)] * len(others)], 1e-6)
        assert [float(held["eps"]) for held in (first, *others)] == pytest.approx([1e-3] * (1 + len(others)), 1e-6)
        assert [float(held["learning_rate"]) for held in others] == pytest.approx([3e-4] * len(others), 1e-6)
    loaded = getattr(sbx, name).load(tmp_path / "rl_model_12_steps")
    for state in (model.policy.actor_state, *critics(model), loaded.policy.actor_state, *critics(loaded)):
        held = state.opt_state.hyperparams
        assert [float(held[key]) for key in ("b1", "eps")] == pytest.approx([0.9, 1e-8], 1e-6)


@pytest.mark.slow
def test_a_schedule_has_nothing_compiled_that_a_model_without_one_has_not() -> None:
    compiled = vars(sbx.SAC)["_train"].__func__
    counts = [compiled._cache_size()]
    moving = dict.fromkeys(("critic.b1", "actor.learning_rate", "tau", "gamma"), FALLS)
    for schedules in ({}, moving):
        make("SAC")[0].learn(TOTAL, callback=ScheduleCallback(schedules))
        counts.append(compiled._cache_size())
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0


@pytest.mark.slow
def test_an_optimizer_that_is_injected_by_the_user_has_a_rate_that_moves() -> None:
    networks = {**SMALL, "optimizer_class": optax.inject_hyperparams(optax.adamw)}
    model, seen = make("TD3", policy_kwargs=networks)
    schedules = {"actor.learning_rate": LinearLRSchedule(0.01, final_value=0.001), "critic.weight_decay": FALLS}
    model.learn(TOTAL, callback=ScheduleCallback(schedules))
    for row in seen:
        actor, critic = row["injected"]
        p = 1.0 - row["timesteps"] / TOTAL
        assert float(actor["learning_rate"]) == pytest.approx(linear(0.01, 0.001, p), rel=1e-6)
        assert float(critic["weight_decay"]) == pytest.approx(FALLS(p), rel=1e-6)
    held = model.policy.actor_state.opt_state.hyperparams
    assert float(held["learning_rate"]) == pytest.approx(3e-4)
    assert len(preview(schedules, "SBX TD3", TOTAL, policy_kwargs=networks, learning_starts=8)) == len(seen)


@pytest.mark.parametrize(
    ("name", "target", "match"),
    [
        ("TD3", "actor.learning_rate", "actor.learning_rate: SBX TD3 makes its optimizers without optax.inject_hyperp"),
        (
            "SAC",
            "critic.betas[0]",
            r"no number .*reads; did you mean 'critic\.\w+'\? Allowed: actor\.learning_rate, actor",
        ),
        ("SAC", "ent_coef.learning_rate", r"ent_coef\.learning_rate: no number that an optimizer of the model reads"),
    ],
)
def test_a_number_that_is_not_injected_is_refused(name: str, target: str, match: str) -> None:
    model, _ = make(name)
    with pytest.raises(ScheduleConfigError, match=match):
        model.learn(TOTAL, callback=ScheduleCallback({target: 0.5}))
    if name == "TD3":
        with pytest.raises(ScheduleConfigError, match=match):
            preview({target: 0.5}, "SBX TD3", 1_000)


@pytest.mark.slow
def test_actor_and_critic_of_ppo_of_sbx_have_rates_of_their_own() -> None:
    seen = []

    class Noting(sbx.PPO):  # type: ignore[misc]
        def _one_update(self, **kwargs: Any) -> Any:
            held = [kwargs[key].opt_state[1].hyperparams for key in ("actor_state", "vf_state")]
            seen.append((self.num_timesteps, *(float(numbers["learning_rate"]) for numbers in held)))
            return sbx.PPO._one_update(**kwargs)

    Noting.__name__ = "PPO"
    model = Noting(
        "MlpPolicy", Walk(), n_steps=8, batch_size=8, n_epochs=2, policy_kwargs={**SMALL}, learning_rate=0.25
    )
    actor = LinearLRSchedule(0.01, final_value=0.001)
    model.learn(TOTAL, callback=ScheduleCallback({"actor.learning_rate": actor}))
    assert len(seen) == 6
    for timesteps, rate, other in seen:
        assert rate == pytest.approx(linear(0.01, 0.001, 1.0 - timesteps / TOTAL), rel=1e-6)
        assert other == pytest.approx(0.25)
    adaptive = sbx.PPO("MlpPolicy", Walk(), n_steps=8, batch_size=8, policy_kwargs={**SMALL}, target_kl=0.01)
    with pytest.raises(ScheduleConfigError, match=r"actor\.learning_rate: with target_kl set, SBX PPO chooses"):
        adaptive.learn(16, callback=ScheduleCallback({"actor.learning_rate": actor}))
