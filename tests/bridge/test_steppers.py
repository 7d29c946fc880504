"""Steppers as other libraries write them: optimizers that wrap others, steps with arguments or with a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as tls

from lr_schedule import ScheduleConfigError, from_steps, from_torch

Optimizers = Callable[[], Any]


def sgd(*rates: float) -> torch.optim.Optimizer:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": rate} for rate in rates or (0.1,)]
    return torch.optim.SGD(groups, lr=0.1)


class Wrapper:
    """An optimizer in the shape of fairseq's, Megatron's and Apex': the groups are another's, the methods its own."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.history: list[float] = []
        self.settings = {"scale": 1.0}

    param_groups = property(lambda self: self.inner.param_groups)

    def set_lr(self, rate: float) -> None:
        self.history.append(rate)
        self.settings["scale"] *= 0.5
        for group in self.param_groups:
            group["lr"] = rate


class Chain:
    """An optimizer made of several, in the shape of Megatron's ChainedOptimizer: it lists their groups anew."""

    def __init__(self, *inner: Any) -> None:
        self.inner = list(inner)

    @property
    def param_groups(self) -> list[Any]:
        return [group for each in self.inner for group in each.param_groups]

    def set_lr(self, rate: float) -> None:
        for each in self.inner:
            for group in each.param_groups:
                group["lr"] = rate


class Forwarding:
    """An optimizer that forwards whatever it has not itself."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def set_lr(self, rate: float) -> None:
        self.inner.param_groups[0]["lr"] = rate


WRAPPERS: dict[str, Callable[[], Any]] = {
    "property": lambda: Wrapper(sgd()),
    "two deep": lambda: Wrapper(Wrapper(sgd())),
    "chain": lambda: Chain(sgd(), sgd()),
    "the same twice": lambda: Chain(*[sgd()] * 2),
    "forwarding": lambda: Forwarding(sgd()),
}


class Updating:
    """A scheduler in the shape of fairseq's: it tells its optimizer the rate."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer

    def step_update(self, n: int) -> None:
        self.optimizer.set_lr(0.1 / (1 + n))


class Counting:
    def __init__(self, optimizer: Any) -> None:
        self.optimizer, self.count = optimizer, 0

    def step(self) -> None:
        self.count += 1
        self.optimizer.set_lr(0.1 / (1 + self.count))


@pytest.mark.parametrize("kind", [Updating, Counting])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_an_optimizer_that_wraps_another_keeps_its_methods_and_is_not_changed(kind: Any, wrapper: str) -> None:
    optimizer = WRAPPERS[wrapper]()
    scheduler = kind(optimizer)
    schedule = from_steps(scheduler, 10)
    assert [schedule(1 - k / 10) for k in (5, 0, 10)] == [0.1 / 6, 0.1, 0.1 / 11]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1] * len(optimizer.param_groups)
    if isinstance(optimizer, Wrapper):
        assert (optimizer.history, optimizer.settings) == ([], {"scale": 1.0})


@pytest.mark.parametrize("kind", [Updating, Counting])
@pytest.mark.parametrize("wrap", [Wrapper, Chain, Forwarding])
def test_a_function_may_make_a_scheduler_over_an_optimizer_that_wraps_ours(kind: Any, wrap: Any) -> None:
    schedule = from_torch(lambda optimizer: kind(wrap(optimizer)), 10, 0.1)
    assert [schedule(1 - k / 10) for k in (5, 0, 10)] == [0.1 / 6, 0.1, 0.1 / 11]


def test_an_optimizer_whose_groups_come_from_elsewhere_is_refused() -> None:
    inner = sgd()

    class Elsewhere:
        param_groups = property(lambda self: inner.param_groups)

    class Halving:
        def __init__(self) -> None:
            self.optimizer = Elsewhere()

        def step(self) -> None:
            self.optimizer.param_groups[0]["lr"] *= 0.5

    with pytest.raises(ScheduleConfigError, match=r"neither has an attribute of it\); give a function"):
        from_steps(Halving(), 10)
    assert inner.param_groups[0]["lr"] == 0.1


def test_a_scheduler_may_change_what_its_optimizer_holds_without_the_original_being_changed() -> None:
    class Defaults(tls.LRScheduler):
        def get_lr(self) -> list[Any]:
            self.optimizer.defaults["lr"] *= 0.5
            return [self.optimizer.defaults["lr"] for _ in self.base_lrs]

    scheduler = Defaults(sgd())
    assert from_torch(scheduler, 10)(0.8) == 0.0125
    assert scheduler.optimizer.defaults["lr"] == 0.05


class Plateau:
    """A scheduler in the shape of mmengine's ReduceOnPlateauLR: without its metric, it does nothing."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer

    def step(self, metrics: Any = None) -> None:
        if metrics is not None:
            self.optimizer.param_groups[0]["lr"] *= 0.1


class Patient:
    """A scheduler that is told the metric in another way than by its step."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer, self.patience = optimizer, 3

    def step(self) -> None:
        pass


class Holding(tls.LRScheduler):
    """A warmup in the shape of pytorch-gradual-warmup-lr: what follows it may follow a metric."""

    def __init__(self, optimizer: Any, after_scheduler: Any = None) -> None:
        self.after_scheduler = after_scheduler
        super().__init__(optimizer)

    def get_lr(self) -> list[Any]:
        return [rate * min(1.0, self.last_epoch / 4) for rate in self.base_lrs]

    def step(self, epoch: Any = None, metrics: Any = None) -> None:
        super().step(epoch)


@pytest.mark.parametrize("kind", [Plateau, Patient, lambda o: Holding(o, tls.ReduceLROnPlateau(o))])
def test_a_metric_that_may_be_left_out_is_a_metric(kind: Any) -> None:
    message = "follows a metric, not the step"
    with pytest.raises(ScheduleConfigError, match=message):
        from_steps(kind(sgd()), 100)
    with pytest.raises(ScheduleConfigError, match=message):
        from_torch(kind, 100)


def test_a_metric_after_the_epoch_may_be_left_out() -> None:
    assert from_torch(Holding(sgd()), 8)(0.75) == 0.05


class Increments:
    """A scheduler in the shape of Megatron's OptimizerParamScheduler: it is told by how much to go on."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer, self.samples = optimizer, 0

    def step(self, increment: int) -> None:
        self.samples += increment
        self.optimizer.param_groups[0]["lr"] = 0.1 / (1 + self.samples)


def test_a_step_that_needs_an_argument_is_refused_for_that_reason_and_the_way_out_works() -> None:
    message = r"its step needs the argument increment\. If that is a metric, .* a step\(\) that passes the argument"
    with pytest.raises(ScheduleConfigError, match=message):
        from_steps(Increments(sgd()), 10)
    with pytest.raises(ScheduleConfigError, match=message):
        from_torch(Increments, 10)

    class BySixteen:
        def __init__(self, optimizer: Any) -> None:
            self.optimizer, self.inner = optimizer, Increments(optimizer)

        def step(self) -> None:
            self.inner.step(16)

    for schedule in (from_torch(BySixteen, 10, 0.1), from_steps(BySixteen(sgd()), 10)):
        assert [schedule(1 - k / 10) for k in (3, 10)] == [0.1 / 49, 0.1 / 161]


class OfKeyword(Increments):
    def step(self, *, increment: int) -> None:  # type: ignore[override]
        super().step(increment)


def test_a_keyword_that_a_step_needs_is_named_at_once() -> None:
    with pytest.raises(ScheduleConfigError, match="its step needs the argument increment"):
        from_steps(OfKeyword(sgd()), 10)


class Async(Increments):
    async def step(self) -> None:  # type: ignore[override]
        super().step(1)


class Yielding(Increments):
    def step(self) -> Iterator[None]:  # type: ignore[override]
        super().step(1)
        yield


@pytest.mark.parametrize("kind", [Async, Yielding])
def test_a_step_that_does_not_run_when_it_is_called_is_refused(kind: Any) -> None:
    with pytest.raises(ScheduleConfigError, match="has a step that is a generator or coroutine function"):
        from_steps(kind(sgd()), 10)
    with pytest.raises(ScheduleConfigError, match="has a step that is a generator or coroutine function"):
        from_torch(kind, 10)
