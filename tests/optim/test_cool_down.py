"""A cool-down starts, to the bit, at the rate that an optimizer has now."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.optim import ScheduleLR, cool_down

SHAPES = [
    "linear",
    "cosine",
    "mirrored_cosine",
    "1-sqrt",
    "sqrt",
    "1-square",
    "square",
    "exponential",
    "inverse_linear",
]


def optimizer_of(*rates: Any) -> torch.optim.Optimizer:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=0.7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("to", [1e-6, 1e-3, 0.5])
def test_it_starts_at_the_rate_in_use_and_ends_at_the_given_one(shape: str, to: float) -> None:
    for rate in (0.1, 1 / 3, 3e-4, 1e-3):
        schedule = cool_down(optimizer_of(rate), 100, to=to, shape=shape)
        assert (schedule(1.0), schedule(0.0)) == (rate, to)


def test_a_run_that_is_stopped_early_is_finished_without_a_jump() -> None:
    optimizer = optimizer_of(0.3)
    first = ScheduleLR(optimizer, {"type": "warmup_stable_decay", "initial_value": 0.3, "warmup_steps": 10}, 1000)
    first.step(437)
    rate = optimizer.param_groups[0]["lr"]
    second = ScheduleLR(optimizer, cool_down(optimizer, 50), total_steps=50)
    assert optimizer.param_groups[0]["lr"] == rate
    seen = []
    for _ in range(50):
        second.step()
        seen.append(optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx([rate * (1 - (k / 50) ** 0.5) for k in range(1, 51)], rel=1e-12, abs=1e-16)


def test_a_tensor_keeps_its_bits() -> None:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], lr=torch.tensor(0.1))
    before = optimizer.param_groups[0]["lr"].clone()
    ScheduleLR(optimizer, cool_down(optimizer, 10), total_steps=10)
    assert torch.equal(optimizer.param_groups[0]["lr"], before)


def test_a_number_is_a_rate_too() -> None:
    assert cool_down(0.25, 10, shape="linear")(0.5) == 0.125


def test_it_is_a_config_like_any_other() -> None:
    schedule = cool_down(0.25, 10)
    assert BaseLRSchedule.create(schedule.to_config()) == schedule


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (optimizer_of(0.1, 0.2), 10),
            r"optimizer: its param groups have different rates, 0.1, 0.2; .*cool_down\(group",
        ),
        ((optimizer_of(0.1), 0), "steps: must be a finite number > 0"),
        ((optimizer_of(0.1), 10, -1), "to: must be a finite number >= 0"),
        ((optimizer_of(0.1), 10, 0.0, "cosin"), "shape: .*did you mean 'cosine'"),
        ((optimizer_of(0.1), 10, 0.0, "exponential"), "to: must be above 0 for an exponential shape"),
        ((optimizer_of(0.0), 10, 0.1, "exponential"), "rate: must be above 0 for an exponential shape"),
        (("run.zip", 10), "source: must be a torch optimizer or a number; for a model or its zip file, use"),
    ],
)
def test_what_cannot_be_cooled_down_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match="^" + message):
        cool_down(*arguments)


def test_groups_with_rates_of_their_own_each_start_at_the_rate_in_use() -> None:
    optimizer = optimizer_of(0.3, torch.tensor(0.07))
    first = ScheduleLR(optimizer, ["lin_0.3", "cosine_0.07"], total_steps=100)
    first.step(33)
    before = [float(group["lr"]) for group in optimizer.param_groups]
    schedules = [cool_down(group["lr"], 100, shape="linear") for group in optimizer.param_groups]
    second = ScheduleLR(optimizer, schedules, total_steps=100)
    assert [float(group["lr"]) for group in optimizer.param_groups] == before
    second.step(50)
    assert second.get_last_lr() == [rate / 2 for rate in before]
