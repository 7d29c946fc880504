"""A number that an optimizer lacks, or a value that it does not accept, is an error that says what there is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.optimizer_keys import RANGES
from tests.sb3.models import make


@pytest.mark.parametrize(
    ("name", "target", "match"),
    [
        ("SAC", "actor.weight_decy", r"^actor\.weight_decy: unknown target; did you mean 'actor\.weight_decay'"),
        ("SAC", "actor.lr", r"^actor\.lr: .* did you mean 'actor\.learning_rate'"),
        (
            "SAC",
            "actr.weight_decay",
            r"no part of the model .* did you mean 'actor\.weight_decay'.* critic\.weight",
        ),
        ("SAC", "actor.momentum", r"Adam has no such number.*Allowed: actor\.learning_rate, actor\.betas\[0\], actor"),
        ("SAC", "actor.betas", r"actor\.betas: has several numbers; name one of them, as in betas\[0\]"),
        ("SAC", "actor.betas[2]", r"actor\.betas\[2\]: betas has 2 numbers; the first one is betas\[0\]"),
        ("SAC", "actor.amsgrad", "actor.amsgrad: is not a number but False"),
        ("SAC", "actor.params", "actor.params: Adam has no such number"),
        ("SAC", "actor.d0", "actor.d0: Adam has no such number"),
        ("ARS", "policy.weight_decay", "policy.weight_decay: ARS has no such target"),
    ],
)
def test_a_number_that_is_not_there_gets_those_that_are(name: str, target: str, match: str) -> None:
    model = make(name)
    with pytest.raises(ScheduleConfigError, match=match):
        model.learn(16, callback=ScheduleCallback({target: 0.5}))
    assert model.num_timesteps == 0


@pytest.mark.parametrize(
    ("target", "schedule", "match"),
    [
        ("actor.betas[0]", 1.0, r"actor\.betas\[0\]: must be a finite number >= 0 and < 1 over the whole run"),
        ("policy.weight_decay", {"type": "linear", "initial_value": 1.0, "sign": -1}, "weight_decay: must be .* >= 0"),
        ("critic.learning_rate", {"type": "linear", "sign": -1}, "critic.learning_rate: must be a finite number >= 0"),
        ("policy.alpha", {"type": "linear", "initial_value": 2.0}, "policy.alpha: must be .* <= 1"),
    ],
)
def test_a_value_that_no_optimizer_accepts_is_refused_as_the_callback_is_made_and_by_the_preview(
    target: str, schedule: Any, match: str
) -> None:
    for refuse in (ScheduleCallback, lambda schedules: preview(schedules, "SAC", 1_000)):
        with pytest.raises(ScheduleConfigError, match=match):
            refuse({target: schedule})


def test_the_usual_numbers_are_those_of_optimizers_of_torch_and_optax() -> None:
    parameter = [torch.nn.Parameter(torch.zeros(2, 2))]
    known = {"learning_rate", "b1", "b2", "eps_root", "decay"}  # optax; the first is SB3's name of lr
    classes: list[Any] = [*vars(torch.optim).values()]
    optimizers = [c for c in classes if isinstance(c, type) and issubclass(c, torch.optim.Optimizer)]
    for cls in optimizers:
        make: Any = cls
        if cls is not torch.optim.Optimizer:
            known |= make(parameter, lr=0.1).param_groups[0].keys()
    assert RANGES.keys() <= known
