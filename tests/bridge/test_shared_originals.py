"""A scheduler that reaches what it steps by a closure, a global or a class is refused, and nothing of it is changed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR

from lr_schedule import ScheduleConfigError, from_steps, from_torch
from tests.bridge.shared import SHAPES, Stepper, closure

HIDDEN: list[Any] = []


def new_optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bridge", [from_steps, from_torch])
def test_a_scheduler_that_would_step_the_original_is_refused_and_nothing_is_changed(
    shape: Callable[[Any, Any], Any], bridge: Any
) -> None:
    optimizer = new_optimizer()
    inner = ExponentialLR(optimizer, 0.9)
    scheduler = shape(optimizer, inner)
    before = dict(vars(inner)), dict(optimizer.param_groups[0])
    with pytest.raises(ScheduleConfigError, match=r"cannot be copied .* give a function optimizer -> scheduler"):
        bridge(scheduler, 100)
    assert (vars(inner), optimizer.param_groups[0]) == before


@pytest.mark.parametrize("shape", SHAPES)
def test_the_way_out_gives_what_stepping_gives(shape: Callable[[Any, Any], Any]) -> None:
    kept: list[Any] = []

    def make(optimizer: Any) -> Any:
        kept.append(ExponentialLR(optimizer, 0.9))
        return shape(optimizer, kept[-1])

    optimizer = new_optimizer()
    reference = ExponentialLR(optimizer, 0.9)
    expected = [0.1]
    for _ in range(20):
        optimizer.step()
        reference.step()
        expected.append(optimizer.param_groups[0]["lr"])
    schedule = from_torch(make, 20, 0.1)
    assert [schedule(1 - k / 20) for k in range(21)] == pytest.approx(expected, rel=1e-12)


def test_a_function_may_read_from_an_object_that_holds_the_optimizer() -> None:
    agent = SimpleNamespace(optimizer=new_optimizer(), horizon=10)
    agent.scheduler = LambdaLR(agent.optimizer, lambda k: 1 - k / agent.horizon)
    assert from_torch(agent.scheduler, 10)(0.5) == 0.05
    assert (agent.scheduler.last_epoch, agent.optimizer.param_groups[0]["lr"]) == (0, 0.1)


def test_attributes_with_the_names_of_globals_are_not_taken_for_these() -> None:
    namespace: dict[str, Any] = {"LRScheduler": torch.optim.lr_scheduler.LRScheduler}
    program = """
class Halving(LRScheduler):
    def get_lr(self):
        return [group["lr"] / (2 if self.last_epoch else 1) for group in self.optimizer.param_groups]
"""
    exec(program, namespace)
    namespace["optimizer"] = new_optimizer()
    namespace["scheduler"] = namespace["Halving"](namespace["optimizer"])
    assert from_torch(namespace["scheduler"], 10)(0.8) == 0.025


@pytest.mark.filterwarnings("ignore:Detected call")  # torch's own, for the original that is stepped
@pytest.mark.parametrize("lr", [0.125, torch.tensor(0.125)], ids=["float", "tensor"])
def test_what_find_shared_cannot_see_is_noticed_at_the_first_step_and_the_rates_are_put_back(lr: Any) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    inner = ExponentialLR(optimizer, 0.5)
    rate = optimizer.param_groups[0]["lr"]

    class Both(Stepper):
        def step(self) -> None:
            getattr(globals()["HIDDEN"][0], "st" + "ep")()

    HIDDEN[:] = [inner]
    schedule = from_steps(Both(optimizer), 100)
    assert schedule(1.0) == 0.125
    with pytest.raises(
        ValueError, match=r"Both failed at step 1: .* changed the learning rates of the original, which were set back"
    ):
        schedule(0.5)
    assert optimizer.param_groups[0]["lr"] == 0.125
    assert optimizer.param_groups[0]["lr"] is rate


class Single(Stepper):
    """A scheduler of which there shall be one only."""

    def step(self) -> None:
        self.optimizer.param_groups[0]["lr"] *= 0.5

    def __deepcopy__(self, memo: Any) -> Any:
        return self


def test_a_scheduler_that_does_not_let_itself_be_copied_is_refused() -> None:
    scheduler = Single(new_optimizer())
    with pytest.raises(ScheduleConfigError, match=r"its copy uses the original optimizer\); give a function"):
        from_steps(scheduler, 100)
    assert from_torch(Single, 10, 0.1)(0.9) == 0.05


def test_schedulers_that_know_each_other_are_copied_with_each_other() -> None:
    class Linked(Stepper):
        def step(self) -> None:
            self.optimizer.param_groups[0]["lr"] *= self.other.factor  # type: ignore[attr-defined]

    optimizer = new_optimizer()
    first, second = Linked(optimizer, factor=1.0), Linked(optimizer, factor=0.5)
    first.other, second.other = second, first  # type: ignore[attr-defined]
    first._schedulers, second._schedulers = [second], [first]  # type: ignore[attr-defined]
    assert from_steps(first, 10)(0.8) == 0.025
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("lr", [0.1, torch.tensor(0.1)], ids=["float", "tensor"])
def test_a_run_that_goes_on_is_not_taken_for_a_copy_that_reaches_it(lr: Any) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = ExponentialLR(optimizer, 0.5)
    schedule = from_torch(scheduler, 10)
    assert schedule(1.0) == pytest.approx(0.1, rel=1e-7)
    optimizer.step()
    scheduler.step()
    assert schedule(0.9) == pytest.approx(0.05, rel=1e-7)
    optimizer.step()
    scheduler.step()
    assert schedule(0.8) == pytest.approx(0.025, rel=1e-7)
    assert float(optimizer.param_groups[0]["lr"]) == pytest.approx(0.025, rel=1e-7)


def test_a_function_that_makes_a_scheduler_over_one_optimizer_and_steps_another_is_refused() -> None:
    optimizer = new_optimizer()
    inner = ExponentialLR(optimizer, 0.9)
    with pytest.raises(ScheduleConfigError, match=r"its code uses inner, .* for the optimizer that is passed in"):
        from_torch(lambda own: closure(own, inner), 100)
    assert (inner.last_epoch, optimizer.param_groups[0]["lr"]) == (0, 0.1)


def test_what_is_none_stays_none_in_a_copy() -> None:
    class Decay(Stepper):
        end = None

        def step(self) -> None:
            self.optimizer.param_groups[0]["lr"] *= 0.5 if self.limit is None else 1.0  # type: ignore[attr-defined]

    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1, "params": []}])
    assert from_steps(Decay(optimizer, limit=None), 10)(0.9) == 0.05


def test_a_scheduler_that_is_told_the_step_is_found_as_well() -> None:
    class Told(Stepper):
        def step_update(self, n: int) -> None:
            self.optimizer.param_groups[0]["lr"] = 0.1 / (1 + n)

    optimizer = new_optimizer()
    inner = Told(new_optimizer())

    class Both(Stepper):
        def step(self) -> None:
            inner.step_update(1)

    with pytest.raises(ScheduleConfigError, match="its code uses inner, which is not an attribute"):
        from_steps(Both(optimizer), 10)
    assert inner.optimizer.param_groups[0]["lr"] == 0.1
