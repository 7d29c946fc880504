"""A schedule drives an optimizer of torch: the rate at every step, resumed runs, wrappers."""

from __future__ import annotations

import copy
import io
import pickle
import random
import warnings
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_torch
from lr_schedule.optim import ScheduleLR

T = 40


COSINE = BaseLRSchedule.create({"type": "cosine_warmup", "initial_value": 0.1, "warmup_fraction": 0.25})


LINEAR = BaseLRSchedule.create({"type": "linear", "initial_value": 0.05})


def new_optimizer(groups: int = 1, lr: Any = 0.3, kind: Any = torch.optim.SGD) -> torch.optim.Optimizer:
    parameters = [{"params": [torch.nn.Parameter(torch.ones(2))], "lr": copy.deepcopy(lr)} for _ in range(groups)]
    optimizer: torch.optim.Optimizer = kind(parameters, lr=lr)
    return optimizer


def rates(optimizer: torch.optim.Optimizer) -> list[Any]:
    return [group["lr"] for group in optimizer.param_groups]


def expected(schedule: BaseLRSchedule, k: int, total: float = T) -> float:
    return schedule(1 - k / total)


@pytest.mark.parametrize("groups", [1, 2, 8])
@pytest.mark.parametrize("total", [T, 38.28125])
def test_each_step_sets_the_value_of_that_step_for_every_group(groups: int, total: float) -> None:
    optimizer = new_optimizer(groups)
    scheduler = ScheduleLR(optimizer, COSINE, total)
    assert isinstance(scheduler, tls.LRScheduler)
    for k in range(T + 5):
        assert scheduler.last_epoch == k
        value = expected(COSINE, k, total)
        assert rates(optimizer) == [value] * groups
        for read in (scheduler.get_lr, scheduler.get_last_lr, scheduler._get_closed_form_lr):
            assert read() == [value] * groups
        scheduler.step()
    assert rates(optimizer) == [COSINE(0.0)] * groups


@pytest.mark.parametrize(
    "schedule", [0.01, "lin_3e-2", {"type": "cosine", "initial_value": "3e-2"}, lambda p: 0.1 * p * p, COSINE]
)
def test_a_schedule_may_be_given_as_any_config(schedule: Any) -> None:
    optimizer = new_optimizer()
    scheduler = ScheduleLR(optimizer, schedule, T)
    for k in range(T + 1):
        assert rates(optimizer) == [BaseLRSchedule.create(schedule)(1 - k / T)]
        scheduler.step()


def test_steps_in_a_config_are_steps_of_the_run() -> None:
    scheduler = ScheduleLR(new_optimizer(), {"type": "linear", "initial_value": 1.0, "warmup_steps": 10}, T)
    scheduler.step(10)
    assert scheduler.get_last_lr() == [1.0]


def test_each_group_may_have_a_schedule_of_its_own() -> None:
    optimizer = new_optimizer(3)
    scheduler = ScheduleLR(optimizer, [COSINE, "lin_5e-2", 0.2], T)
    for k in range(T + 1):
        assert rates(optimizer) == [expected(COSINE, k), expected(LINEAR, k), 0.2] == scheduler.get_last_lr()
        scheduler.step()


def test_a_list_of_phases_is_one_schedule() -> None:
    phases = [{"type": "linear", "final_value": 0.1, "steps": 10}, {"initial_value": 0.1, "fraction": 0.75}]
    optimizer = new_optimizer(2)
    ScheduleLR(optimizer, phases, T).step(10)
    assert rates(optimizer) == [0.1, 0.1]


@pytest.mark.parametrize(
    ("schedule", "total", "message"),
    [
        ([0.1, 0.2, 0.3], T, r"schedule: must have one schedule for each of the 2 param groups"),
        ([0.1, {"type": "cosin"}], T, r"\[1\]\.type: unknown type; did you mean 'cosine'\?"),
        (0.1, 0, r"total_steps: must be a finite number > 0"),
        (0.1, None, r"total_steps: must be a finite number > 0"),
        ({"type": "linear", "final_valu": 0}, T, r"final_valu: unknown key; did you mean 'final_value'"),
    ],
)
def test_a_schedule_that_cannot_be_used_is_refused_and_the_rates_stay(schedule: Any, total: Any, message: str) -> None:
    optimizer = new_optimizer(2)
    with pytest.raises(ScheduleConfigError, match=message):
        ScheduleLR(optimizer, schedule, total)
    assert rates(optimizer) == [0.3, 0.3]


def train(optimizer: Any, scheduler: Any, steps: int) -> list[list[float]]:
    used = []
    for _ in range(steps):
        used.append(rates(optimizer))
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = parameter.detach() + 1.0
        optimizer.step()
        scheduler.step()
    return used


@pytest.mark.parametrize("schedule", [COSINE, [COSINE, LINEAR]], ids=["one", "one per group"])
def test_a_resumed_run_continues_exactly(schedule: Any) -> None:
    whole = new_optimizer(2, kind=torch.optim.Adam)
    used = train(whole, ScheduleLR(whole, schedule, T), T)

    first = new_optimizer(2, kind=torch.optim.Adam)
    scheduler = ScheduleLR(first, schedule, T)
    before = train(first, scheduler, 17)
    file = io.BytesIO()
    weights = [parameter.detach() for group in first.param_groups for parameter in group["params"]]
    torch.save((weights, first.state_dict(), scheduler.state_dict()), file)
    file.seek(0)
    weights, optimizer_state, scheduler_state = torch.load(file, weights_only=True)

    second = new_optimizer(2, kind=torch.optim.Adam)
    for group, weight in zip(second.param_groups, weights, strict=True):
        group["params"][0].data.copy_(weight)
    resumed = ScheduleLR(second, schedule, T)
    resumed.load_state_dict(scheduler_state)
    second.load_state_dict(optimizer_state)
    assert before + train(second, resumed, T - 17) == used
    for one, other in zip(whole.param_groups, second.param_groups, strict=True):
        assert torch.equal(one["params"][0], other["params"][0])


@pytest.mark.parametrize("k", [0, 1, 17, T, T + 3])
def test_a_state_saved_on_any_step_gives_the_rest_of_the_run(k: int) -> None:
    scheduler = ScheduleLR(new_optimizer(), COSINE, T)
    for _ in range(k):
        scheduler.step()
    state = scheduler.state_dict()
    assert state == {"last_epoch": k, "total_steps": T, "schedules": {"lr": [COSINE.to_config()]}}
    fresh = new_optimizer()
    again = ScheduleLR(fresh, COSINE, T)
    again.load_state_dict(state)
    assert rates(fresh) == [expected(COSINE, k)]
    again.step()
    assert rates(fresh) == [expected(COSINE, k + 1)]
    started = new_optimizer()
    ScheduleLR(started, COSINE, T, last_epoch=k)
    assert rates(started) == [expected(COSINE, k + 1)]


def test_set_writes_the_present_rate_once_more() -> None:
    optimizer = new_optimizer()
    scheduler = ScheduleLR(optimizer, COSINE, T)
    scheduler.step()
    optimizer.param_groups[0]["lr"] = 7.0
    scheduler.set()
    assert (scheduler.last_epoch, rates(optimizer)) == (1, [expected(COSINE, 1)])


def test_param_groups_that_were_replaced_or_added_are_driven_too() -> None:
    optimizer = new_optimizer()
    scheduler = ScheduleLR(optimizer, COSINE, T)
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
    scheduler.step()
    assert rates(optimizer) == [expected(COSINE, 1)] * 2 == scheduler.get_last_lr()


def test_the_step_of_the_optimizer_stays_as_it_is_and_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer = new_optimizer()
        scheduler = ScheduleLR(optimizer, COSINE, T)
        scheduler.step()
        optimizer.step()
        scheduler.step(5)
    assert "step" not in vars(optimizer)


def test_a_copy_and_a_pickle_go_on_from_the_same_step() -> None:
    scheduler = ScheduleLR(new_optimizer(), COSINE, T)
    scheduler.step()
    for twin in (copy.deepcopy(scheduler), pickle.loads(pickle.dumps(scheduler))):
        twin.step()
        assert rates(twin.optimizer) == [expected(COSINE, 2)]
    assert rates(scheduler.optimizer) == [expected(COSINE, 1)]


def test_it_is_a_part_of_torchs_own_compositions() -> None:
    optimizer = new_optimizer(lr=0.1)
    ours = ScheduleLR(optimizer, LINEAR, 10)
    sequence = tls.SequentialLR(optimizer, [tls.ConstantLR(optimizer, 0.5, 99), ours], [5])
    seen = []
    for _ in range(10):
        seen.append(rates(optimizer)[0])
        optimizer.step()
        sequence.step()
    assert seen == [0.05] * 5 + [expected(LINEAR, k, 10) for k in range(5)]
    optimizer = new_optimizer()
    chain = tls.ChainedScheduler([ScheduleLR(optimizer, LINEAR, 10), tls.ConstantLR(optimizer, 0.5, 99)])
    optimizer.step()
    chain.step()
    assert chain.get_last_lr() == rates(optimizer) == [expected(LINEAR, 1, 10)]


def test_it_answers_what_wrappers_of_other_libraries_read_and_write() -> None:
    scheduler = ScheduleLR(new_optimizer(2), COSINE, T)
    scheduler._step_count += 1  # Accelerate, while it accumulates gradients
    assert scheduler._step_count == 1
    assert scheduler._last_lr == scheduler.get_last_lr()
    scheduler.last_epoch += 1  # Ignite: counts itself, then asks
    scheduler._get_lr_called_within_step = True
    assert scheduler.get_lr() == [expected(COSINE, 1)] * 2
    assert scheduler.base_lrs == [0.3, 0.3]
    assert [group["initial_lr"] for group in scheduler.optimizer.param_groups] == [0.3, 0.3]


def test_the_bridge_takes_it_back() -> None:
    back = from_torch(ScheduleLR(new_optimizer(), COSINE, T), T)
    order = random.Random(3).sample(range(T + 1), T + 1)
    assert [back(1 - k / T) for k in order] == [expected(COSINE, k) for k in order]


def test_a_list_of_pairs_is_one_schedule_for_all_groups() -> None:
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)]}], lr=1.0)
    scheduler = ScheduleLR(optimizer, [[0, 0.5], [100, 0.0]], total_steps=100)
    scheduler.step(50)
    assert scheduler.get_last_lr() == [0.25, 0.25]
