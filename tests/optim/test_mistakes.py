"""Mistakes with an optimizer of torch: what is refused is refused before anything is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from fvcore.common.param_scheduler import CosineParamScheduler

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_steps
from lr_schedule.optim import ScheduleLR, configure_lr_scheduler, set_lr
from tests.optim.test_schedule_lr import COSINE, LINEAR, T, new_optimizer, rates
from tests.oracles.keras_schedules import schedules as keras


def sharing(*lr: Any) -> torch.optim.Optimizer:
    """Return an optimizer of which all groups have the one tensor that is its default."""
    groups = [{"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(2)]
    return torch.optim.Adam(groups, lr=torch.tensor(0.1))


def set_both(optimizer: Any) -> None:
    set_lr(optimizer, [0.1, 0.2])


def schedule_both(optimizer: Any) -> None:
    ScheduleLR(optimizer, ["lin_0.1", 0.03], 10)


def schedule_both_from_one_value(optimizer: Any) -> None:
    ScheduleLR(optimizer, ["lin_0.1", 0.1], 10)


@pytest.mark.parametrize("use", [set_both, schedule_both, schedule_both_from_one_value])
def test_groups_that_share_a_tensor_cannot_have_a_rate_each(use: Callable[[Any], None]) -> None:
    optimizer = sharing()
    assert rates(optimizer)[0] is rates(optimizer)[1]
    with pytest.raises(ValueError, match=r"share one tensor as their lr.* make one for each"):
        use(optimizer)
    assert [float(rate) for rate in rates(optimizer)] == [pytest.approx(0.1, rel=1e-7)] * 2


def test_groups_that_share_a_tensor_may_have_one_rate() -> None:
    optimizer = sharing()
    ScheduleLR(optimizer, "lin_0.5", 10).step(5)
    assert [float(rate) for rate in rates(optimizer)] == [0.25, 0.25]
    set_lr(optimizer, 0.125)
    assert [float(rate) for rate in rates(optimizer)] == [0.125, 0.125]


@pytest.mark.parametrize("value", [np.array([0.1, 0.2]), torch.tensor([0.1, 0.2], dtype=torch.float64), (0.1, 0.2)])
def test_set_lr_takes_an_array_of_rates(value: Any) -> None:
    optimizer = new_optimizer(2)
    set_lr(optimizer, value)
    assert rates(optimizer) == [0.1, 0.2]
    assert all(type(rate) is float for rate in rates(optimizer))


@pytest.mark.parametrize("value", ["fast", None, np.ones((2, 1)), [0.1, "fast"], True])
def test_what_is_no_rate_is_named(value: Any) -> None:
    optimizer = new_optimizer(2)
    named = "'fast'" if isinstance(value, (str, list)) else str(type(value)) and repr(value)[:5].replace("(", r"\(")
    with pytest.raises(TypeError, match=f"a learning rate must be a number, not {named}"):
        set_lr(optimizer, value)
    assert rates(optimizer) == [0.3, 0.3]


@pytest.mark.parametrize("schedule", [COSINE, [COSINE, LINEAR]], ids=["one", "one per group"])
@pytest.mark.parametrize("epoch", [math.nan, "3", [1]])
def test_a_step_that_cannot_be_made_leaves_all_as_it_was(schedule: Any, epoch: Any) -> None:
    optimizer = new_optimizer(2)
    scheduler = ScheduleLR(optimizer, schedule, T)
    scheduler.step()
    before = rates(optimizer)
    with pytest.raises((ValueError, TypeError)):
        scheduler.step(epoch)
    assert (scheduler.last_epoch, rates(optimizer)) == (1, before)
    scheduler.step()
    assert scheduler.last_epoch == 2


@pytest.mark.parametrize("position", [0, 1])
def test_a_schedule_that_fails_leaves_all_groups_as_they_were(position: int) -> None:
    def failing(p: float) -> float:
        return 1 / 0 if p < 0.7 else 0.2

    optimizer = new_optimizer(2)
    schedules: list[Any] = [LINEAR, LINEAR]
    schedules[position] = failing
    scheduler = ScheduleLR(optimizer, schedules, 10)
    scheduler.step(3)
    before = rates(optimizer)
    with pytest.raises(ZeroDivisionError):
        scheduler.step()
    assert (scheduler.last_epoch, rates(optimizer)) == (3, before)


@pytest.mark.parametrize(
    "state", [{}, {"step_count": 3}, {"last_epoch": None}, {"last_epoch": "3"}, {"last_epoch": math.nan}]
)
def test_a_state_without_a_step_is_refused_and_says_what_it_lacks(state: dict[str, Any]) -> None:
    optimizer = new_optimizer()
    scheduler = ScheduleLR(optimizer, COSINE, T)
    scheduler.step(7)
    before = rates(optimizer)
    with pytest.raises(ScheduleConfigError, match="state_dict: must have the number of completed steps as last_epoch"):
        scheduler.load_state_dict(state)
    assert (scheduler.last_epoch, rates(optimizer)) == (7, before)


def test_a_group_that_is_added_after_a_list_of_schedules_is_named() -> None:
    optimizer = new_optimizer(2)
    scheduler = ScheduleLR(optimizer, [COSINE, LINEAR], T)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
    before = rates(optimizer)
    with pytest.raises(ValueError, match="got 2 learning rates for 3 param groups"):
        scheduler.step()
    assert (scheduler.last_epoch, rates(optimizer)) == (0, before)


def test_a_tensor_rate_is_never_read() -> None:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1, device="meta"))]}]
    optimizer = torch.optim.SGD(groups, lr=0.1)  # made with a float, as torch's own constructors read a tensor
    optimizer.param_groups[0]["lr"] = torch.tensor(0.1, device="meta")
    scheduler = ScheduleLR(optimizer, LINEAR, T)
    scheduler.step()
    set_lr(optimizer, 0.5)
    assert scheduler.get_last_lr() == [LINEAR(1 - 1 / T)]
    assert optimizer.param_groups[0]["initial_lr"].device.type == "meta"


def test_the_first_rate_of_a_tensor_is_kept_as_a_copy() -> None:
    optimizer = new_optimizer(1, torch.tensor(0.25))
    scheduler = ScheduleLR(optimizer, LINEAR, T)
    scheduler.step(T)
    assert [float(rate) for rate in scheduler.base_lrs] == [0.25]
    assert float(rates(optimizer)[0]) == 0.0


STEPS = BaseLRSchedule.create("lin_0.1").to_steps(10)


@pytest.mark.parametrize(
    "use",
    [
        lambda: BaseLRSchedule.create(STEPS),
        lambda: BaseLRSchedule.create([{"schedule": STEPS, "fraction": 1.0}]),
        lambda: BaseLRSchedule.create({"type": "product", "parts": [0.5, STEPS]}),
        lambda: ScheduleLR(new_optimizer(), STEPS, 10),
        lambda: ScheduleLR(new_optimizer(), [STEPS], 10),
        lambda: configure_lr_scheduler(new_optimizer(), STEPS, 10),
    ],
    ids=["create", "phases", "product", "ScheduleLR", "a list", "configure_lr_scheduler"],
)
def test_a_function_of_the_step_is_not_taken_for_one_of_progress(use: Callable[[], object]) -> None:
    with pytest.raises(ScheduleConfigError, match=r"is a function of the step.* give the schedule itself"):
        use()


@pytest.mark.parametrize(
    "source",
    [keras.CosineDecay(0.1, 100), CosineParamScheduler(1.0, 0.0)],
    ids=lambda source: type(source).__name__,
)
def test_a_callable_of_another_library_is_not_taken_for_a_function_of_progress(source: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"not progress; give from_steps\(source, total_steps\)"):
        BaseLRSchedule.create(source)
    assert BaseLRSchedule.create(from_steps(source, 100))(1.0) == pytest.approx(float(source(0)), rel=1e-12)
