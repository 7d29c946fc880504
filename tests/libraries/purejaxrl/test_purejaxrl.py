"""PureJaxRL trains with the lines of its page, and each gradient step has the rate of the schedule, in 32 bits."""

from __future__ import annotations

import importlib
import math
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import jax
import numpy as np
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from tests.libraries.purejaxrl import interface
from tests.libraries.rates_of_optax import ROUNDING, recorded_adam
from tests.libraries.running import run_page

UPDATES, STEPS_OF_AN_UPDATE = 5, 4
CONFIG = {
    "LR": 2.5e-4,
    "NUM_ENVS": 4,
    "NUM_STEPS": 16,
    "TOTAL_TIMESTEPS": 3.2e2,
    "UPDATE_EPOCHS": 2,
    "NUM_MINIBATCHES": 2,
    "GAMMA": 0.99,
    "GAE_LAMBDA": 0.95,
    "CLIP_EPS": 0.2,
    "ENT_COEF": 0.01,
    "VF_COEF": 0.5,
    "MAX_GRAD_NORM": 0.5,
    "ACTIVATION": "tanh",
    "ENV_NAME": "CartPole-v1",
    "ANNEAL_LR": True,
    "DEBUG": False,
}


@pytest.fixture(params=["interface", "ppo.py"])
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """PureJaxRL's own script from the clone that PUREJAXRL names, and what stands for it where there is none."""
    if request.param == "interface":
        return interface
    if "PUREJAXRL" not in os.environ:
        pytest.skip("set PUREJAXRL to a clone of https://github.com/luchris429/purejaxrl to run its script")
    monkeypatch.syspath_prepend(str(Path(os.environ["PUREJAXRL"]) / "purejaxrl"))
    for name in ("brax", "brax.envs", "brax.envs.wrappers", "brax.envs.wrappers.training", "navix"):
        monkeypatch.setitem(sys.modules, name, MagicMock())  # imported for other environments than the one trained in
    for name in ("ppo", "wrappers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("ppo")


def trained(train: Any) -> Any:
    """Return the parameters after a run."""
    return jax.jit(train)(jax.random.PRNGKey(0))["runner_state"][0].params


def test_each_gradient_step_has_the_rate_of_its_update(script: ModuleType) -> None:
    with recorded_adam() as steps:
        names = run_page("purejaxrl", config=dict(CONFIG), make_train=script.make_train)
        trained(names["train"])
    assert [step.made for step in sorted(steps)] == list(range(UPDATES * STEPS_OF_AN_UPDATE))
    for count, rate in steps:
        expected = names["schedule"](1 - (count // STEPS_OF_AN_UPDATE) / UPDATES)
        assert math.isclose(rate, expected, rel_tol=0.0, abs_tol=ROUNDING * 2.5e-4)


def test_a_linear_schedule_trains_the_same_network_as_purejaxrls_own(script: ModuleType) -> None:
    names = run_page("purejaxrl", config=dict(CONFIG), make_train=script.make_train)
    linear = BaseLRSchedule.create("lin_2.5e-4")
    scheduled = {**names["config"], "LR": lambda count: linear(1 - (count // STEPS_OF_AN_UPDATE) / UPDATES)}
    ours, own = (trained(script.make_train(config)) for config in (scheduled, dict(CONFIG)))
    constant = trained(script.make_train({**CONFIG, "ANNEAL_LR": False}))
    leaves = [jax.tree.leaves(params) for params in (ours, own, constant)]
    assert all(np.allclose(a, b, rtol=1e-5, atol=1e-8) for a, b, _ in zip(*leaves, strict=True))
    assert not all(np.allclose(a, c, rtol=1e-5, atol=1e-8) for a, _, c in zip(*leaves, strict=True))


def test_a_mistake_in_a_config_is_told_before_purejaxrl_sees_it() -> None:
    with pytest.raises(ScheduleConfigError, match="did you mean 'initial_value'"):
        BaseLRSchedule.create({"type": "cosine", "inital_value": 2.5e-4})
