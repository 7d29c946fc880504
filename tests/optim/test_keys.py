"""Any key of the param groups follows a schedule: weight decay, momentum, one of the betas; absolute or as a factor."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.optim import lr_scheduler as tls

from lr_schedule import BaseLRSchedule, ScheduleConfigError, from_torch
from lr_schedule.control import KLController
from lr_schedule.optim import ScheduleLR

T = 40
COSINE = BaseLRSchedule.create({"type": "cosine_warmup", "initial_value": 0.1, "warmup_fraction": 0.25})
RISING = BaseLRSchedule.create({"type": "linear", "initial_value": 0.01, "final_value": 0.1})
BETA = BaseLRSchedule.create({"type": "linear", "initial_value": 0.95, "final_value": 0.85})


def adam(groups: int = 1, **keys: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW([{"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(groups)], **keys)


def values(optimizer: torch.optim.Optimizer, key: str) -> list[Any]:
    return [group[key] for group in optimizer.param_groups]


@pytest.mark.parametrize("groups", [1, 3])
def test_each_step_sets_every_key_that_is_named(groups: int) -> None:
    optimizer = adam(groups, betas=(0.9, 0.99))
    scheduler = ScheduleLR(optimizer, {"lr": COSINE, "weight_decay": RISING, "betas[0]": BETA}, T)
    for k in range(T + 5):
        p = 1 - k / T
        assert values(optimizer, "lr") == [COSINE(p)] * groups == scheduler.get_last_lr()
        assert values(optimizer, "weight_decay") == [RISING(p)] * groups
        assert values(optimizer, "betas") == [(BETA(p), 0.99)] * groups
        scheduler.step()


def test_momentum_follows_a_schedule_and_the_learning_rate_stays() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.3, momentum=0.5)
    scheduler = ScheduleLR(optimizer, {"momentum": "lin_0.9"}, total_steps=10)
    scheduler.step(5)
    assert (values(optimizer, "lr"), values(optimizer, "momentum")) == ([0.3], [0.45])
    assert scheduler.get_last_lr() == [0.3]


def test_a_list_gives_each_group_its_own_values_of_a_key() -> None:
    optimizer = adam(2)
    ScheduleLR(optimizer, {"lr": COSINE, "weight_decay": ["lin_0.1", 0.0]}, T).step(T // 2)
    assert values(optimizer, "weight_decay") == [0.05, 0.0]
    assert values(optimizer, "lr") == [COSINE(0.5)] * 2


@pytest.mark.parametrize("schedule", [COSINE, {"lr": COSINE}])
def test_factors_keep_the_ratios_of_layer_wise_decay(schedule: Any) -> None:
    rates = [0.1 * 0.75**n for n in range(4)]
    optimizer = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": rate} for rate in rates])
    scheduler = ScheduleLR(optimizer, schedule, T, relative=True)
    for k in range(T + 1):
        assert values(optimizer, "lr") == [rate * COSINE(1 - k / T) for rate in rates] == scheduler.get_last_lr()
        scheduler.step()


def test_factors_are_those_of_lambda_lr_to_the_bit() -> None:
    ours, theirs = (
        torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (0.3, 0.07)])
        for _ in range(2)
    )
    scheduler = ScheduleLR(ours, COSINE, T, relative=True)
    reference = tls.LambdaLR(theirs, lambda k: COSINE(1 - k / T))
    for _ in range(T):
        assert values(ours, "lr") == values(theirs, "lr")
        for each in (ours, theirs, scheduler, reference):
            each.step()


def test_factors_of_several_keys_multiply_what_each_group_started_with() -> None:
    optimizer = adam(lr=0.4, weight_decay=0.02, betas=(0.8, 0.9))
    scheduler = ScheduleLR(optimizer, {"lr": "lin_1", "weight_decay": 0.5, "betas[1]": 1.0}, T, relative=True)
    scheduler.step(T // 4)
    assert values(optimizer, "lr") == [0.4 * 0.75]
    assert values(optimizer, "weight_decay") == [0.01]
    assert values(optimizer, "betas") == [(0.8, 0.9)]


def test_a_group_that_is_added_later_starts_from_its_own_value() -> None:
    optimizer = adam(lr=0.4)
    scheduler = ScheduleLR(optimizer, "lin_1", T, relative=True)
    scheduler.step(T // 2)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.08})
    scheduler.step(T // 4)
    assert values(optimizer, "lr") == [0.4 * 0.75, 0.08 * 0.75]


def test_a_resumed_run_of_factors_is_the_rest_of_a_whole_one() -> None:
    keys = {"lr": "lin_1", "weight_decay": "cosine_1"}
    whole, first = adam(lr=0.4, weight_decay=0.02), adam(lr=0.4, weight_decay=0.02)
    ScheduleLR(whole, keys, T, relative=True).step(20)
    half = ScheduleLR(first, keys, T, relative=True)
    half.step(10)
    again = adam(lr=0.4, weight_decay=0.02)
    again.load_state_dict(copy.deepcopy(first.state_dict()))
    resumed = ScheduleLR(again, keys, T, relative=True)
    resumed.load_state_dict(half.state_dict())
    resumed.step(20)
    for key in ("lr", "weight_decay"):
        assert values(again, key) == values(whole, key)


def test_a_controller_may_move_any_key() -> None:
    optimizer = adam()
    kl = {"controller": "kl", "schedule": "lin_0.1"}
    scheduler = ScheduleLR(optimizer, {"lr": 0.1, "weight_decay": kl}, T)
    alone = KLController(schedule="lin_0.1")
    for k in range(T):
        assert values(optimizer, "weight_decay") == [alone(1 - k / T)]
        scheduler.observe(0.05)
        alone.observe(0.05, 1 - k / T)
        scheduler.step()
    again = ScheduleLR(adam(), {"lr": 0.1, "weight_decay": kl}, T)
    again.load_state_dict(scheduler.state_dict())
    assert values(again.optimizer, "weight_decay") == values(optimizer, "weight_decay")


def test_tensors_are_written_in_place() -> None:
    betas = (torch.tensor(0.9), torch.tensor(0.99))
    optimizer = adam(2, lr=torch.tensor(0.1), betas=betas, capturable=True)
    for group in optimizer.param_groups:
        group["weight_decay"] = torch.tensor(0.1)
    held = [(g["lr"], *g["betas"], g["weight_decay"]) for g in optimizer.param_groups]
    scheduler = ScheduleLR(optimizer, {"lr": COSINE, "betas[0]": BETA, "weight_decay": RISING}, T)
    scheduler.step(10)
    now = [(g["lr"], *g["betas"], g["weight_decay"]) for g in optimizer.param_groups]
    assert all(a is b for one, other in zip(held, now, strict=True) for a, b in zip(one, other, strict=True))
    assert [float(item) for item in now[0]] == pytest.approx([COSINE(0.75), BETA(0.75), 0.99, RISING(0.75)], rel=1e-6)
    ScheduleLR(optimizer, {"lr": "lin_1"}, T, relative=True).step(T // 2)
    assert optimizer.param_groups[0]["lr"] is held[0][0]
    assert float(held[0][0]) == pytest.approx(0.05, rel=1e-6)


def compiled_again(optimizer: torch.optim.Optimizer, keys: Any) -> int:
    """Return how often a compiled step is compiled anew while keys follow schedules for 30 steps."""
    torch._dynamo.reset()
    scheduler = ScheduleLR(optimizer, keys, T)
    for parameter in optimizer.param_groups[0]["params"]:
        parameter.grad = torch.ones_like(parameter)
    counter = CompileCounterWithBackend("eager")
    step: Any = torch.compile(optimizer.step, backend=counter)
    step()
    compiled = counter.frame_count
    assert compiled > 0
    for _ in range(30):
        scheduler.step()
        step()
    return int(counter.frame_count - compiled)


def test_a_compiled_step_is_not_compiled_again_for_tensor_rates_and_betas() -> None:
    optimizer = adam(lr=torch.tensor(0.1), betas=(torch.tensor(0.9), torch.tensor(0.99)))
    assert compiled_again(optimizer, {"lr": COSINE, "betas[0]": BETA}) == 0


def test_a_compiled_step_is_compiled_once_more_for_a_weight_decay() -> None:
    assert compiled_again(adam(lr=torch.tensor(0.1)), {"lr": COSINE, "weight_decay": RISING}) == 1


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ({"wieght_decay": 0.1}, "wieght_decay: no key of the param groups; did you mean 'weight_decay'"),
        ({"lr": {"type": "cosin"}}, "lr.type: unknown type; did you mean 'cosine'"),
        ({"lr": [0.1, 0.2, 0.3]}, "lr: must have one schedule for each of the 1 param groups"),
        ({"betas": 0.9}, "betas: has several numbers; name one of them, as in betas[0]"),
        ({"betas[2]": 0.9}, "betas[2]: betas has 2 numbers"),
        ({"lr[0]": 0.9}, "lr[0]: lr is a single number"),
        ({"amsgrad": 0.9}, "amsgrad: is not a number but False"),
        ({"params": 0.9}, "params: no key of the param groups"),
        ({"lr": 3e-4, "warmup_steps": 10}, "lr: unknown key; did you mean 'initial_value'"),
    ],
)
def test_what_names_no_number_of_a_group_is_refused(schedule: Any, message: str) -> None:
    optimizer = adam(lr=0.25)
    with pytest.raises(ScheduleConfigError) as caught:
        ScheduleLR(optimizer, schedule, T)
    assert message in str(caught.value)
    assert values(optimizer, "lr") == [0.25]


def test_a_beta_of_one_is_refused_when_it_is_reached_and_nothing_is_written() -> None:
    optimizer = adam(lr=0.25)
    scheduler = ScheduleLR(
        optimizer, {"lr": "lin_0.25", "betas[0]": {"type": "linear", "initial_value": 0.9, "final_value": 1}}, T
    )
    with pytest.raises(ValueError, match=r"betas\[0\] must be below 1, not 1\.0"):
        scheduler.step(T)
    assert (scheduler.last_epoch, values(optimizer, "lr")) == (0, [0.25])


def one_cycle(optimizer: Any) -> Any:
    return tls.OneCycleLR(optimizer, max_lr=0.1, total_steps=50, base_momentum=0.8, max_momentum=0.9)


@pytest.mark.parametrize(("kind", "key"), [("sgd", "momentum"), ("adam", "betas[0]")])
def test_from_torch_reads_other_keys_bit_for_bit(kind: str, key: str) -> None:
    made: dict[str, Any] = {
        "sgd": lambda: torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9),
        "adam": lambda: adam(lr=0.1),
    }
    schedule = from_torch(one_cycle(made[kind]()), total_steps=50, key=key)
    optimizer = made[kind]()
    scheduler = one_cycle(optimizer)
    for k in range(50):
        group = optimizer.param_groups[0]
        assert schedule(1 - k / 50) == (group["momentum"] if key == "momentum" else group["betas"][0])
        optimizer.step()
        if k < 49:
            scheduler.step()


def test_from_torch_reads_the_momentum_of_a_scheduler_that_it_makes() -> None:
    schedule = from_torch("OneCycleLR", total_steps=50, max_lr=0.1, base_momentum=0.8, max_momentum=0.9, key="momentum")
    assert schedule(1.0) == 0.9
    assert min(schedule.sample(51)) == pytest.approx(0.8, rel=1e-12)
    assert BaseLRSchedule.create(schedule.to_config()) == schedule


def test_a_function_may_make_a_scheduler_for_several_groups() -> None:
    def make(optimizer: Any) -> Any:
        return tls.LambdaLR(optimizer, [lambda k: 0.5**k, lambda k: 1 / (1 + k)])

    for group, expected in enumerate([[0.1 * 0.5**k for k in range(5)], [0.02 / (1 + k) for k in range(5)]]):
        schedule = from_torch(make, total_steps=4, initial_value=[0.1, 0.02], group=group)
        assert [schedule(1 - k / 4) for k in range(5)] == pytest.approx(expected, rel=1e-15)


def test_a_group_beyond_the_first_makes_as_many_groups() -> None:
    def make(optimizer: Any) -> Any:
        return tls.LambdaLR(optimizer, [lambda k: 0.5**k, lambda k: 0.25**k])

    assert from_torch(make, total_steps=4, initial_value=0.5, group=1)(0.75) == 0.125


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"key": "momentun"}, "key: no key of the param groups; did you mean 'momentum'"),
        ({"key": "nesterov"}, "key: is not a number"),
        ({"initial_value": [0.1, 0.2], "group": 2}, "group: must be the index of one of the 2 param groups"),
        ({"initial_value": [0.1, -1]}, "initial_value[1]: must be a finite number >= 0"),
        ({"initial_value": []}, "initial_value: must be a finite number >= 0"),
    ],
)
def test_a_key_or_group_that_is_not_there_is_refused(keys: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        from_torch("StepLR", total_steps=4, step_size=2, **keys)
    assert message in str(caught.value)
