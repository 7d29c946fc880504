"""Controllers in a loop of one's own: fed by `observe`, saved in the state, beside schedules in other groups."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lr_schedule import ScheduleConfigError
from lr_schedule.control import KLController
from lr_schedule.optim import ScheduleLR

KL = {"controller": "kl", "schedule": {"type": "linear", "initial_value": 1e-3, "warmup_steps": 10}}
KLS = [0.05, 0.01, 0.001, 0.03, 0.0, 0.002, 0.04, 0.01]


def optimizer_of(groups: int = 1) -> torch.optim.Optimizer:
    return torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=0.5)


def test_a_loop_that_observes_gets_the_rates_of_the_controller() -> None:
    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, KL, total_steps=100)
    alone = KLController(schedule={"type": "linear", "initial_value": 1e-3, "warmup_fraction": 0.1})
    for step in range(100):
        assert optimizer.param_groups[0]["lr"] == alone(1.0 - step / 100)
        scheduler.observe(KLS[step % 8])
        alone.observe(KLS[step % 8], 1.0 - step / 100)
        scheduler.step()
    assert alone.scale != 1.0


def test_a_run_that_is_cut_in_two_gives_the_rates_of_one_to_the_bit() -> None:
    whole = ScheduleLR(optimizer_of(2), [KL, 0.25], total_steps=40)
    first = ScheduleLR(optimizer_of(2), [KL, 0.25], total_steps=40)
    rates: list[Any] = []
    for step in range(40):
        if step == 20:
            state = first.state_dict()
            first = ScheduleLR(optimizer_of(2), [KL, 0.25], total_steps=40)
            first.load_state_dict(state)
        rates.append((whole.get_last_lr(), first.get_last_lr()))
        for scheduler in (whole, first):
            scheduler.observe(KLS[step % 8])
            scheduler.step()
    assert [one for one, _ in rates] == [two for _, two in rates]
    assert {rate for _, (_, rate) in rates} == {0.25}


def test_what_cannot_be_observed_or_loaded_is_refused() -> None:
    with pytest.raises(ScheduleConfigError, match="schedule: observe needs a controller"):
        ScheduleLR(optimizer_of(), 0.1, total_steps=10).observe(0.1)
    scheduler = ScheduleLR(optimizer_of(), KL, total_steps=20)
    with pytest.raises(ScheduleConfigError, match="controllers: must have a state for each of the 1 controllers"):
        scheduler.load_state_dict({"last_epoch": 3, "controllers": [{"scale": 1.0}, {"scale": 1.0}]})
    both = ScheduleLR(optimizer_of(2), [KL, KL], total_steps=20)
    with pytest.raises(ScheduleConfigError, match="scale: must be a finite number > 0"):
        both.load_state_dict({"last_epoch": 3, "controllers": [{"scale": 0.5}, {"scale": 0.0}]})
    assert (both.last_epoch, both.state_dict()["controllers"]) == (0, [{"scale": 1.0}, {"scale": 1.0}])
    with pytest.raises(ScheduleConfigError, match=r"^\[1\]\.controller: unknown controller; did you mean 'kl'\?"):
        ScheduleLR(optimizer_of(2), [KL, {**KL, "controller": "kls"}], total_steps=20)


def test_a_state_without_controllers_leaves_their_scale() -> None:
    scheduler = ScheduleLR(optimizer_of(), KL, total_steps=20)
    scheduler.load_state_dict({"last_epoch": 3})
    assert scheduler.last_epoch == 3
    assert scheduler.state_dict()["controllers"] == [{"scale": 1.0}]
