"""Tianshou trains with the lines of its page, and each of its optimizer steps has the rate of the schedule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import torch
from tianshou.algorithm import DQN
from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
from tianshou.algorithm.modelfree.reinforce import ProbabilisticActorPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OffPolicyTrainerParams
from tianshou.utils.net.common import Net
from tianshou.utils.net.discrete import DiscreteActor, DiscreteCritic

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from tests.libraries.recording import rate_of, recorded
from tests.libraries.running import run_page

ENVIRONMENTS = 2
SPACE = gymnasium.make("CartPole-v1").action_space
QUIET: dict[str, Any] = {"show_progress": False, "verbose": False}
STEPS_OF_AN_UPDATE = 4


def collector_of(policy: Any) -> Any:
    environments = DummyVectorEnv([lambda: gymnasium.make("CartPole-v1") for _ in range(ENVIRONMENTS)])
    return Collector(policy, environments, VectorReplayBuffer(200, ENVIRONMENTS))


def network(outputs: int = 0) -> Any:
    return Net(state_shape=4, action_shape=outputs, hidden_sizes=[16])


def page() -> dict[str, Any]:
    """Run the page with a policy, a critic and a collector, as a reader has them."""
    torch.manual_seed(0)
    policy = ProbabilisticActorPolicy(
        actor=DiscreteActor(preprocess_net=network(), action_shape=2, softmax_output=False),
        dist_fn=lambda logits: torch.distributions.Categorical(logits=logits),
        action_space=SPACE,
        action_scaling=False,
    )
    critic = DiscreteCritic(preprocess_net=network())
    return run_page("tianshou", policy=policy, critic=critic, collector=collector_of(policy))


def train(names: dict[str, Any], max_epochs: int) -> list[tuple[float, float]]:
    """Train, and return the rate and the entropy coefficient of each optimizer step."""
    several = {"batch_size": 32, "update_step_num_repetitions": 2}  # mini-batches and epochs of a rollout of 64 steps
    algorithm, params = names["algorithm"], replace(names["params"], max_epochs=max_epochs, **several, **QUIET)
    with recorded(lambda optimizer: (rate_of(optimizer), algorithm.ent_coef)) as seen:
        algorithm.run_training(params)
    return seen


def test_each_optimizer_step_has_the_rate_and_the_entropy_coefficient_of_its_update() -> None:
    names = page()
    seen = train(names, names["max_epochs"])
    schedule, updates = BaseLRSchedule.create(names["schedule"]), names["updates"]
    progress = [1 - update / updates for update in range(8) for _ in range(STEPS_OF_AN_UPDATE)]
    assert seen == [(schedule(p), 0.01 * p) for p in progress]


def test_a_resumed_run_of_tianshou_goes_on_with_the_rates_of_the_whole_run(tmp_path: Path) -> None:
    whole = train(page(), 2)
    first = page()
    begun = train(first, 1)
    first["save"](tmp_path / "run.pt")
    second = page()
    second["load"](tmp_path / "run.pt")
    assert begun + train(second, 1) == whole


def test_an_off_policy_algorithm_steps_the_schedule_at_each_gradient_step() -> None:
    names, updates = page(), 2 * 2 * 16
    policy = DiscreteQLearningPolicy(model=network(outputs=2), action_space=SPACE)
    scheduled = AdamOptimizerFactory().with_lr_scheduler_factory(names["Scheduled"]("cosine_1e-3", updates))
    algorithm = DQN(policy=policy, optim=scheduled)
    params = OffPolicyTrainerParams(
        training_collector=collector_of(policy),
        max_epochs=2,
        epoch_num_steps=32,
        collection_step_num_env_steps=16,
        batch_size=8,
        training_fn=lambda epoch, env_step: policy.set_eps_training(0.5 * (1 - env_step / 64)),
        **QUIET,
    )
    with recorded(rate_of) as rates:
        algorithm.run_training(params)
    schedule = BaseLRSchedule.create("cosine_1e-3")
    assert rates == [schedule(1 - update / updates) for update in range(updates)]
    assert policy.eps_training == 0.5 * (1 - 48 / 64)


def test_a_mistake_in_a_config_is_told_when_tianshou_makes_the_optimizer() -> None:
    scheduled = page()["Scheduled"]({"type": "cosine", "inital_value": 3e-4}, 8)
    factory = AdamOptimizerFactory().with_lr_scheduler_factory(scheduled)
    with pytest.raises(ScheduleConfigError, match="did you mean 'initial_value'"):
        factory.create_instances(network())
