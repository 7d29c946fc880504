"""From steps to progress: functions, objects with value(step), Keras, fvcore, timm's shape, steppers."""

from __future__ import annotations

import copy
import json
import math
import pickle
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from fvcore.common import param_scheduler as fv
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_steps, from_torch
from lr_schedule.bridge.stepwise import TableLRSchedule
from tests.bridge.sources import (
    LR,
    OPTAX,
    SHORT,
    CountingStepper,
    Optimizer,
    SmoothExponential,
    UpdateScheduler,
    shuffled,
)
from tests.oracles.keras_schedules import schedules as keras


@pytest.mark.parametrize("name", OPTAX)
def test_an_optax_schedule_gives_its_own_values(name: str) -> None:
    source = OPTAX[name]
    assert shuffled(from_steps(source, SHORT)) == [float(source(k)) for k in range(SHORT + 1)]


def test_a_lambda_gives_its_own_values() -> None:
    assert shuffled(from_steps(lambda k: LR / (1 + k), SHORT)) == [LR / (1 + k) for k in range(SHORT + 1)]


def test_an_object_with_value_gives_its_own_values() -> None:
    source = SmoothExponential(LR, 1e-6, SHORT, warmup_steps=30)
    assert shuffled(from_steps(source, SHORT)) == [float(source.value(k)) for k in range(SHORT + 1)]


@pytest.mark.parametrize(
    "source",
    [
        keras.CosineDecay(0.0, 30, warmup_target=0.003, warmup_steps=10),
        keras.PiecewiseConstantDecay([10, 20], [0.003, 0.002, 0.001]),
        keras.ExponentialDecay(0.003, 5, 0.9),
    ],
    ids=lambda source: type(source).__name__,
)
def test_a_keras_schedule_gives_its_own_values(source: Any) -> None:
    values = shuffled(from_steps(source, 40), 40)
    assert values == [float(source(k)) for k in range(41)]
    assert len(set(values)) > 2


@pytest.mark.parametrize(
    "source",
    [
        fv.CosineParamScheduler(LR, 1e-5),
        fv.MultiStepParamScheduler([0.3, 0.2, 0.1], num_updates=30, milestones=[10, 20]),
        fv.CompositeParamScheduler(
            [fv.LinearParamScheduler(0.0, LR), fv.CosineParamScheduler(LR, 0.0)], [0.25, 0.75], ["rescaled", "rescaled"]
        ),
    ],
    ids=lambda source: type(source).__name__,
)
def test_an_fvcore_scheduler_gives_its_own_values_and_its_last_at_the_end(source: Any) -> None:
    values = shuffled(from_steps(source, SHORT))
    assert values[:-1] == [source(k / SHORT) for k in range(SHORT)]
    assert values[-1] == source(1 - source.WHERE_EPSILON)


def test_a_counting_stepper_is_stepped_on_a_copy() -> None:
    original, reference = (CountingStepper(Optimizer(LR, 0.1), 70) for _ in range(2))
    expected = [LR]
    for _ in range(SHORT):
        reference.step()
        expected.append(reference.get_last_lr()[0])
    assert shuffled(from_steps(original, SHORT)) == expected
    assert (original.count, original.optimizer.param_groups[0]["lr"]) == (0, LR)
    second = from_torch(original, SHORT, group=1)
    assert second(0.0) == reference.get_last_lr()[1]


@pytest.mark.parametrize("t_in_epochs", [False, True])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_scheduler_in_timms_shape_is_stepped_in_its_own_unit(t_in_epochs: bool, noise: float) -> None:
    original, reference = (
        UpdateScheduler(Optimizer(LR), SHORT, t_in_epochs=t_in_epochs, noise=noise) for _ in range(2)
    )
    expected = [0.1 * LR]
    for k in range(1, SHORT + 1):
        reference.step(k) if t_in_epochs else reference.step_update(k)
        expected.append(reference.optimizer.param_groups[0]["lr"])
    assert shuffled(from_steps(original, SHORT)) == expected
    assert len(set(expected)) > SHORT / 2
    assert original.optimizer.param_groups[0]["lr"] == 0.1 * LR


def test_a_torch_scheduler_is_a_stepper() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    assert from_steps(scheduler, 10)(0.5) == from_torch("ExponentialLR", 10, LR, gamma=0.9)(0.5)
    assert scheduler.last_epoch == 0


@pytest.mark.parametrize(
    "source",
    [None, 3, "cosine", object(), {"a": 1}, CountingStepper, SimpleNamespace(step=lambda: None)],
    ids=["nothing", "a number", "a string", "an object", "a mapping", "a class", "a step alone"],
)
def test_what_fits_no_form_gets_the_list_of_forms(source: Any) -> None:
    with pytest.raises(
        ScheduleConfigError, match=r"source: must be one of: a function step -> value.*value\(step\).*Keras"
    ):
        from_steps(source, 10)


def test_a_schedule_of_progress_and_a_metric_driven_stepper_are_refused() -> None:
    with pytest.raises(ScheduleConfigError, match="is already a schedule of progress"):
        from_steps(BaseLRSchedule.create("lin_0.1"), 10)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD([torch.zeros(1)], lr=LR))
    with pytest.raises(ScheduleConfigError, match="follows a metric"):
        from_steps(plateau, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e-12, "many", [0.1], None])
def test_a_bad_value_names_its_step_and_others_stay_good(value: Any) -> None:
    schedule = from_steps(lambda k: value if k == 7 else 0.5, 10)
    assert schedule(0.0) == 0.5
    for _ in range(2):
        with pytest.raises(ValueError, match="at step 7"):
            schedule(0.3)
    assert schedule(0.2) == 0.5


def test_each_step_of_a_function_is_asked_once_and_only_when_needed() -> None:
    asked: list[int] = []

    def note(k: int) -> float:
        asked.append(k)
        return 0.5

    schedule = from_steps(note, 1_000_000)
    assert asked == []
    for p in (0.0, 0.5, 0.5, 0.0, 1.0):
        schedule(p)
    schedule(np.array([1.0, 0.5, 0.25]))
    assert asked == [1_000_000, 500_000, 0, 750_000]


def test_what_is_saved_is_the_table_of_values() -> None:
    schedule = from_steps(OPTAX["cosine"], 40)
    expected = [float(OPTAX["cosine"](k)) for k in range(41)]
    assert schedule.to_config() == {"type": "table", "values": expected, "total_steps": 40}
    loaded = pickle.loads(pickle.dumps(schedule))
    assert type(loaded) is TableLRSchedule
    assert loaded == schedule
    assert shuffled(loaded, 40) == expected
    assert loaded(np.linspace(1, 0, 41)).tolist() == expected
    assert json.loads(json.dumps(vars(loaded))) == {"total_steps": 40, "values": expected}
    assert BaseLRSchedule.create(loaded.to_config()) == loaded == copy.deepcopy(loaded)
    assert eval(repr(loaded), {"TableLRSchedule": TableLRSchedule}) == loaded
    assert repr(schedule) == "from_steps(<cosine_decay_schedule.<locals>.schedule>, total_steps=40.0)"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"values": [0.1, 0.2], "total_steps": 2}, r"values: must have 3 values, one for each step from 0 to 2, not 2"),
        ({"values": [0.1, -0.2], "total_steps": 1}, r"values\[1\]"),
        ({"values": [0.1]}, r"total_steps: required key is missing"),
    ],
)
def test_a_table_fits_its_run(keys: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        BaseLRSchedule.create({"type": "table", **keys})


@settings(max_examples=200, deadline=None)
@given(total=st.floats(0.51, 1e12), share=st.floats(0, 1))
def test_the_nearest_step_is_found_on_any_grid(total: float, share: float) -> None:
    step = int(share * total)
    identity = from_steps(lambda k: k + 0.5, total)
    object.__setattr__(identity, "_known", {}.values())  # no memory for 1e12 steps
    found: list[int] = []
    object.__setattr__(identity, "_record", SimpleNamespace(value=found.append))
    identity.func(1 - step / total)
    assert found == [step]


def test_a_function_over_a_very_long_run_takes_no_memory() -> None:
    schedule: Any = from_steps(lambda k: 1.0 + k, 1e12)
    assert schedule(0.0) == 1.0 + 10**12
    assert schedule(np.array([1.0, 0.5])).tolist() == [1.0, 1.0 + 5 * 10**11]
    assert len(schedule._known) == 0


def test_a_step_that_was_interrupted_is_never_guessed() -> None:
    class Interrupted(CountingStepper):
        def step(self) -> None:
            super().step()
            if self.count == 3:
                raise KeyboardInterrupt

    schedule = from_steps(Interrupted(Optimizer(LR), 70), 10)
    with pytest.raises(KeyboardInterrupt):
        schedule(0.5)
    with pytest.raises(ValueError, match="failed at step 3: KeyboardInterrupt"):
        schedule(0.5)
    assert schedule(0.8) == LR * 0.5 ** (2 / 70)


@pytest.mark.parametrize("array", [np.array, torch.tensor, jnp.array], ids=["numpy", "torch", "jax"])
def test_an_empty_array_gives_an_empty_one_and_asks_the_source_for_nothing(array: Any) -> None:
    def rate(step: int) -> float:
        raise AssertionError(step)

    schedule: Any = from_steps(rate, 4)
    values = schedule(array([[]]))
    assert type(values) is type(array([[]]))
    assert (values.shape, values.dtype) == ((1, 0), array([0.5]).dtype)
