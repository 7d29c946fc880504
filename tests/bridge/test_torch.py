"""Schedulers of torch as schedules of progress: bit for bit what stepping them gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_torch
from tests.bridge.sources import BY_NAME, FACTORIES, LR, OlmDecay, T, make, new_optimizer, shuffled, stepped


@pytest.mark.filterwarnings("ignore:Detected call")  # torch's own, when a SequentialLR of a ChainedScheduler is made
@pytest.mark.parametrize("name", [*BY_NAME, *FACTORIES])
def test_every_step_is_bit_equal_to_honest_stepping(name: str) -> None:
    expected = stepped(make(name)(new_optimizer()), T)
    assert shuffled(from_torch(make(name), T, initial_value=LR), T, T) == expected
    assert shuffled(from_torch(make(name)(new_optimizer()), T), T, T) == expected
    assert len(set(expected)) > 1
    if name in BY_NAME:
        kind, arguments = BY_NAME[name]
        assert shuffled(from_torch(kind, T, initial_value=LR, **arguments), T, T) == expected
        assert shuffled(from_torch(getattr(tls, kind), T, LR, **arguments), T, T) == expected


def test_every_scheduler_of_torch_is_bridged_or_refused() -> None:
    kinds = {name for name, kind in vars(tls).items() if isinstance(kind, type) and issubclass(kind, tls.LRScheduler)}
    covered = {kind for kind, _ in BY_NAME.values()} | {
        "LambdaLR",
        "MultiplicativeLR",
        "SequentialLR",
        "ChainedScheduler",
    }
    assert kinds - covered == {"LRScheduler", "_LRScheduler", "ReduceLROnPlateau"}


RANGE = st.floats(1e-6, 1.0)


COUNT = st.integers(3, 90)


ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ConstantLR": {"factor": RANGE, "total_iters": COUNT},
    "CosineAnnealingLR": {"T_max": COUNT, "eta_min": st.floats(0, 1e-4)},
    "CosineAnnealingWarmRestarts": {"T_0": COUNT, "T_mult": st.integers(1, 4), "eta_min": st.floats(0, 1e-4)},
    "CyclicLR": {
        "base_lr": st.floats(0, 1e-4),
        "max_lr": st.floats(1e-3, 1),
        "step_size_up": COUNT,
        "step_size_down": st.one_of(st.none(), COUNT),
        "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
        "gamma": st.floats(0.9, 1),
        "cycle_momentum": st.booleans(),
    },
    "ExponentialLR": {"gamma": st.floats(0.5, 1)},
    "LinearLR": {"start_factor": RANGE, "end_factor": RANGE, "total_iters": COUNT},
    "MultiStepLR": {"milestones": st.lists(COUNT, max_size=5).map(sorted), "gamma": st.floats(0.1, 1.5)},
    "OneCycleLR": {
        "max_lr": st.floats(1e-5, 1),
        "pct_start": st.floats(0.2, 0.8),
        "three_phase": st.just(False),
        "anneal_strategy": st.sampled_from(["cos", "linear"]),
        "div_factor": st.floats(1, 100),
        "final_div_factor": st.floats(1, 1e5),
    },
    "PolynomialLR": {"total_iters": COUNT, "power": st.floats(0, 5)},
    "StepLR": {"step_size": COUNT, "gamma": st.floats(0.1, 1.2)},
}


@pytest.mark.parametrize("kind", ARGUMENTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_arguments_give_what_honest_stepping_gives(kind: str, data: Any) -> None:
    arguments = data.draw(st.fixed_dictionaries(ARGUMENTS[kind]))
    total = data.draw(st.integers(10, 100))
    own = {"total_steps": total} if kind == "OneCycleLR" else {}
    expected = stepped(getattr(tls, kind)(new_optimizer(), **own, **arguments), total)
    schedule = from_torch(kind, total, initial_value=LR, **arguments)
    assert shuffled(schedule, total, total) == expected
    assert BaseLRSchedule.create(schedule.to_config()) == schedule


def test_progress_between_two_steps_belongs_to_the_nearest() -> None:
    schedule = from_torch("ExponentialLR", 10, 1.0, gamma=0.5)
    assert schedule(1 - 2.4 / 10) == schedule(1 - 1.6 / 10) == schedule(0.8) == 0.25
    assert schedule(1 - 2.6 / 10) == 0.125


@pytest.mark.parametrize("total", [488.28125, 488.7, 7, 3.2, 999_983])
def test_on_a_grid_of_any_length_each_step_is_its_own(total: float) -> None:
    schedule = from_torch(lambda o: tls.LambdaLR(o, lambda k: 1 + k), total, initial_value=1.0)
    for k in random.Random(1).sample(range(int(total) + 1), min(int(total) + 1, 300)):
        assert schedule(1 - k / total) == 1 + k
    assert schedule(0.0) == 1 + int(total + 0.5)


def test_past_the_end_holds() -> None:
    schedule = from_torch("ExponentialLR", 10, 1.0, gamma=0.5)
    assert schedule(-0.28) == schedule(0.0) == 2.0**-10
    assert schedule(1.5) == schedule(1.0) == 1.0


def test_a_one_cycle_ends_on_its_own_last_value() -> None:
    for strategy in ("cos", "linear"):
        scheduler = tls.OneCycleLR(new_optimizer(), LR, total_steps=100, anneal_strategy=strategy)
        last = stepped(scheduler, 99)[-1]
        assert scheduler.last_epoch == 99
        scheduler.step()
        assert scheduler.get_last_lr()[0] != last
        schedule = from_torch("OneCycleLR", 100, max_lr=LR, anneal_strategy=strategy)
        assert schedule(0.0) == schedule(1 - 99 / 100) == last > 0


def test_a_one_cycle_that_is_shorter_than_the_run_holds_too() -> None:
    def warm_then_cycle(optimizer: Any) -> Any:
        cycle = tls.OneCycleLR(optimizer, LR, total_steps=30)
        return tls.SequentialLR(optimizer, [tls.ConstantLR(optimizer, 0.5, 5), cycle], [5])

    short = tls.OneCycleLR(new_optimizer(), LR, total_steps=30)
    expected = stepped(short, 29)
    assert (
        shuffled(from_torch(tls.OneCycleLR(new_optimizer(), LR, total_steps=30), 100), 100, 100)[29:]
        == [expected[-1]] * 72
    )
    assert from_torch(warm_then_cycle, 100, LR)(0.0) == stepped(warm_then_cycle(new_optimizer()), 34)[-1]


def test_a_class_that_takes_total_steps_is_given_ours() -> None:
    assert (
        from_torch("OneCycleLR", 488.28, max_lr=1.0)(0.0)
        == stepped(tls.OneCycleLR(new_optimizer(), 1.0, total_steps=488), 487)[-1]
    )
    assert shuffled(from_torch(OlmDecay, 50, LR), 50, 50) == stepped(OlmDecay(new_optimizer(), 50), 50)


def test_a_scheduler_that_was_stepped_goes_on_from_where_it_is() -> None:
    scheduler = make("nested")(new_optimizer())
    stepped(scheduler, 700)
    schedule = from_torch(scheduler, 500)
    assert shuffled(schedule, 500, 500) == stepped(scheduler, 500)


@pytest.mark.parametrize("name", ["one cycle", "exponential", "nested", "cosine"])
def test_tensor_learning_rates_are_stepped_as_torch_does(name: str) -> None:
    expected = stepped(make(name)(new_optimizer(torch.tensor(LR))), 300)
    scheduler = make(name)(new_optimizer(torch.tensor(LR)))
    assert shuffled(from_torch(scheduler, 300), 300, 300) == expected
    assert isinstance(scheduler.optimizer.param_groups[0]["lr"], torch.Tensor)


def test_each_param_group_can_be_asked_for() -> None:
    def two_groups() -> Any:
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.1, 0.2)]
        return tls.LambdaLR(torch.optim.Adam(groups), [lambda k: 0.5**k, lambda k: 0.9**k])

    for group in (0, 1):
        assert shuffled(from_torch(two_groups(), 20, group=group), 20, 20) == stepped(two_groups(), 20, group)
    with pytest.raises(ScheduleConfigError, match=r"group: must be the index of one of the 2 param groups"):
        from_torch(two_groups(), 20, group=2)
    with pytest.raises(ScheduleConfigError, match=r"group: .* 1 param groups .*received 1"):
        from_torch("StepLR", 20, group=1, step_size=3)


class TwiceAsFast(tls.SequentialLR):
    """Takes the scheduler inside it to every other epoch."""

    def step(self) -> None:  # type: ignore[override]
        self.last_epoch += 1
        self._schedulers[0].step(2 * self.last_epoch)


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step\\(\\)`")  # torch's own
@pytest.mark.parametrize("kind", [lambda o: tls.ExponentialLR(o, 0.5), lambda o: tls.CosineAnnealingWarmRestarts(o, 4)])
def test_a_scheduler_within_another_may_be_stepped_to_an_epoch(kind: Any) -> None:
    def twice(optimizer: Any) -> Any:
        return TwiceAsFast(optimizer, [kind(optimizer)], [])

    every = stepped(kind(new_optimizer(1.0)), 8)
    assert shuffled(from_torch(twice, 4, initial_value=1.0), 4, 4) == pytest.approx(every[::2], rel=1e-12)


@pytest.mark.filterwarnings("error")
def test_a_function_may_step_the_scheduler_that_it_makes_and_nothing_is_warned_of() -> None:
    def warm(optimizer: Any) -> Any:
        scheduler = tls.ExponentialLR(optimizer, 0.5)
        scheduler.step()
        return scheduler

    assert shuffled(from_torch(warm, 2, initial_value=1.0), 2, 2) == [0.5, 0.25, 0.125]
