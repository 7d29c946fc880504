"""Bridged schedules as configs, pickles, parts of others, and over arrays."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_torch
from lr_schedule.bridge.stepwise import TableLRSchedule
from lr_schedule.bridge.torch_schedulers import TorchLRSchedule
from tests.bridge.sources import LR, make, new_optimizer, stepped

FRESH = """
import json, pickle, sys
schedules = pickle.load(open(sys.argv[1], "rb"))
print(json.dumps([[s(1 - k / 40) for k in range(41)] for s in schedules]))
"""


def test_a_pickle_gives_the_same_values_in_a_fresh_process(tmp_path: Any) -> None:
    schedules = [
        from_torch("OneCycleLR", 40, max_lr=LR),
        from_torch(lambda o: tls.LambdaLR(o, lambda k: 0.9**k), 40, LR),
        from_torch(make("nested")(new_optimizer()), 40),
    ]
    (tmp_path / "schedules.pkl").write_bytes(pickle.dumps(schedules))
    process = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "schedules.pkl")], capture_output=True, text=True, check=True
    )
    assert json.loads(process.stdout) == [[s(1 - k / 40) for k in range(41)] for s in schedules]


def test_a_recipe_is_written_down_as_class_and_arguments() -> None:
    config: dict[str, Any] = {"type": "torch", "scheduler": "OneCycleLR", "total_steps": 1000}
    config |= {"initial_value": 3e-4, "max_lr": 3e-3}
    schedule = BaseLRSchedule.create(config)
    assert schedule.to_config() == config
    assert json.loads(json.dumps(vars(schedule))) == vars(schedule)
    made = from_torch("OneCycleLR", 1000, initial_value=3e-4, max_lr=3e-3)
    assert made == schedule
    assert hash(made) == hash(schedule)
    assert made != from_torch("OneCycleLR", 1000, initial_value=3e-4, max_lr=4e-3)
    assert eval(repr(schedule), {"TorchLRSchedule": TorchLRSchedule}) == schedule
    assert copy.deepcopy(schedule) == copy.copy(schedule) == pickle.loads(pickle.dumps(schedule)) == schedule
    assert TorchLRSchedule(config) == TorchLRSchedule(**{k: v for k, v in config.items() if k != "type"}) == schedule


def test_what_has_no_recipe_is_written_down_as_its_values() -> None:
    schedule = from_torch(make("nested")(new_optimizer()), 40)
    expected = stepped(make("nested")(new_optimizer()), 40)
    assert schedule.to_config() == {"type": "table", "values": expected, "total_steps": 40}
    loaded = pickle.loads(pickle.dumps(schedule))
    assert isinstance(loaded, TableLRSchedule)
    assert loaded == schedule == BaseLRSchedule.create(json.loads(json.dumps(schedule.to_config())))
    assert hash(loaded) == hash(schedule)
    assert copy.deepcopy(schedule) is schedule


def test_strings_that_are_numbers_are_numbers_at_any_depth() -> None:
    texts = {
        "type": "torch",
        "scheduler": "MultiStepLR",
        "total_steps": "1e2",
        "milestones": ["30", "6e1"],
        "gamma": "1e-1",
    }
    numbers = {"type": "torch", "scheduler": "MultiStepLR", "total_steps": 100, "milestones": [30, 60], "gamma": 0.1}
    assert BaseLRSchedule.create(texts) == BaseLRSchedule.create(numbers)


def test_the_length_of_the_run_stands_in_for_total_steps_and_never_overrules_it() -> None:
    config = {"type": "torch", "scheduler": "OneCycleLR", "max_lr": 3e-3}
    schedule: Any = BaseLRSchedule.create(config, total_steps=500)
    assert schedule.total_steps == 500
    schedule = BaseLRSchedule.create({**config, "total_steps": 1000}, total_steps=500)
    assert schedule.total_steps == 1000
    with pytest.raises(ScheduleConfigError, match="total_steps: required key is missing"):
        BaseLRSchedule.create(config)


def test_a_bridged_schedule_is_a_part_like_any_other() -> None:
    decay = {"type": "torch", "scheduler": "StepLR", "step_size": 3, "initial_value": 1.0}
    phases = BaseLRSchedule.create([{"type": "linear", "final_value": 1, "steps": 50}, {**decay, "steps": 50}], 100)
    assert phases(1 - 50 / 100) == 1.0
    assert phases(1 - 53 / 100) == 0.1
    assert BaseLRSchedule.create(phases.to_config()) == phases == pickle.loads(pickle.dumps(phases))
    lazy = 0.5 * from_torch(make("nested"), 40, LR)
    assert lazy(0.5) == 0.5 * from_torch(make("nested"), 40, LR)(0.5)
    assert BaseLRSchedule.create(lazy.to_config()) == lazy == pickle.loads(pickle.dumps(lazy))


@pytest.mark.parametrize(
    "schedule",
    [from_torch("OneCycleLR", 97, max_lr=LR), from_torch(make("nested"), 97, LR)],
    ids=["a recipe", "a factory"],
)
def test_arrays_get_the_value_of_the_nearest_step(schedule: Any) -> None:
    progress = np.random.default_rng(3).uniform(-0.1, 1.1, (40, 50))
    expected = np.array([schedule(float(p)) for p in progress.ravel()]).reshape(progress.shape)
    assert (schedule(progress) == expected).all()
    tensor = torch.tensor(progress)
    assert torch.equal(schedule(tensor), torch.tensor(expected))
    assert torch.equal(torch.func.vmap(schedule)(tensor), torch.tensor(expected))
    grid = 1 - np.arange(98, dtype=np.float32) / np.float32(97)
    steps = np.array([schedule(1 - k / 97) for k in range(98)], dtype=np.float32)
    for array in (jnp.asarray(grid), jax.jit(lambda p: p)(jnp.asarray(grid))):
        assert (np.asarray(schedule(array)) == steps).all()
    assert (np.asarray(jax.jit(schedule)(jnp.asarray(grid))) == steps).all()
    assert schedule(np.empty((0, 3))).shape == (0, 3)


def test_a_bridged_schedule_compiles_without_a_break() -> None:
    schedule: Any = from_torch("OneCycleLR", 97, max_lr=LR)
    progress = torch.linspace(1, 0, 98, dtype=torch.float64)
    compiled: Any = torch.compile(schedule.__call__, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(progress), schedule(progress))
