"""Schedules as functions of the step: there and back, in optax, in LambdaLR, over arrays."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

from lr_schedule import BaseLRSchedule, from_steps
from lr_schedule.steps import StepFunction
from tests.bridge.sources import OPTAX, SHORT
from tests.cases import CASES, Case

BY_NAME = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@BY_NAME
def test_every_schedule_goes_to_steps_and_comes_back(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    for total in (97, 488.28125):
        back = from_steps(schedule.to_steps(total), total)
        for k in random.Random(2).sample(range(int(total) + 1), int(total) + 1):
            assert back(1 - k / total) == schedule(1 - k / total) == schedule.to_steps(total)(k)


def test_a_step_function_is_clamped_and_takes_arrays_of_steps() -> None:
    steps = BaseLRSchedule.create({"type": "linear", "initial_value": 0.5}).to_steps(4)
    assert [steps(k) for k in (-1, 0, 1, 4, 9)] == [0.5, 0.5, 0.375, 0.0, 0.0]
    assert type(steps(np.int64(1))) is float
    assert steps(np.arange(5)).tolist() == [0.5, 0.375, 0.25, 0.125, 0.0]
    assert steps(torch.arange(5)).tolist() == [0.5, 0.375, 0.25, 0.125, 0.0]
    assert steps(jnp.arange(5)).tolist() == [0.5, 0.375, 0.25, 0.125, 0.0]
    with pytest.raises(ValueError, match="NaN"):
        steps(math.nan)


def test_a_step_function_is_a_value() -> None:
    steps = BaseLRSchedule.create("cosine_3e-3").to_steps(40)
    again = StepFunction(BaseLRSchedule.create("cosine_3e-3"), 40)
    for twin in (pickle.loads(pickle.dumps(steps)), copy.deepcopy(steps), again):
        assert twin == steps
        assert hash(twin) == hash(steps)
        assert twin(13) == steps(13)
    assert steps != BaseLRSchedule.create("cosine_3e-3").to_steps(41)
    assert steps != "steps"


@pytest.mark.parametrize("config", ["cosine_0.1", {"type": "cosine_warmup", "initial_value": 0.1}, {"type": "rex"}])
def test_a_step_function_drives_optax_inside_jit(config: Any) -> None:
    schedule = BaseLRSchedule.create(config)
    steps = schedule.to_steps(20)
    optimizer = optax.sgd(steps)

    @jax.jit
    def update(params: Any, state: Any) -> Any:
        updates, state = optimizer.update(jnp.ones(()), state, params)
        return optax.apply_updates(params, updates), state

    params, state = jnp.zeros(()), optimizer.init(jnp.zeros(()))
    for k in range(20):
        before = params
        params, state = update(params, state)
        np.testing.assert_allclose(before - params, schedule(1 - k / 20), rtol=2e-6, atol=1e-7)


def test_a_bridged_optax_schedule_goes_back_into_jit() -> None:
    source = OPTAX["cosine"]
    steps = from_steps(source, SHORT).to_steps(SHORT)
    expected = np.array([source(k) for k in range(SHORT + 1)], dtype=np.float32)
    assert (np.asarray(jax.jit(steps)(jnp.arange(SHORT + 1))) == expected).all()


def test_a_step_function_is_the_argument_of_a_lambda_lr() -> None:
    schedule = BaseLRSchedule.create({"type": "cosine", "initial_value": 1.0})
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule.to_steps(20))
    for k in range(1, 21):
        optimizer.step()
        scheduler.step()
        assert scheduler.get_last_lr() == [0.5 * schedule(1 - k / 20)]
        if k == 7:
            state = scheduler.state_dict()
    assert state["lr_lambdas"] == [{}]
    fresh = torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD([torch.zeros(1)], lr=0.5), schedule.to_steps(20))
    fresh.load_state_dict(state)
    fresh.optimizer.step()
    fresh.step()
    assert fresh.get_last_lr() == [0.5 * schedule(1 - 8 / 20)]
