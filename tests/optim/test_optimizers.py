"""Learning rates written by hand, tensors in place, and optimizers by name."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.optim import ScheduleLR, configure_lr_scheduler, configure_optimizer, set_lr
from tests.optim.test_schedule_lr import COSINE, LINEAR, T, expected, new_optimizer, rates


def test_set_lr_sets_all_groups_or_each() -> None:
    optimizer = new_optimizer(2)
    set_lr(optimizer, np.float64(0.25))
    assert rates(optimizer) == [0.25, 0.25]
    assert type(rates(optimizer)[0]) is float
    set_lr(optimizer, [0.1, 0.2])
    assert rates(optimizer) == [0.1, 0.2]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e-9, [0.1], [0.1, -1.0]])
def test_set_lr_refuses_what_is_no_learning_rate(value: Any) -> None:
    optimizer = new_optimizer(2)
    with pytest.raises(ValueError, match=r"finite and >= 0|1 learning rates for 2 param groups"):
        set_lr(optimizer, value)
    with pytest.raises(TypeError, match="must be a number"):
        set_lr(optimizer, "fast")
    assert rates(optimizer) == [0.3, 0.3]


@pytest.mark.parametrize("schedule", [COSINE, [COSINE, LINEAR]], ids=["one", "one per group"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensor_rates_stay_the_same_objects(schedule: Any, dtype: torch.dtype) -> None:
    optimizer = new_optimizer(2, torch.tensor(0.3, dtype=dtype))
    tensors = rates(optimizer)
    assert tensors[0] is not tensors[1]
    scheduler = ScheduleLR(optimizer, schedule, T)
    each = schedule if isinstance(schedule, list) else [schedule] * 2
    for k in range(T + 1):
        wanted = [torch.tensor(expected(one, k), dtype=dtype) for one in each]
        assert all(map(torch.equal, rates(optimizer), wanted))
        scheduler.step()
    set_lr(optimizer, 0.125)
    assert all(one is other for one, other in zip(rates(optimizer), tensors, strict=True))
    assert [rate.item() for rate in tensors] == [0.125, 0.125]


def compiled_steps(optimizer: Any, change: Any) -> int:
    """Return how often a compiled step is compiled over 50 changes of the learning rate."""
    torch._dynamo.reset()
    counter = CompileCounter()
    step: Any = torch.compile(optimizer.step, backend=counter)
    for _ in range(3):  # the state of the optimizer comes into being
        step()
    settled = counter.frame_count
    assert settled > 0
    for k in range(50):
        change(k)
        step()
    return counter.frame_count - settled


def with_gradients(kind: Any, **keys: Any) -> torch.optim.Optimizer:
    parameter = torch.nn.Parameter(torch.ones(4))
    parameter.grad = torch.full((4,), 0.5)
    optimizer: torch.optim.Optimizer = kind([parameter], **keys)
    return optimizer


@pytest.mark.parametrize(
    ("kind", "keys"),
    [(torch.optim.SGD, {}), (torch.optim.Adam, {"capturable": True}), (torch.optim.AdamW, {"capturable": True})],
)
def test_a_compiled_optimizer_is_not_compiled_again(kind: Any, keys: Any) -> None:
    optimizer = with_gradients(kind, lr=torch.tensor(0.3), **keys)
    assert compiled_steps(optimizer, lambda k: set_lr(optimizer, 0.3 / (k + 2))) == 0
    scheduler = ScheduleLR(optimizer, COSINE, 50)
    assert compiled_steps(optimizer, lambda _: scheduler.step()) == 0


def test_a_float_rate_shows_that_compilations_are_counted() -> None:
    optimizer = with_gradients(torch.optim.SGD, lr=0.3)
    assert compiled_steps(optimizer, lambda k: set_lr(optimizer, 0.3 / (k + 2))) > 0


def test_a_compiled_step_uses_the_rate_of_each_step() -> None:
    optimizer = with_gradients(torch.optim.SGD, lr=torch.tensor(0.3))
    (parameter,) = optimizer.param_groups[0]["params"]
    scheduler = ScheduleLR(optimizer, COSINE, T)
    step = torch.compile(optimizer.step, backend="aot_eager")
    for k in range(T):
        before = parameter.detach().clone()
        step()
        np.testing.assert_allclose(before - parameter.detach(), 0.5 * expected(COSINE, k), rtol=1e-4, atol=1e-7)
        scheduler.step()


OPTIMIZERS = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax",
    "Lamb", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD",
]  # fmt: skip


def fit(optimizer: Any, weight: torch.nn.Parameter, after_step: Any) -> tuple[list[float], torch.Tensor]:
    """Return the rate that each of 20 real steps used, and the weights after them."""
    used: list[float] = []
    optimizer.register_step_pre_hook(lambda *_: used.append(float(optimizer.param_groups[0]["lr"])))
    inputs = torch.linspace(-1, 1, 24).reshape(6, 4)
    for k in range(20):
        optimizer.zero_grad()
        loss: Any = ((inputs @ weight - 1.0) ** 2).mean()
        loss.backward()
        optimizer.step()
        after_step(k)
    return used, weight.detach().clone()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper], ids=["as it is", "lower", "upper"])
def test_every_optimizer_uses_the_scheduled_rate_at_every_step(name: str, spelling: Any) -> None:
    config = {"type": "cosine", "initial_value": "1e-2", "final_value": 1e-3}
    schedule = BaseLRSchedule.create(config)
    weight, twin = (torch.nn.Parameter(torch.full((4, 3), 0.5)) for _ in range(2))
    optimizer = configure_optimizer(spelling(name), [weight], lr=0.5)
    assert type(optimizer).__name__ == name
    scheduler = configure_lr_scheduler(optimizer, config, total_steps=20)
    used, weights = fit(optimizer, weight, lambda _: scheduler.step())
    assert used == [schedule(1 - k / 20) for k in range(20)]

    kind: Any = type(optimizer)
    reference = kind([twin], lr=schedule(1.0))

    def write(k: int) -> None:
        reference.param_groups[0]["lr"] = schedule(1 - (k + 1) / 20)

    assert torch.equal(fit(reference, twin, write)[1], weights)
    assert not torch.equal(weights, torch.full((4, 3), 0.5))


@pytest.mark.parametrize(
    ("name", "keys", "message"),
    [
        ("adamm", {}, r"optimizer_type: no optimizer of torch.optim; did you mean 'adam'\? Allowed: .*AdamW.*Lamb"),
        ("torch.optim.Adam", {}, r"optimizer_type: no optimizer of torch.optim"),
        ("Optimizer", {}, r"optimizer_type: no optimizer of torch.optim"),
        (None, {}, r"optimizer_type: no optimizer of torch.optim.*received None"),
        ("adam", {"beta": 0.9}, r"beta: no argument of Adam; did you mean 'betas'\? Allowed: lr, betas"),
        ("adam", {"lr": -1}, r"optimizer_type: ValueError: Invalid learning rate"),
        ("lamb", {"etas": 1}, r"etas: no argument of Lamb"),
    ],
)
def test_unknown_optimizers_and_arguments_are_refused(name: Any, keys: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        configure_optimizer(name, [torch.nn.Parameter(torch.ones(1))], **keys)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pytorch-optimizer"):
        configure_optimizer("Lamb", [torch.nn.Parameter(torch.ones(1))])


def test_arguments_from_yaml_and_param_groups_are_taken() -> None:
    groups = [
        {"params": [torch.nn.Parameter(torch.ones(1))]},
        {"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.5},
    ]
    optimizer = configure_optimizer("adam", groups, lr="3e-4", betas=["0.8", 0.99])
    assert rates(optimizer) == [3e-4, 0.5]
    assert list(optimizer.param_groups[0]["betas"]) == [0.8, 0.99]
    assert configure_optimizer("sgd", torch.nn.Linear(2, 2).parameters(), lr=1).param_groups[0]["params"]


@pytest.mark.parametrize(
    ("learning_rate", "values"),
    [
        (0.01, [0.01, 0.01, 0.01]),
        ({"type": "linear", "initial_value": 0.01}, [0.01, 0.005, 0.0]),
        (
            [{"initial_value": 0.02, "steps": 20}, {"type": "linear", "initial_value": 0.01, "steps": 20}],
            [0.02, 0.01, 0.0],
        ),
    ],
    ids=["number", "mapping", "phases"],
)
def test_a_learning_rate_is_a_number_a_mapping_or_a_list_of_phases(learning_rate: Any, values: Any) -> None:
    optimizer = new_optimizer()
    scheduler = configure_lr_scheduler(optimizer, learning_rate, total_steps=T)
    for k, value in zip((0, 20, 40), values, strict=True):
        scheduler.step(k)
        assert rates(optimizer) == [value]
    with pytest.raises(ScheduleConfigError, match="total_steps"):
        configure_lr_scheduler(optimizer, learning_rate, total_steps=float("nan"))
