"""What no test of the bridge saw: forks, sources that use jax, starts that are no rate, keys that were swallowed."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.optim import SGD
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, LinearLRSchedule, ScheduleConfigError, from_steps, from_torch
from lr_schedule.base import FunctionLRSchedule

create = BaseLRSchedule.create


@pytest.mark.parametrize("value", ["abc", float("inf"), float("nan"), -0.1, True, [0.1], "1e400"])
@pytest.mark.parametrize(
    "scheduler",
    ["ConstantLR", tls.ConstantLR, lambda optimizer: tls.ConstantLR(optimizer, 0.5)],
    ids=["name", "class", "function"],
)
def test_a_start_that_is_no_rate_is_refused(scheduler: Any, value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^initial_value: must be a finite number >= 0 \(received"):
        from_torch(scheduler, 10, initial_value=value)


def test_a_start_for_a_scheduler_that_exists_is_refused() -> None:
    scheduler = tls.ConstantLR(SGD([torch.zeros(1)], lr=0.5))
    with pytest.raises(ScheduleConfigError, match="initial_value: not allowed with a scheduler object"):
        from_torch(scheduler, 10, initial_value=0.1)


def test_a_source_that_uses_jax_is_asked_aside_while_jax_traces() -> None:
    schedule: Any = from_steps(lambda step: jnp.asarray(0.5) * 0.5 ** jnp.asarray(step, jnp.float32), 4)
    traced = jax.jit(schedule.__call__)(jnp.array([1.0, 0.75, 0.5, 0.0]))  # of the schedule, jit would take the hash
    assert np.asarray(traced).tolist() == [0.5, 0.25, 0.125, 0.03125]


def test_an_unknown_scheduler_is_told_which_ones_a_config_may_name() -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        from_torch("StepL", 10)
    message = str(caught.value)
    assert "did you mean 'StepLR'?" in message
    allowed = message.partition("Allowed: ")[2].partition(" (received")[0].split(", ")
    assert {"StepLR", "OneCycleLR", "ConstantLR", "CyclicLR"} <= {*allowed}
    assert not {"ReduceLROnPlateau", "LRScheduler", "_LRScheduler"} & {*allowed}
    assert allowed == sorted(allowed)


def test_stepping_a_class_with_a_step_of_its_own_warns_of_nothing() -> None:
    class Slow(tls.ExponentialLR):
        def step(self, epoch: int | None = None) -> None:
            super().step(epoch)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = from_torch(lambda optimizer: Slow(optimizer, 0.5), 3, initial_value=0.5)
        assert made.sample(4).tolist() == [0.5, 0.25, 0.125, 0.0625]
        scheduler = Slow(SGD([torch.zeros(1)], lr=0.5), 0.5)
        assert from_steps(scheduler, 3).sample(4).tolist() == [0.5, 0.25, 0.125, 0.0625]


def test_arguments_may_stand_under_their_own_key_and_none_is_swallowed() -> None:
    base = {"type": "torch", "scheduler": "ConstantLR", "total_steps": 10, "initial_value": 0.5}
    nested, beside = create({**base, "arguments": {"factor": 0.5}}), create({**base, "factor": 0.5})
    assert nested == beside
    assert nested(1.0) == beside(1.0) == 0.25
    assert create({**base, "arguments": {"factor": 0.5}, "total_iters": 3}) == create(
        {**base, "factor": 0.5, "total_iters": 3}
    )
    with pytest.raises(ScheduleConfigError, match="factor: given next to the other keys and in arguments; give one"):
        create({**base, "arguments": {"factor": 0.5}, "factor": 0.25})
    for wrong in (3, "factor", [1], None):
        with pytest.raises(ScheduleConfigError, match="arguments: must be a mapping; its keys may also"):
            create({**base, "arguments": wrong})
    with pytest.raises(ScheduleConfigError, match="facto: no argument of ConstantLR; did you mean 'factor'"):
        create({**base, "arguments": {"facto": 0.5}})


def test_a_default_is_written_down_by_no_type_that_marks_it_quiet() -> None:
    for name in ("exponential", "inverse_time"):
        assert "staircase" not in create(f"{name}_1").to_config()
        assert create({"type": name, "staircase": True}).to_config()["staircase"] is True


def test_a_function_as_a_schedule_has_no_warmup_that_a_pickle_could_lose() -> None:
    for key in ("warmup_fraction", "warmup_start_factor", "end_fraction", "initial_value"):
        with pytest.raises(ScheduleConfigError, match=f"^{key}: unknown key"):
            FunctionLRSchedule({"function": abs, key: 0.5})
    schedule = create(abs)
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert pickle.loads(pickle.dumps(schedule))(0.5) == 0.5


def test_func_is_the_bare_formula_and_that_of_a_type_with_a_warmup_has_it_in_its_formula() -> None:
    assert LinearLRSchedule(warmup_fraction=0.25).func(1.0) == 0.001
    assert create("cosine_warmup_1").func(1.0) == 0.0


@pytest.fixture
def in_a_fork() -> Iterator[Callable[[Callable[[], float]], str]]:
    def run(ask: Callable[[], float]) -> str:
        receiver, sender = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            try:
                answer = repr(ask())
            except ValueError as error:
                answer = str(error)
            os.write(sender, answer.encode())
            os._exit(0)
        os.close(sender)
        os.waitpid(child, 0)
        with os.fdopen(receiver) as stream:
            return stream.read()

    yield run


class Waits:
    """A source that is asked by one thread, and then waits to be told to go on."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def wait(self) -> None:
        if not self.go.is_set():
            self.asked.set()
            self.go.wait(20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*use of fork.*", "ignore:os.fork")
def test_a_fork_while_another_thread_asks_a_function_can_ask_it_too(in_a_fork: Any) -> None:
    waits = Waits()
    asking = threading.get_ident()

    def rate(step: int) -> float:
        if threading.get_ident() != asking:
            waits.wait()
        return 0.5**step

    schedule = from_steps(rate, 4)
    thread = threading.Thread(target=lambda: schedule(0.5))
    thread.start()
    try:
        assert waits.asked.wait(10)
        assert in_a_fork(lambda: schedule(0.25)) == "0.125"
    finally:
        waits.go.set()
        thread.join()
    assert schedule(0.5) == 0.25


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*use of fork.*", "ignore:os.fork")
def test_a_fork_while_another_thread_steps_a_scheduler_fails_with_the_reason(in_a_fork: Any) -> None:
    waits = Waits()

    class Slow(tls.ExponentialLR):
        def step(self, epoch: int | None = None) -> None:
            if self.last_epoch == 1:
                waits.wait()
            super().step(epoch)

    schedule = from_torch(lambda optimizer: Slow(optimizer, 0.5), 4, initial_value=0.5)
    assert schedule(0.75) == 0.25
    thread = threading.Thread(target=lambda: schedule(0.5))
    thread.start()
    try:
        assert waits.asked.wait(10)
        started = time.monotonic()
        told = in_a_fork(lambda: schedule(0.25))
        assert "failed at step 2: another thread was computing it when the process was forked" in told
        assert in_a_fork(lambda: schedule(0.75)) == "0.25"
        assert time.monotonic() - started < 8
    finally:
        waits.go.set()
        thread.join()
    assert schedule(0.5) == 0.125


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*use of fork.*", "ignore:os.fork")
def test_a_fork_while_nobody_asks_goes_on_as_before(in_a_fork: Any) -> None:
    schedule = from_torch("ExponentialLR", 4, initial_value=0.5, gamma=0.5)
    assert schedule(0.75) == 0.25
    assert in_a_fork(lambda: schedule(0.5)) == "0.125"
    assert schedule(0.0) == 0.03125
