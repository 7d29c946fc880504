"""What the bridge refuses, and what it says: metrics, lengths, names, arguments, steps that fail."""

from __future__ import annotations

import functools
import math
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest
from torch.optim import lr_scheduler as tls
from transformers.optimization import GreedyLR

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_steps, from_torch
from lr_schedule.bridge.torch_schedulers import TorchLRSchedule
from tests.bridge.sources import BY_NAME, make, new_optimizer

wrong: Any = TorchLRSchedule
"""The class, for keywords that it refuses."""


@pytest.mark.parametrize(
    "source",
    [
        "ReduceLROnPlateau",
        tls.ReduceLROnPlateau,
        lambda o: tls.ReduceLROnPlateau(o, patience=3),
        GreedyLR,
        pytest.param(lambda: tls.ReduceLROnPlateau(new_optimizer()), id="an instance"),
    ],
)
def test_what_follows_a_metric_is_refused(source: Any) -> None:
    if getattr(source, "__name__", "") == "<lambda>" and source.__code__.co_argcount == 0:
        source = source()
    with pytest.raises(ScheduleConfigError, match="follows a metric, not the step"):
        from_torch(source, 100)


def test_a_metric_driven_part_is_found_inside() -> None:
    optimizer = new_optimizer()
    chain: Any = tls.ChainedScheduler([tls.ConstantLR(optimizer)])
    chain._schedulers.append(tls.ReduceLROnPlateau(optimizer))
    with pytest.raises(ScheduleConfigError, match="follows a metric"):
        from_torch(chain, 100)


@pytest.mark.parametrize("total", [0, -1, -3, math.nan, math.inf, None, True, "x", "many"])
@pytest.mark.parametrize(
    "use",
    [
        lambda total: from_torch("StepLR", total, step_size=3),
        lambda total: from_steps(lambda k: k, total),
        lambda total: BaseLRSchedule.create(0.1).to_steps(total),
    ],
    ids=["from_torch", "from_steps", "to_steps"],
)
def test_total_steps_is_positive_and_finite(use: Callable[[Any], object], total: Any) -> None:
    with pytest.raises(ScheduleConfigError, match="total_steps: must be a finite number > 0"):
        use(total)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_torch("OneCycelLR", 9), r"scheduler: no scheduler of .* did you mean 'OneCycleLR'\?"),
        (lambda: from_torch("torch.optim.lr_scheduler.StepLR", 9), r"no scheduler of torch.optim.lr_scheduler"),
        (lambda: from_torch("LRScheduler", 9), r"scheduler: no scheduler of torch.optim.lr_scheduler"),
        (lambda: from_torch("StepLR", 9, step_sise=3), r"step_sise: no argument of StepLR; did you mean 'step_size'\?"),
        (lambda: from_torch("StepLR", 9), r"step_size: required argument of StepLR is missing"),
        (lambda: from_torch("OneCycleLR", 9, max_lr=1, pct_start=3), r"cannot be made .* ValueError: .*pct_start"),
        (lambda: from_torch("SequentialLR", 9), r"scheduler: is made of other schedulers"),
        (lambda: from_torch("StepLR", 9, -1, step_size=3), r"initial_value: must be a finite number >= 0"),
        (lambda: from_torch(42, 9), r"scheduler: must be a scheduler class of torch"),
        (lambda: from_torch(lambda _: 42, 9), r"must make a scheduler"),
        (
            lambda: from_torch(make("nested")(new_optimizer()), 9, 0.1),
            r"initial_value: not allowed with a scheduler object",
        ),
        (
            lambda: wrong(scheduler="LambdaLR", total_steps=9, lr_lambda=abs),
            r"^lr_lambda: must be plain data",
        ),
        (
            lambda: wrong(scheduler="StepLR", total_steps=9, step_size=3, warmup_fraction=0.1),
            r"warmup_fraction",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(call: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        call()


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (lambda k: 1 / (7 - k), "failed at step 7: ZeroDivisionError"),
        (lambda k: 1 - k / 7.5, "failed at step 8: ValueError: -0.0"),
        (lambda k: float("nan") if k == 7 else 1.0, "failed at step 7: ValueError: nan"),
        (lambda k: 10.0 ** (k * 50), "failed at step 7: OverflowError"),
    ],
)
def test_a_step_that_fails_is_named_and_those_before_it_stay_good(rate: Any, message: str) -> None:
    schedule = from_torch(lambda o: tls.LambdaLR(o, rate), 10, 1.0)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"LambdaLR {message}"):
            schedule(0.0)
    assert schedule(1 - 6 / 10) == rate(6)
    with pytest.raises(ValueError, match=message):
        schedule(np.linspace(1, 0, 11))


class EngineDriven:
    """A scheduler in the shape of Ignite's: called with an engine, it sets the rate and counts."""

    def __init__(self) -> None:
        self.optimizer, self.event_index = new_optimizer(), 0

    def __call__(self, engine: Any = None, name: str | None = None) -> None:
        self.event_index += 1


class OfState(EngineDriven):
    """A scheduler in the shape of Ignite's for the state of an engine: it has no optimizer."""

    def __init__(self) -> None:
        self.event_index = 0


class OfGroups:
    """A scheduler in the shape of Ignite's for param groups: it holds one for each."""

    def __init__(self) -> None:
        self.schedulers = [EngineDriven()]

    event_index = property(lambda self: self.schedulers[0].event_index)

    def __call__(self, engine: Any, name: str | None = None) -> None:
        self.schedulers[0](engine, name)


@pytest.mark.parametrize("kind", [EngineDriven, OfState, OfGroups])
def test_what_drives_an_engine_is_refused_and_not_called(kind: Any) -> None:
    source = kind()
    with pytest.raises(ScheduleConfigError, match=r"source: changes an optimizer or an engine when it is called"):
        from_steps(source, 100)
    assert source.event_index == 0


def generator(step: int) -> Iterator[float]:
    yield 0.1


async def coroutine(step: int) -> float:
    return 0.1


async def stream(step: int) -> AsyncIterator[float]:
    yield 0.1


class Generating:
    def __call__(self, step: int) -> Iterator[float]:
        yield 0.1


class OfTwo:
    def value(self, step: int, epoch: int) -> float:
        return 0.1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (generator, "source: is a generator or coroutine function"),
        (coroutine, "source: is a generator or coroutine function"),
        (stream, "source: is a generator or coroutine function"),
        (Generating(), "source: is a generator or coroutine function"),
        (lambda: 0.1, "must be callable with one argument, the step: too many positional arguments"),
        (lambda step, epoch: 0.1, "must be callable with one argument, the step: missing a required argument: 'epoch'"),
        (lambda *, step: 0.1, "must be callable with one argument, the step"),
        (OfTwo(), "must be callable with one argument, the step: missing a required argument: 'epoch'"),
    ],
)
def test_what_gives_no_number_for_a_step_is_refused_at_once(source: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        from_steps(source, 100)


def test_callables_of_any_signature_that_take_a_step_are_taken() -> None:
    def decorated(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(step: int) -> Any:
            return function(step, 0.5)

        return wrapper

    @decorated
    def scaled(step: int, scale: float) -> float:
        return step * scale

    sources: list[Any] = [
        scaled,
        [0.0, 0.5, 1.0].__getitem__,
        np.array([0.0, 0.5, 1.0]).__getitem__,
        functools.partial(lambda rate, step: rate * step, 0.5),
        lambda *k: k[0] / 2,
        lambda step, scale=0.5: step * scale,
        jax.jit(lambda step: step * 0.5),
    ]
    for source in sources:
        assert [from_steps(source, 2)(p) for p in (1.0, 0.5, 0.0)] == [0.0, 0.5, 1.0]


def test_only_what_can_be_used_is_called_allowed() -> None:
    with pytest.raises(ScheduleConfigError) as error:
        from_torch("Nothing", 9)
    allowed = str(error.value).partition("Allowed: ")[2].partition(" (")[0].split(", ")
    assert set(allowed) == {kind for kind, _ in BY_NAME.values()} | {"LambdaLR", "MultiplicativeLR"}
