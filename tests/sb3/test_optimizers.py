"""A learning rate per optimizer and per part of a network, as the parameters themselves show."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.models import linear, make, optimizer_steps

TOTAL = 64


class NotingSGD(torch.optim.SGD):
    """Plain gradient descent, whose learning rate can be read off from what a step does to a parameter."""

    used: ClassVar[list[tuple[int, float]]] = []

    def step(self, closure: Any = None) -> Any:
        parameters = [p for group in self.param_groups for p in group["params"]]
        before = [p.detach().clone() for p in parameters]
        result = super().step(closure)
        for parameter, old in zip(parameters, before, strict=True):
            gradient = parameter.grad
            if gradient is not None and gradient.abs().max() > 1e-6:
                rate = ((old - parameter.detach()) * gradient).sum() / (gradient * gradient).sum()
                self.used.append((id(parameter), rate.item()))
        return result


@pytest.fixture
def used() -> Any:
    NotingSGD.used = []
    return NotingSGD.used


def test_actor_critic_and_alpha_step_with_rates_of_their_own() -> None:
    model = make("SAC", ent_coef="auto")
    schedules = {
        "learning_rate": 0.5,
        "actor.learning_rate": LinearLRSchedule(0.01, final_value=0.001),
        "critic.learning_rate": LinearLRSchedule(0.02, final_value=0.003),
    }
    with optimizer_steps() as steps:
        model.learn(TOTAL, callback=ScheduleCallback(schedules))
    rates = {
        name: [lr for optimizer, lrs in steps if optimizer is held for lr in lrs]
        for name, held in (
            ("actor", model.actor.optimizer),
            ("critic", model.critic.optimizer),
            ("alpha", model.ent_coef_optimizer),
        )
    }
    progress = [1.0 - step / TOTAL for step in range(5, TOTAL + 1)]
    assert rates["actor"] == pytest.approx([linear(0.01, 0.001, p) for p in progress], rel=1e-9)
    assert rates["critic"] == pytest.approx([linear(0.02, 0.003, p) for p in progress], rel=1e-9)
    assert rates["alpha"] == [0.5] * len(progress)


def test_the_learned_alpha_may_have_a_rate_of_its_own() -> None:
    model = make("SAC", ent_coef="auto", learning_rate=0.001)
    with optimizer_steps() as steps:
        model.learn(TOTAL, callback=ScheduleCallback({"ent_coef.learning_rate": LinearLRSchedule(0.5)}))
    seen = [lrs[0] for optimizer, lrs in steps if optimizer is model.ent_coef_optimizer]
    assert seen == pytest.approx([0.5 * (1.0 - step / TOTAL) for step in range(5, TOTAL + 1)], rel=1e-9, abs=1e-15)
    assert {lrs[0] for optimizer, lrs in steps if optimizer is model.actor.optimizer} == {0.001}


@pytest.mark.parametrize("name", ["PPO", "A2C", "RecurrentPPO"])
def test_actor_and_critic_of_one_optimizer_step_with_rates_of_their_own(name: str, used: Any) -> None:
    small = {"net_arch": [8], "optimizer_class": NotingSGD, "optimizer_kwargs": {}}
    model = make(
        name, policy_kwargs=small | ({"lstm_hidden_size": 8} if name == "RecurrentPPO" else {}), max_grad_norm=1e9
    )
    policy, counts = model.policy, []
    original = type(model).train

    def train(self: Any) -> None:
        counts.append(len(used))
        original(self)

    model.__class__ = type(name, (type(model),), {"train": train})
    schedules = {
        "actor.learning_rate": LinearLRSchedule(0.02, final_value=0.01),
        "critic.learning_rate": LinearLRSchedule(0.2, final_value=0.1),
        "policy.value_net.learning_rate": LinearLRSchedule(0.05, final_value=0.4),
    }
    model.learn(TOTAL, callback=ScheduleCallback(schedules))
    value_net = {id(p) for p in policy.value_net.parameters()}
    critic = {id(p) for p in policy.mlp_extractor.value_net.parameters()}
    actor = {id(p) for module in (policy.action_net, policy.mlp_extractor.policy_net) for p in module.parameters()}
    for update, (first, after) in enumerate(zip(counts, [*counts[1:], len(used)], strict=True)):
        p = 1.0 - 16 * (update + 1) / TOTAL
        groups = ((actor, 0.02, 0.01), (critic, 0.2, 0.1), (value_net, 0.05, 0.4))
        for members, start, end in groups:
            rates = [rate for which, rate in used[first:after] if which in members]
            assert rates
            assert rates == pytest.approx([linear(start, end, p)] * len(rates), rel=2e-2)
            assert np.median(rates) == pytest.approx(linear(start, end, p), rel=1e-3)


def test_a_part_with_no_rate_of_its_own_keeps_that_of_the_model(used: Any) -> None:
    model = make(
        "PPO", learning_rate=0.25, policy_kwargs={"net_arch": [8], "optimizer_class": NotingSGD, "optimizer_kwargs": {}}
    )
    model.learn(TOTAL, callback=ScheduleCallback({"policy.action_net.learning_rate": 0.125}))
    action_net = {id(p) for p in model.policy.action_net.parameters()}
    assert np.median([rate for which, rate in used if which in action_net]) == pytest.approx(0.125, rel=1e-3)
    assert np.median([rate for which, rate in used if which not in action_net]) == pytest.approx(0.25, rel=1e-3)


class LinearFeatures(BaseFeaturesExtractor):
    """One layer, so that the features have parameters."""

    def __init__(self, observation_space: Any) -> None:
        super().__init__(observation_space, features_dim=4)
        self.layer = torch.nn.Linear(observation_space.shape[0], 4)

    def forward(self, observations: Any) -> Any:
        return self.layer(observations)


@pytest.mark.parametrize(
    ("name", "part"), [("PPO", "policy"), ("DQN", "policy.q_net"), ("SAC", "critic"), ("TD3", "actor")]
)
def test_a_features_extractor_steps_with_a_rate_of_its_own_and_its_model_loads(
    name: str, part: Any, used: Any, tmp_path: Path
) -> None:
    networks = {"net_arch": [8], "features_extractor_class": LinearFeatures}
    optimizer = {"optimizer_class": NotingSGD, "optimizer_kwargs": {}}
    more: dict[str, Any] = {"max_grad_norm": 1e9} if name in ("PPO", "DQN") else {}
    model = make(name, learning_rate=0.25, policy_kwargs=networks | optimizer, **more)
    callback = ScheduleCallback({f"{part}.features_extractor.learning_rate": LinearLRSchedule(0.02, final_value=0.01)})
    model.learn(TOTAL, callback=callback)
    owner = model
    for step in f"{part}.features_extractor".split("."):
        owner = getattr(owner, step)
    features = {id(p) for p in owner.parameters()}
    rates = [rate for which, rate in used if which in features]
    assert rates[0] == pytest.approx(linear(0.02, 0.01, 1.0 - (16 if name == "PPO" else 5) / TOTAL), rel=0.05)
    assert rates[-1] == pytest.approx(0.01, rel=0.05)
    assert np.median([rate for which, rate in used if which not in features]) == pytest.approx(0.25, rel=1e-3)
    model.save(tmp_path / "model")
    type(model).load(tmp_path / "model", env=model.get_env(), device="cpu").learn(20, callback=callback)


def test_groups_are_split_only_within_a_step_so_that_saves_load_and_train_on(tmp_path: Path) -> None:
    model = make("PPO")
    groups = model.policy.optimizer.param_groups
    schedules = {"actor.learning_rate": 0.001, "policy.value_net.learning_rate": LinearLRSchedule(0.01)}
    lengths = []
    original = type(model).dump_logs

    def dump_logs(self: Any, *arguments: Any) -> None:
        lengths.append(len(self.policy.optimizer.param_groups))
        original(self, *arguments)

    model.__class__ = type("PPO", (type(model),), {"dump_logs": dump_logs})
    model.learn(TOTAL, callback=ScheduleCallback(schedules))
    assert lengths == [1] * 4
    assert model.policy.optimizer.param_groups is groups
    assert not model.policy.optimizer._optimizer_step_pre_hooks
    model.save(tmp_path / "model")
    loaded = type(make("PPO")).load(tmp_path / "model", env=model.get_env(), device="cpu")
    for mine, theirs in zip(model.policy.parameters(), loaded.policy.parameters(), strict=True):
        assert torch.equal(mine, theirs)
        assert torch.equal(
            model.policy.optimizer.state[mine]["exp_avg"], loaded.policy.optimizer.state[theirs]["exp_avg"]
        )
    loaded.learn(TOTAL, callback=ScheduleCallback(schedules))


def test_splitting_changes_nothing_but_the_rate() -> None:
    plain = make("PPO", learning_rate=0.01).learn(TOTAL)
    callback = ScheduleCallback({"actor.learning_rate": 0.01, "policy.value_net.learning_rate": 0.01})
    split = make("PPO", learning_rate=0.01).learn(TOTAL, callback=callback)
    for mine, theirs in zip(plain.policy.parameters(), split.policy.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_two_callbacks_may_set_parts_of_one_optimizer() -> None:
    model = make("PPO")
    first = ScheduleCallback({"policy.action_net.learning_rate": 0.5})
    second = ScheduleCallback({"policy.value_net.learning_rate": 0.25})
    model.learn(TOTAL, callback=[first, second])
    assert len(model.policy.optimizer.param_groups) == 1
    assert not model.policy.optimizer._optimizer_step_pre_hooks


def test_an_unknown_part_lists_the_parts_that_the_model_has() -> None:
    model = make("SAC", ent_coef=0.1)
    with pytest.raises(ScheduleConfigError, match=r"actor\.learning_rate, critic\.learning_rate, actor\.latent_pi"):
        model.learn(TOTAL, callback=ScheduleCallback({"ent_coef.learning_rate": 0.1}))
