"""The bridge changes nothing: no scheduler, no optimizer, no warning, no global state, whoever asks and when."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_steps, from_torch
from tests.bridge.sources import (
    BY_NAME,
    FACTORIES,
    LR,
    CountingStepper,
    Optimizer,
    T,
    Wobble,
    make,
    new_optimizer,
    shuffled,
    stepped,
)


def counting() -> CountingStepper:
    return CountingStepper(Optimizer(LR), 70)


def trained(kind: Any, **keys: Any) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    model = torch.nn.Linear(50, 50)
    optimizer = kind(model.parameters(), lr=LR, **keys)
    model(torch.ones(50)).sum().backward()
    optimizer.step()
    return model, optimizer


@pytest.mark.parametrize("name", ["one cycle", "cyclic triangular", "nested", "warm restarts", "a user's subclass"])
def test_the_users_scheduler_and_optimizer_stay_as_they_are(name: str) -> None:
    _, optimizer = trained(torch.optim.Adam)
    scheduler = make(name)(optimizer)
    optimizer.step()
    for _ in range(3):
        scheduler.step()
    step_patch, groups, filters = optimizer.step, optimizer.param_groups, list(warnings.filters)
    before = copy.deepcopy(
        (scheduler.state_dict(), [{k: v for k, v in g.items() if k != "params"} for g in groups], list(vars(scheduler)))
    )
    moments = {id(value): value.clone() for state in optimizer.state.values() for value in state.values()}

    schedule = from_torch(scheduler, T)
    shuffled(schedule, T, 300)
    schedule.sample(50)

    after = (
        scheduler.state_dict(),
        [{k: v for k, v in g.items() if k != "params"} for g in groups],
        list(vars(scheduler)),
    )
    assert repr(after) == repr(before)
    assert optimizer.step is step_patch
    assert optimizer.param_groups is groups
    assert warnings.filters == filters
    for state in optimizer.state.values():
        assert all(torch.equal(value, moments[id(value)]) for value in state.values())


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of modules that are looked at among all objects
def test_no_parameter_and_no_state_is_copied() -> None:
    model = torch.nn.Linear(500, 500)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    model(torch.ones(500)).sum().backward()
    optimizer.step()
    scheduler = make("nested")(optimizer)
    scheduler.model = model.weight  # a scheduler may know the parameters too

    def large() -> int:
        gc.collect()
        return sum(isinstance(found, torch.Tensor) and found.numel() >= 500 * 500 for found in gc.get_objects())

    before = large()
    assert before >= 3
    schedule = from_torch(scheduler, T)
    schedule(0.99)
    assert large() == before


def test_no_warning_leaks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attached = [make(name)(new_optimizer()) for name in [*BY_NAME, *FACTORIES]]
        warnings.simplefilter("error")
        for scheduler in attached:
            from_torch(scheduler, T)(0.999)
        for name in [*BY_NAME, *FACTORIES]:
            from_torch(make(name), T, LR)(0.999)


def test_global_state_is_untouched() -> None:
    state, seed = torch.get_rng_state(), random.getstate()
    from_torch("OneCycleLR", 100, max_lr=1.0).sample(10)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == seed


def test_nothing_is_stepped_before_it_is_asked_for() -> None:
    asked: list[int] = []

    def note(k: int) -> float:
        asked.append(k)
        return 1.0

    schedule = from_torch(lambda o: tls.LambdaLR(o, note), 10**9, 0.5)
    assert asked == [0]
    schedule(1 - 20 / 10**9)
    assert asked == list(range(21))


def test_a_million_steps_take_eight_megabytes_and_a_small_pickle() -> None:
    schedule: Any = from_torch("StepLR", 10**6, LR, step_size=10)
    schedule(0.0)
    known = schedule._known
    assert len(known) * known.itemsize == 8 * (10**6 + 1)
    assert len(pickle.dumps(schedule)) < 300


@pytest.mark.parametrize(
    ("make_schedule", "expected"),
    [
        (lambda: from_torch(make("sequential"), 3000, LR), lambda: stepped(make("sequential")(new_optimizer()), 3000)),
        (lambda: from_steps(counting(), 3000), lambda: shuffled(from_steps(counting(), 3000), 3000)),
    ],
    ids=["a scheduler of torch", "a stepper"],
)
def test_threads_that_ask_at_once_get_what_one_gets(
    make_schedule: Callable[[], BaseLRSchedule], expected: Callable[[], list[float]]
) -> None:
    schedule, wanted = make_schedule(), expected()
    wrong: list[int] = []
    start = threading.Barrier(8)

    def ask(seed: int) -> None:
        order = random.Random(seed).sample(range(3001), 3001)
        start.wait()
        wrong.extend(k for k in order if schedule(1 - k / 3000) != wanted[k])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_a_scheduler_that_cannot_be_copied_says_what_to_do() -> None:
    scheduler: Any = Wobble(new_optimizer())
    scheduler.lock = threading.Lock()
    with pytest.raises(ScheduleConfigError, match=r"cannot be copied .* give a function optimizer -> scheduler"):
        from_torch(scheduler, 100)
    assert from_torch(Wobble, 100, LR)(0.5) > 0


def test_an_optimizer_behind_a_property_is_not_written_to() -> None:
    class Wrapper(torch.optim.Optimizer):
        def __init__(self, inner: torch.optim.Optimizer) -> None:
            self.inner = inner

        param_groups = property(lambda self: self.inner.param_groups)
        defaults = property(lambda self: self.inner.defaults)

    inner = new_optimizer()
    scheduler = tls.ExponentialLR(Wrapper(inner), 0.5)
    assert from_torch(scheduler, 10)(0.5) == LR * 0.5 * 0.5 * 0.5 * 0.5 * 0.5
    assert inner.param_groups[0]["lr"] == LR
    assert scheduler.last_epoch == 0


def test_a_step_put_on_a_scheduler_from_elsewhere_does_not_reach_the_original() -> None:
    scheduler: Any = tls.ExponentialLR(new_optimizer(), 0.5)
    full_step = scheduler.step
    scheduler.step = lambda: (full_step(), None)[1]
    with pytest.raises(ScheduleConfigError, match=r"its step is a function that was set on the object"):
        from_torch(scheduler, 100)
    assert scheduler.last_epoch == 0
