"""Schedules in skrl: what its optimizers really have in every step of a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import torch
from skrl.agents.torch.a2c import A2C, A2C_CFG
from skrl.agents.torch.ppo import PPO
from skrl.agents.torch.sac import SAC, SAC_CFG
from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.models.torch import DeterministicMixin, GaussianMixin, Model
from skrl.trainers.torch import SequentialTrainer
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

from lr_schedule import BaseLRSchedule
from lr_schedule.control import create_controller
from lr_schedule.optim import ScheduleLR
from tests.libraries.running import run_page

RATE = {"type": "linear", "initial_value": 1e-3, "final_value": 1e-5, "warmup_fraction": 0.05}
ROLLOUTS, LEARNING_EPOCHS, MINI_BATCHES, TIMESTEPS = 16, 4, 2, 256
EPOCHS = TIMESTEPS // ROLLOUTS * LEARNING_EPOCHS


class Policy(GaussianMixin, Model):  # type: ignore[misc]
    def __init__(self, **spaces: Any) -> None:
        Model.__init__(self, **spaces)
        GaussianMixin.__init__(self, role="policy")
        self.net = torch.nn.Linear(self.num_observations, self.num_actions)
        self.log_std = torch.nn.Parameter(torch.zeros(self.num_actions))

    def compute(self, inputs: Any, role: str) -> Any:
        return self.net(inputs["observations"]), {"log_std": self.log_std}


class Value(DeterministicMixin, Model):  # type: ignore[misc]
    def __init__(self, **spaces: Any) -> None:
        Model.__init__(self, **spaces)
        DeterministicMixin.__init__(self, role="value")
        self.net = torch.nn.Linear(self.num_observations, 1)

    def compute(self, inputs: Any, role: str) -> Any:
        return self.net(inputs["observations"]), {}


class Critic(Value):
    def __init__(self, **spaces: Any) -> None:
        super().__init__(**spaces)
        self.net = torch.nn.Linear(self.num_observations + self.num_actions, 1)

    def compute(self, inputs: Any, role: str) -> Any:
        return self.net(torch.cat([inputs["observations"], inputs["taken_actions"]], dim=1)), {}


def make_env() -> Any:
    return wrap_env(gymnasium.make("Pendulum-v1"), verbose=False)


def make_parts(env: Any, **kinds: type) -> dict[str, Any]:
    """Return the arguments of an agent."""
    torch.manual_seed(1)
    spaces = {"observation_space": env.observation_space, "action_space": env.action_space, "device": "cpu"}
    return {"models": {role: kind(**spaces) for role, kind in kinds.items()}, **spaces}


def train(env: Any, agent: Any, timesteps: int, see: Callable[[Optimizer], Any] = lambda o: o) -> list[Any]:
    """Train, and return what there was to see in each step of an optimizer: its rate, where nothing else is said."""
    seen: list[Any] = []

    def add(optimizer: Optimizer, *_: Any) -> None:
        look = see(optimizer)
        seen.append(optimizer.param_groups[0]["lr"] if look is optimizer else look)

    hook = register_optimizer_step_post_hook(add)
    try:
        options = {"timesteps": timesteps, "disable_progressbar": True}
        SequentialTrainer(env=env, agents=agent, cfg=options).train()
    finally:
        hook.remove()
    return seen


def values(cfg: Any, total: int, steps: range, times: int = 1) -> list[float]:
    schedule = BaseLRSchedule.create(cfg, total)
    return [schedule(1.0 - step / total) for step in steps for _ in range(times)]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the page leaves, and the environment that it was given."""
    monkeypatch.chdir(tmp_path)
    env = make_env()
    parts = make_parts(env, policy=Policy, value=Value)
    memory = RandomMemory(memory_size=ROLLOUTS, device="cpu")
    return run_page("skrl", env=env, models=parts["models"], memory=memory)


def test_every_learning_epoch_of_skrl_has_the_next_value_and_a_saved_agent_goes_on(page: dict[str, Any]) -> None:
    env, agent = page["env"], page["agent"]
    first = train(env, agent, TIMESTEPS // 2)
    assert first == values(RATE, EPOCHS, range(EPOCHS // 2), MINI_BATCHES)
    agent.save("half_way.pt")
    parts = {"models": page["models"], "memory": page["memory"], **page["spaces"]}
    page["cfg"].learning_rate_scheduler = (ScheduleLR, ScheduleLR)
    page["cfg"].learning_rate_scheduler_kwargs = ({"schedule": RATE, "total_steps": EPOCHS},) * 2
    resumed = PPO(cfg=page["cfg"], device="cpu", **parts)
    resumed.checkpoint_modules["scheduler"] = resumed.scheduler
    resumed.load("half_way.pt")
    second = train(env, resumed, TIMESTEPS // 2)
    assert second == values(RATE, EPOCHS, range(EPOCHS // 2, EPOCHS), MINI_BATCHES)


def test_without_the_line_of_the_page_skrl_saves_no_scheduler(page: dict[str, Any]) -> None:
    agent = page["controlled_agent"]
    agent.save("plain.pt")
    assert "scheduler" not in torch.load("plain.pt", weights_only=False)


def test_the_config_of_an_agent_of_skrl_follows_a_schedule(page: dict[str, Any]) -> None:
    agent = page["agent"]
    seen = train(page["env"], agent, TIMESTEPS, lambda _: agent.cfg.entropy_loss_scale)
    updates = range(ROLLOUTS - 1, TIMESTEPS, ROLLOUTS)
    assert seen == values(page["entropy"], TIMESTEPS, updates, LEARNING_EPOCHS * MINI_BATCHES)


def test_a_controller_in_skrl_observes_the_kl_of_each_learning_epoch(page: dict[str, Any]) -> None:
    heard: list[float] = []
    agent = page["controlled_agent"]
    observe = agent.scheduler.observe

    def observe_and_hear(kl: float) -> None:
        heard.append(kl)
        observe(kl)

    agent.scheduler.observe = observe_and_hear
    rates = train(page["env"], agent, TIMESTEPS)
    controller = create_controller(page["controller"])
    expected: list[float] = []
    for epoch, kl in enumerate(heard):
        progress = 1.0 - epoch / EPOCHS
        expected += [controller(progress)] * MINI_BATCHES
        controller.observe(kl, progress)
    assert len(heard) == EPOCHS
    assert rates == pytest.approx(expected, rel=1e-9)
    assert controller.scale != 1.0


def test_a2c_of_skrl_steps_its_scheduler_once_in_an_update() -> None:
    env = make_env()
    cfg = A2C_CFG(rollouts=ROLLOUTS, mini_batches=MINI_BATCHES, learning_rate_scheduler=ScheduleLR)
    updates = TIMESTEPS // ROLLOUTS
    cfg.learning_rate_scheduler_kwargs = {"schedule": RATE, "total_steps": updates}
    memory = RandomMemory(memory_size=ROLLOUTS, device="cpu")
    agent = A2C(cfg=cfg, memory=memory, **make_parts(env, policy=Policy, value=Value))
    assert train(env, agent, TIMESTEPS) == values(RATE, updates, range(updates), MINI_BATCHES)


def test_sac_of_skrl_steps_its_schedulers_in_each_gradient_step() -> None:
    env, start, steps = make_env(), 32, 2
    cfg = SAC_CFG(batch_size=8, learning_starts=start, gradient_steps=steps, learn_entropy=False)
    total = (64 - start) * steps
    cfg.learning_rate_scheduler, kwargs = ScheduleLR, {"schedule": RATE, "total_steps": total}
    cfg.learning_rate_scheduler_kwargs = kwargs
    critics = dict.fromkeys(("critic_1", "critic_2", "target_critic_1", "target_critic_2"), Critic)
    agent = SAC(cfg=cfg, memory=RandomMemory(memory_size=64, device="cpu"), **make_parts(env, policy=Policy, **critics))
    rates = train(env, agent, 64)  # the critic's and the policy's, in turns
    assert rates == values(RATE, total, range(total), 2)
