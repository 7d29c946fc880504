"""What the state of a scheduler says of its run, and the warning where a resumed run is another one."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_steps
from lr_schedule.optim import ScheduleLR, configure_lr_scheduler

LINEAR = {"type": "linear", "initial_value": 0.1, "final_value": 0.0}
TABLE = {"type": "table", "values": [0.1] * 41, "total_steps": 40}
KL = {"controller": "kl", "schedule": 1e-3}


def optimizer_of(groups: int = 1) -> torch.optim.Optimizer:
    return torch.optim.AdamW([{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(groups)], lr=0.5)


def test_a_state_says_the_length_of_the_run_and_every_schedule() -> None:
    keys = {"lr": [LINEAR, 0.5], "weight_decay": KL}
    state = ScheduleLR(optimizer_of(2), keys, total_steps=40, relative=True).state_dict()
    assert state == {
        "last_epoch": 0,
        "total_steps": 40.0,
        "schedules": {
            "lr": [BaseLRSchedule.create(LINEAR).to_config(), {"type": "constant", "initial_value": 0.5}],
            "weight_decay": [{"controller": "kl", "schedule": {"type": "constant", "initial_value": 1e-3}, **DEFAULTS}],
        },
        "relative": True,
        "controllers": [{"scale": 1.0}],
    }
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    assert torch.load(file, weights_only=True) == state


DEFAULTS = {
    key: value
    for key, value in ScheduleLR(optimizer_of(), KL, total_steps=1).schedules[0].to_config().items()
    if key not in ("controller", "schedule")
}


@pytest.mark.parametrize("schedule", [lambda p: p, from_steps(lambda k: 0.1, 40), [lambda p: p], TABLE])
def test_what_is_a_function_is_left_out_and_never_asked_for_its_table(schedule: Any) -> None:
    state = ScheduleLR(optimizer_of(), schedule, total_steps=40).state_dict()
    assert state == {"last_epoch": 0, "total_steps": 40.0, "schedules": {"lr": [None]}}


def test_the_same_run_resumes_without_a_word() -> None:
    state = ScheduleLR(optimizer_of(), LINEAR, total_steps=40).state_dict()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for same in (LINEAR, BaseLRSchedule.create("lin_0.1"), "lin_0.1", lambda p: p):
            ScheduleLR(optimizer_of(), same, total_steps=40).load_state_dict(state)
        ScheduleLR(optimizer_of(), LINEAR, total_steps=40).load_state_dict({"last_epoch": 3})


@pytest.mark.parametrize(
    ("schedule", "total_steps", "relative", "message"),
    [
        (LINEAR, 50, False, r"total_steps was 40, now it is 50"),
        ({**LINEAR, "final_value": 0.01}, 40, False, r"the schedule of lr was \{'type': 'linear', .*\}, now it is \{"),
        ({"lr": LINEAR, "weight_decay": 0.1}, 40, False, "weight_decay was not scheduled, now it is"),
        ({"weight_decay": 0.1}, 40, False, "lr was scheduled, now it is not"),
        (LINEAR, 40, True, "relative was False, now it is True"),
    ],
)
def test_another_run_resumes_with_a_warning_that_names_the_difference(
    schedule: Any, total_steps: float, relative: bool, message: str
) -> None:
    state = ScheduleLR(optimizer_of(), LINEAR, total_steps=40).state_dict()
    scheduler = ScheduleLR(optimizer_of(), schedule, total_steps=total_steps, relative=relative)
    with pytest.warns(UserWarning, match=message):
        scheduler.load_state_dict({**state, "last_epoch": 4})
    assert scheduler.last_epoch == 4


def test_the_state_of_a_scheduler_of_torch_with_another_length_warns() -> None:
    theirs = tls.OneCycleLR(optimizer_of(), max_lr=0.1, total_steps=50)
    with pytest.warns(UserWarning, match="total_steps was 50, now it is 40"):
        ScheduleLR(optimizer_of(), LINEAR, total_steps=40).load_state_dict(theirs.state_dict())


def test_phases_in_steps_say_how_long_the_run_is() -> None:
    phases = [{**LINEAR, "initial_value": 0.0, "final_value": 0.1, "steps": 10}, {"initial_value": 0.1, "steps": "30"}]
    scheduler = configure_lr_scheduler(optimizer_of(), phases)
    assert scheduler.total_steps == 40
    scheduler.step(5)
    assert scheduler.get_last_lr() == [pytest.approx(0.05, rel=1e-12)]


@pytest.mark.parametrize(
    "learning_rate", [0.1, LINEAR, [{**LINEAR, "fraction": 0.5}, {"initial_value": 0.1, "steps": 5}], [], "lin_0.1"]
)
def test_what_does_not_say_how_long_the_run_is_needs_total_steps(learning_rate: Any) -> None:
    with pytest.raises(ScheduleConfigError, match="total_steps: required, except for a list of phases"):
        configure_lr_scheduler(optimizer_of(), learning_rate)


def test_steps_of_a_phase_that_are_no_number_are_named() -> None:
    with pytest.raises(ScheduleConfigError, match=r"\[1\]\.steps: must be a finite number > 0"):
        configure_lr_scheduler(optimizer_of(), [{"initial_value": 1, "steps": 5}, {"initial_value": 1, "steps": "x"}])
