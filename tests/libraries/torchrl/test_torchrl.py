"""TorchRL trains with the lines of its page, and each of its optimizer steps has the rate of the schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensordict.nn import TensorDictModule
from torch import nn
from torchrl.checkpoint import Checkpoint
from torchrl.collectors import Collector
from torchrl.data import LazyTensorStorage, ReplayBuffer, SamplerWithoutReplacement
from torchrl.envs import GymEnv
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.trainers import LRSchedulerHook
from torchrl.trainers.algorithms.ppo import PPOTrainer

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.control import create_controller
from lr_schedule.optim import ScheduleLR
from tests.libraries.recording import rate_of, recorded
from tests.libraries.running import run_page

FRAMES, FRAMES_PER_BATCH, BATCHES = 500, 64, 8
EPOCHS, SUB_BATCHES = 2, 2
UPDATES = [batch for batch in range(BATCHES) for _ in range(EPOCHS * SUB_BATCHES)]
"""The batch that each optimizer step of a run learns from."""

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:torchrl",
    "ignore::FutureWarning:torchrl",
    "ignore::UserWarning:torchrl",
    "ignore:PPOTrainer is an experimental",
)
"""What TorchRL says of its own future."""


def layers(outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, outputs))


def loss_module() -> Any:
    torch.manual_seed(0)
    actor = ProbabilisticActor(
        TensorDictModule(layers(2), ["observation"], ["logits"]),
        in_keys=["logits"],
        distribution_class=torch.distributions.Categorical,
        return_log_prob=True,
    )
    return ClipPPOLoss(actor, ValueOperator(layers(1), in_keys=["observation"]), entropy_coeff=0.5)


def collector_of(loss: Any) -> Any:
    environment = GymEnv("CartPole-v1", categorical_action_encoding=True)
    return Collector(environment, loss.actor_network, frames_per_batch=FRAMES_PER_BATCH, total_frames=FRAMES)


def trainer(**options: Any) -> Any:
    loss = loss_module()
    return PPOTrainer(
        collector=collector_of(loss),
        total_frames=FRAMES,
        frame_skip=1,
        optim_steps_per_batch=None,
        num_epochs=EPOCHS,
        loss_module=loss,
        optimizer=torch.optim.Adam(loss.parameters(), lr=1.0),
        replay_buffer=ReplayBuffer(
            storage=LazyTensorStorage(FRAMES_PER_BATCH),
            sampler=SamplerWithoutReplacement(),
            batch_size=FRAMES_PER_BATCH // SUB_BATCHES,
        ),
        progress_bar=False,
        enable_logging=False,
        **options,
    )


def page(**options: Any) -> dict[str, Any]:
    """Run the page with a trainer, its optimizer and the length of its batches, as a reader has them."""
    made = trainer(**options)
    return run_page("torchrl", trainer=made, optimizer=made.optimizer, frames_per_batch=FRAMES_PER_BATCH)


def train(names: dict[str, Any]) -> list[tuple[float, float]]:
    """Train, and return the rate and the entropy coefficient of each optimizer step."""
    loss = names["trainer"].loss_module
    with recorded(lambda optimizer: (rate_of(optimizer), loss.entropy_coeff.item())) as seen:
        names["trainer"].train()
    return seen


def test_each_optimizer_step_has_the_rate_and_the_entropy_coefficient_of_its_batch() -> None:
    names = page()
    schedule = BaseLRSchedule.create(names["schedule"])
    progress = [1 - batch / BATCHES for batch in UPDATES]
    assert names["batches"] == BATCHES
    assert train(names) == [(schedule(p), float(np.float32(0.01 * p))) for p in progress]


@pytest.mark.parametrize("checkpoint", [lambda: None, Checkpoint], ids=["legacy", "checkpoint"])
def test_a_resumed_run_of_torchrl_goes_on_with_the_rates_of_the_whole_run(tmp_path: Path, checkpoint: Any) -> None:
    whole = train(page())
    saving = {"save_trainer_file": tmp_path / "run", "save_trainer_interval": FRAMES}
    first = page(**saving, checkpoint=checkpoint())
    half = [batch for batch in UPDATES if batch < BATCHES // 2]

    def stop_half_way() -> None:
        if first["scheduler"].last_epoch == BATCHES // 2:
            first["trainer"].request_stop()

    first["trainer"].register_op("post_steps", stop_half_way)
    begun = train(first)
    assert len(begun) == len(half)
    second = page(**saving, checkpoint=checkpoint())
    second["trainer"].load_from_file(tmp_path / "run")
    assert begun + train(second) == whole


def test_with_the_interval_optim_each_optimizer_step_is_a_step_of_the_schedule() -> None:
    made = trainer()
    scheduler = ScheduleLR(made.optimizer, "cosine_1e-3", total_steps=len(UPDATES))
    LRSchedulerHook(scheduler, interval="optim").register(made)
    with recorded(rate_of) as rates:
        made.train()
    schedule = BaseLRSchedule.create("cosine_1e-3")
    assert rates == [schedule(1 - step / len(UPDATES)) for step in range(len(UPDATES))]


def test_a_loop_of_ones_own_steps_the_schedule_once_for_each_batch() -> None:
    loss = loss_module()
    optimizer = torch.optim.Adam(loss.parameters())
    loss.make_value_estimator()

    def update(batch: Any) -> None:
        with torch.no_grad():
            loss.value_estimator(
                batch, params=loss.critic_network_params, target_params=loss.target_critic_network_params
            )
        losses = loss(batch)
        (losses["loss_objective"] + losses["loss_critic"]).backward()
        optimizer.step()
        optimizer.zero_grad()

    with recorded(rate_of) as rates:
        page()["train"](collector_of(loss), update, ScheduleLR(optimizer, "lin_1e-3", total_steps=BATCHES))
    schedule = BaseLRSchedule.create("lin_1e-3")
    assert rates == [schedule(1 - batch / BATCHES) for batch in range(BATCHES)]


def test_a_controller_follows_the_kl_divergence_that_the_loss_hands_out() -> None:
    config = {"controller": "kl", "schedule": "lin_1e-3", "target_kl": 1e-3}
    made, seen = trainer(), []
    scheduler = ScheduleLR(made.optimizer, config, total_steps=BATCHES)
    LRSchedulerHook(scheduler).register(made)
    page()["follow_kl"](made, scheduler)
    made.register_op("post_optim_complete_log", lambda steps, losses: seen.append(float(losses["kl_approx"])))
    with recorded(rate_of) as rates:
        made.train()

    twin, expected = create_controller(config), []
    for batch, kl in enumerate(seen):
        expected += [twin(1 - batch / BATCHES)] * (EPOCHS * SUB_BATCHES)
        twin.observe(kl, progress_remaining=1 - batch / BATCHES)
    assert rates == expected
    assert twin.scale != 1.0


def test_a_mistake_in_a_config_is_told_before_torchrl_trains() -> None:
    with pytest.raises(ScheduleConfigError, match="did you mean 'initial_value'"):
        ScheduleLR(trainer().optimizer, {"type": "cosine", "inital_value": 3e-4}, total_steps=BATCHES)
