"""The shape of a warmup: linear, cosine or exponential, for every type that warms up with a key of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from transformers import get_scheduler

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.model import fields_of
from tests.kinds.needed import BUILT_IN, NEEDED

create = BaseLRSchedule.create

SHAPED = [name for name, cls in BUILT_IN.items() if "warmup_shape" in fields_of(cls)]

HEIGHT: dict[str, Any] = {
    "linear": lambda s, f: f + (1 - f) * s,
    "cosine": lambda s, f: f + (1 - f) * (1 - math.cos(math.pi * s)) / 2,
    "exponential": lambda s, f: f ** (1 - s),
}


@pytest.mark.parametrize("name", SHAPED)
@pytest.mark.parametrize("shape", HEIGHT)
def test_every_type_warms_up_by_each_shape(name: str, shape: str) -> None:
    config = {"type": name, **NEEDED.get(name, {}), "warmup_fraction": 0.25, "warmup_start_factor": 0.1}
    if name == "tri_stage":
        config["decay_fraction"] = 0.25
    schedule, linear = create({**config, "warmup_shape": shape}), create(config)
    peak = linear(0.75)
    for k in range(32):
        assert schedule(1 - k / 128) == pytest.approx(peak * HEIGHT[shape](k / 32, 0.1), rel=1e-12, abs=0)
    assert [schedule(p / 64) for p in range(49)] == [linear(p / 64) for p in range(49)]
    progress = np.linspace(1, 0, 257)
    np.testing.assert_allclose(np.asarray(schedule(progress)), [schedule(float(p)) for p in progress], rtol=1e-13)
    assert create(schedule.to_config()) == schedule


def test_the_types_that_warm_up_are_those_with_a_start_factor() -> None:
    assert [name for name, cls in BUILT_IN.items() if "warmup_start_factor" in fields_of(cls)] == SHAPED
    assert len(SHAPED) > 20


def test_a_linear_warmup_is_left_unsaid() -> None:
    assert "warmup_shape" not in create({"type": "cosine", "warmup_fraction": 0.1}).to_config()
    assert create({"warmup_fraction": 0.1, "warmup_shape": "cosine"}).to_config()["warmup_shape"] == "cosine"


def test_a_cosine_warmup_is_that_of_transformers() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    special = {"num_decay_steps": 200, "warmup_type": "cosine"}
    theirs = get_scheduler("warmup_stable_decay", optimizer, 100, 1000, special)
    config = {"type": "warmup_stable_decay", "initial_value": 0.1, "warmup_steps": 100, "decay_steps": 200}
    ours = create({**config, "decay_shape": "cosine", "warmup_shape": "cosine"}, total_steps=1000)
    for step in range(1000):
        assert ours(1 - step / 1000) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9, abs=1e-16)
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize("factor", [{}, {"warmup_start_factor": 0}])
def test_an_exponential_warmup_needs_a_start_above_zero(factor: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^warmup_start_factor: must be above 0 for an exponential warmup"):
        create({"warmup_fraction": 0.1, "warmup_shape": "exponential", **factor})


def test_an_unknown_shape_names_the_known_ones() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^warmup_shape: must be 'linear', 'cosine' or 'exponential'"):
        create({"warmup_fraction": 0.1, "warmup_shape": "sqrt"})
