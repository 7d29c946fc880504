"""Weight decay, momentum, betas and other numbers of optimizers as targets, as each step of an optimizer finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from stable_baselines3.common.callbacks import CheckpointCallback
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview, schedule_hyperparameters
from tests.sb3.models import SETTINGS, class_of, linear, make

TOTAL = 64


class Noting:
    """Notes the groups that a step finds, without their parameters but with how many they are."""

    found: ClassVar[list[tuple[Any, list[dict[str, Any]]]]] = []

    def step(self, closure: Any = None) -> Any:
        groups: Any = self.param_groups  # type: ignore[attr-defined]
        self.found.append((self, [{**group, "params": len(group["params"])} for group in groups]))
        return super().step(closure)  # type: ignore[misc]


class Adam(Noting, torch.optim.Adam):
    """Adam that notes."""


class AdamW(Noting, torch.optim.AdamW):
    """AdamW that notes."""


class SGD(Noting, torch.optim.SGD):
    """Gradient descent that notes."""


class RMSprop(Noting, RMSpropTFLike):
    """The RMSprop that A2C uses by default, noting."""


@pytest.fixture
def found() -> Any:
    Noting.found = []
    return Noting.found


def with_optimizer(name: str, optimizer: Any, **settings: Any) -> tuple[Any, list[int]]:
    """Return a model whose optimizers note, and the list of the timesteps of each update with its first step."""
    kwargs = {**SETTINGS[name]["policy_kwargs"], "optimizer_class": optimizer, "optimizer_kwargs": {}}  # type: ignore[dict-item]
    updates: list[Any] = []
    base = class_of(name)

    def train(self: Any, *args: Any, **given: Any) -> Any:
        updates.append((self.num_timesteps, len(Noting.found)))
        return base.train(self, *args, **given)

    cls = type(name, (base,), {"train": train, "__module__": __name__})
    return make(name, cls=cls, policy_kwargs=kwargs, **settings), updates


def steps_of_updates(found: Any, updates: Any, optimizer: Any) -> Any:
    """Yield the timesteps of each update and the groups of each step of an optimizer in it."""
    for (timesteps, first), (_, after) in zip(updates, [*updates[1:], (0, len(found))], strict=True):
        for which, groups in found[first:after]:
            if which is optimizer:
                yield timesteps, groups


DECAY = LinearLRSchedule(0.1, final_value=0.01)
FASTER = LinearLRSchedule(0.9, final_value=0.5)


@pytest.mark.parametrize("name", ["PPO", "A2C", "RecurrentPPO", "DQN", "QRDQN"])
@pytest.mark.parametrize(
    ("optimizer", "key", "schedule"),
    [
        (AdamW, "weight_decay", DECAY),
        (Adam, "betas[0]", FASTER),
        (SGD, "momentum", FASTER),
        (RMSprop, "alpha", FASTER),
    ],
)
def test_each_step_of_one_optimizer_finds_the_value_of_its_update(
    name: str, optimizer: Any, key: str, schedule: Any, found: Any
) -> None:
    model, updates = with_optimizer(name, optimizer)
    stem = key.removesuffix("[0]")
    before = [group[stem] for group in model.policy.optimizer.param_groups]
    model.learn(TOTAL, callback=ScheduleCallback({f"policy.{key}": schedule}))
    seen = list(steps_of_updates(found, updates, model.policy.optimizer))
    assert len(seen) >= 4
    for timesteps, groups in seen:
        expected = linear(schedule.initial_value, schedule.final_value, 1.0 - timesteps / TOTAL)
        values = [group[stem][0] if stem != key else group[stem] for group in groups]
        assert values == [pytest.approx(expected, rel=1e-12, abs=0.0)]
    assert [group[stem] for group in model.policy.optimizer.param_groups] == before


@pytest.mark.parametrize("name", ["SAC", "TD3", "TQC", "CrossQ"])
def test_actor_and_critic_have_numbers_of_their_own(name: str, found: Any) -> None:
    model, updates = with_optimizer(name, AdamW)
    model.learn(
        TOTAL, callback=ScheduleCallback({"actor.weight_decay": DECAY, "critic.betas[1]": FASTER, "critic.eps": 1e-3})
    )
    actor = list(steps_of_updates(found, updates, model.actor.optimizer))
    critic = list(steps_of_updates(found, updates, model.critic.optimizer))
    assert len(critic) > len(actor) / 2 > 5
    for timesteps, groups in actor:
        assert [group["weight_decay"] for group in groups] == [
            pytest.approx(linear(0.1, 0.01, 1.0 - timesteps / TOTAL), rel=1e-12, abs=0.0)
        ]
        assert [group["eps"] for group in groups] == [1e-8]
    for timesteps, groups in critic:
        assert [group["betas"][1] for group in groups] == [
            pytest.approx(linear(0.9, 0.5, 1.0 - timesteps / TOTAL), rel=1e-12, abs=0.0)
        ]
        assert [group["betas"][0] for group in groups] == [pytest.approx(groups[0]["betas"][0])]
        assert [(group["eps"], group["weight_decay"]) for group in groups] == [(1e-3, 0.01)]


def test_a_smaller_part_has_the_last_word_for_the_keys_that_it_has_and_for_no_others(found: Any) -> None:
    model, _ = with_optimizer("PPO", AdamW, learning_rate=0.25)
    schedules = {"policy.weight_decay": 0.5, "actor.weight_decay": 0.125, "policy.value_net.learning_rate": 0.75}
    model.learn(32, callback=ScheduleCallback(schedules))
    count = {id(p): None for p in model.policy.value_net.parameters()}
    for _, groups in found:
        numbers = {(group["lr"], group["weight_decay"]): group["params"] for group in groups}
        assert numbers.keys() == {(0.25, 0.5), (0.25, 0.125), (0.75, 0.5)}
        assert numbers[0.75, 0.5] == len(count)


def test_what_is_scheduled_moves_the_weights_as_the_optimizer_made_with_it_does(found: Any) -> None:
    """A constant schedule of a number, against a model that was made with that number."""
    for optimizer, key, value, kwargs in (
        (AdamW, "weight_decay", 0.5, {"weight_decay": 0.5}),
        (Adam, "betas[0]", 0.5, {"betas": (0.5, 0.999)}),
        (SGD, "momentum", 0.75, {"momentum": 0.75}),
        (RMSprop, "momentum", 0.75, {"momentum": 0.75}),
    ):
        scheduled, _ = with_optimizer("PPO", optimizer)
        scheduled.learn(TOTAL, callback=ScheduleCallback({f"policy.{key}": value}))
        networks = {"net_arch": [8], "optimizer_class": optimizer, "optimizer_kwargs": kwargs}
        made = make("PPO", policy_kwargs=networks).learn(TOTAL)
        for mine, theirs in zip(scheduled.policy.parameters(), made.policy.parameters(), strict=True):
            assert torch.equal(mine, theirs), key


@pytest.mark.parametrize("optimizer", [RMSprop, torch.optim.RMSprop, torch.optim.SGD])
def test_a_momentum_that_rises_from_0_has_its_buffers(optimizer: Any, found: Any) -> None:
    model = make("A2C", policy_kwargs={"net_arch": [8], "optimizer_class": optimizer, "optimizer_kwargs": {}})
    rises = LinearLRSchedule(0.0, final_value=0.9)
    model.learn(TOTAL, callback=ScheduleCallback({"policy.momentum": lambda p: 0.0 if p > 0.5 else 1.0 - p}))
    model.learn(TOTAL, callback=ScheduleCallback({"policy.momentum": rises}))
    states = model.policy.optimizer.state.values()
    assert all("momentum_buffer" in state for state in states)


def test_a_tensor_is_filled_in_place_and_put_back(found: Any) -> None:
    model, _ = with_optimizer("PPO", AdamW)
    (group,) = model.policy.optimizer.param_groups
    decay, first = torch.tensor(0.25), torch.tensor([0.875])
    group["weight_decay"], group["betas"] = decay, (first, 0.999)
    _, callback = model._setup_learn(16, ScheduleCallback({"policy.weight_decay": 0.5, "policy.betas[0]": 0.75}))
    callback.on_training_start({}, {})
    in_steps: list[Any] = []
    model.policy.optimizer.register_step_pre_hook(lambda *_: in_steps.append((decay.item(), first.item())))
    model.policy.optimizer.step()
    assert set(in_steps) == {(0.5, 0.75)}
    assert (group["weight_decay"] is decay, group["betas"][0] is first) == (True, True)
    assert (decay.item(), first.item()) == (0.25, 0.875)
    callback.on_training_end()
    assert (group["weight_decay"] is decay, group["betas"][0] is first) == (True, True)


def test_pieces_of_a_split_group_do_not_share_a_tensor(found: Any) -> None:
    model, _ = with_optimizer("PPO", AdamW)
    (group,) = model.policy.optimizer.param_groups
    group["weight_decay"] = torch.tensor(0.25)
    model.learn(16, callback=ScheduleCallback({"actor.weight_decay": 0.5, "critic.weight_decay": 0.75}))
    assert {float(piece["weight_decay"]) for _, groups in found for piece in groups} == {0.5, 0.75}
    assert group["weight_decay"].item() == 0.25


def test_a_checkpoint_holds_the_numbers_that_the_model_was_made_with_and_a_resumed_run_goes_on(
    found: Any, tmp_path: Path
) -> None:
    schedules = {"actor.weight_decay": DECAY, "policy.betas[0]": FASTER}
    whole, updates = with_optimizer("PPO", AdamW)
    whole.learn(TOTAL, callback=ScheduleCallback(schedules))
    (optimizer,) = {which for which, _ in found}
    at_once = [(timesteps, groups) for timesteps, groups in steps_of_updates(found, updates, optimizer)]
    found.clear()
    model, updates = with_optimizer("PPO", AdamW)
    saves = CheckpointCallback(16, str(tmp_path))
    model.learn(TOTAL // 2, callback=[ScheduleCallback(schedules, run_timesteps=TOTAL), saves])
    for file in tmp_path.glob("*.zip"):
        (group,) = class_of("PPO").load(file).policy.optimizer.param_groups
        assert (group["weight_decay"], group["betas"]) == (0.01, (0.9, 0.999))
    loaded = type(model).load(tmp_path / "rl_model_32_steps", env=model.get_env(), device="cpu")
    loaded.learn(TOTAL // 2, callback=ScheduleCallback(schedules, run_timesteps=TOTAL), reset_num_timesteps=False)
    keys = ("weight_decay", "betas")
    numbers = [[tuple(group[key] for key in keys) for group in groups] for _, groups in found]
    assert numbers == [[tuple(group[key] for key in keys) for group in groups] for _, groups in at_once]


def test_the_preview_shows_the_number_that_each_update_uses(found: Any) -> None:
    model, updates = with_optimizer("A2C", RMSprop)
    model.learn(TOTAL, callback=ScheduleCallback({"policy.momentum": FASTER}))
    shown = preview({"policy.momentum": FASTER}, "A2C", TOTAL, n_steps=16)
    used = {t: groups[0]["momentum"] for t, groups in steps_of_updates(found, updates, model.policy.optimizer)}
    assert used == dict(zip(shown.timesteps.tolist(), shown.values["policy.momentum"].tolist(), strict=True))


def test_a_number_of_an_optimizer_is_logged_and_may_have_one_owner() -> None:
    model = schedule_hyperparameters(make("SAC"), {"actor.weight_decay": DECAY})
    with pytest.raises(ScheduleConfigError, match=r"actor\.weight_decay: set by two callbacks"):
        model.learn(16, callback=ScheduleCallback({"actor.weight_decay": 0.5}))
    model.learn(16, callback=ScheduleCallback({"critic.weight_decay": 0.5}))
    assert model.logger.name_to_value["schedule/critic.weight_decay"] == 0.5
    assert model.logger.name_to_value["schedule/actor.weight_decay"] == pytest.approx(0.01)


class Lion(torch.optim.SGD):
    """An optimizer of one's own with a number that no other has."""

    def __init__(self, params: Any, lr: float = 1e-3) -> None:
        super().__init__(params, lr)
        self.param_groups[0]["roar"] = 1.0


def test_an_optimizer_of_ones_own_may_have_any_number() -> None:
    model = make("PPO", policy_kwargs={"net_arch": [8], "optimizer_class": Lion, "optimizer_kwargs": {}})
    seen = []
    callback = ScheduleCallback({"policy.roar": {"type": "linear", "initial_value": 1.0, "range": [-2.0, 2.0]}})
    model._setup_learn(64, callback)
    callback.on_training_start({}, {})
    model.policy.optimizer.register_step_pre_hook(
        lambda *_: seen.append(model.policy.optimizer.param_groups[0]["roar"])
    )
    model.policy.optimizer.step()
    assert seen == [2.0]
