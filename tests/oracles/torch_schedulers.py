"""torch.optim.lr_scheduler, stepped as in a training loop."""

from __future__ import annotations

import warnings

import torch
from torch.optim import lr_scheduler

from tests.oracles.table import Row

LIBRARY = "torch.optim.lr_scheduler"


def make_optimizer() -> torch.optim.Optimizer:
    """Return an optimizer with a learning rate of 0.1."""
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)


def stepped(optimizer: torch.optim.Optimizer, scheduler: lr_scheduler.LRScheduler, last: int) -> list[float]:
    """Return the learning rates at the steps from 0 to `last`."""
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(last):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return [float(rate) for rate in rates]


def values(call: str, last: int) -> list[float]:
    """Return the learning rates of the scheduler that `call` makes."""
    optimizer = make_optimizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = eval(call, {**vars(lr_scheduler), "optimizer": optimizer})
        return stepped(optimizer, scheduler, last)


RESTARTED = "at the last step, torch has started another cycle; ours ends the last one"
ONE_STEP_SHORTER = (
    "torch reaches its peak after `pct_start * total_steps - 1` steps and its end after `total_steps "
    "- 1`, so our `total_steps` is 999; two steps later torch raises an error, and ours stays "
    "constant"
)

ROWS = [
    Row(
        "ConstantLR(optimizer, factor=0.25, total_iters=300)",
        "{type: piecewise_constant, values: [0.025, 0.1], milestone_steps: [300]}",
    ),
    Row(
        "LinearLR(optimizer, start_factor=0.25, total_iters=300)",
        "{type: constant, initial_value: 0.1, warmup_steps: 300, warmup_start_factor: 0.25}",
    ),
    Row(
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=1000)",
        "{type: linear, initial_value: 0.1, final_ratio: 0.1}",
    ),
    Row(
        "PolynomialLR(optimizer, total_iters=800, power=2)",
        "{type: polynomial, initial_value: 0.1, power: 2, end_steps: 800}",
    ),
    Row(
        "ExponentialLR(optimizer, gamma=0.99)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.99, decay_steps: 1}",
    ),
    Row(
        "ExponentialLR(optimizer, gamma=1.01)",
        "{type: step, initial_value: 0.1, gamma: 1.01, period_steps: 1}",
        "our `decay_rate` is at most 1; for a growing rate, use a `step` of one step, or a `final_value`",
    ),
    Row(
        "StepLR(optimizer, step_size=300, gamma=0.5)",
        "{type: step, initial_value: 0.1, gamma: 0.5, period_steps: 300}",
    ),
    Row("StepLR(optimizer, step_size=100)", "{type: step, initial_value: 0.1, period_steps: 100}"),
    Row(
        "MultiStepLR(optimizer, milestones=[200, 500], gamma=0.3)",
        "{type: multi_step, initial_value: 0.1, gamma: 0.3, milestone_steps: [200, 500]}",
    ),
    Row(
        "MultiStepLR(optimizer, milestones=[200, 500, 500], gamma=0.5)",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.0125], milestone_steps: [200, 500]}",
        "torch counts a repeated milestone twice; in ours it is an error, so write the values",
    ),
    Row(
        "CosineAnnealingLR(optimizer, T_max=1000, eta_min=0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001}",
        "after `T_max`, torch rises again; ours stays constant",
    ),
    Row(
        "CosineAnnealingLR(optimizer, T_max=400, eta_min=0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, end_steps: 400}",
        "after `T_max`, torch rises again; ours stays constant",
        last=400,
    ),
    Row(
        "CosineAnnealingLR(optimizer, T_max=500, eta_min=0.001)",
        "[{type: cosine, initial_value: 0.1, final_value: 0.001, steps: 500}, "
        "{type: cosine, initial_value: 0.001, final_value: 0.1, steps: 500}]",
        "this config includes the part that rises",
    ),
    Row(
        "CosineAnnealingWarmRestarts(optimizer, T_0=250, eta_min=0.001)",
        "{type: cosine_restarts, initial_value: 0.1, final_value: 0.001, first_cycle_steps: 250}",
        RESTARTED,
        last=999,
    ),
    Row(
        "CosineAnnealingWarmRestarts(optimizer, T_0=100, T_mult=2, eta_min=0.001)",
        "{type: cosine_restarts, initial_value: 0.1, final_value: 0.001, first_cycle_steps: 100, cycle_multiplier: 2}",
    ),
    Row(
        "CosineAnnealingWarmRestarts(optimizer, T_0=7, T_mult=3)",
        "{type: cosine_restarts, initial_value: 0.1, first_cycle_steps: 7, cycle_multiplier: 3}",
    ),
    Row(
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=100)",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100}",
    ),
    Row(
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=100, step_size_down=150, mode='triangular2')",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100, down_steps: 150, mode: triangular2}",
    ),
    Row(
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=100, mode='exp_range', gamma=0.5 ** (1 / 200))",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100, mode: exp_range, gamma: 0.5}",
        "`gamma` of torch is per step, ours is per cycle: `gamma ** (step_size_up + step_size_down)`",
    ),
    Row(
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000)",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 299}",
        ONE_STEP_SHORTER,
        last=999,
        total_steps=999,
    ),
    Row(
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000, anneal_strategy='linear', final_div_factor=100)",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 299, shape: linear, final_div_factor: 100}",
        "as above; at step 1000, torch extrapolates its line, even below 0",
        last=999,
        total_steps=999,
    ),
    Row(
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000, three_phase=True, pct_start=0.4)",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 399, phases: 3}",
        "as above",
        last=999,
        total_steps=999,
    ),
    Row(
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000, three_phase=True, anneal_strategy='linear')",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 299, phases: 3, shape: linear}",
        "as above",
        last=999,
        total_steps=999,
    ),
    Row(
        "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, 1.0, 200), CosineAnnealingLR(optimizer, 800)], [200])",
        "{type: cosine, initial_value: 0.1, warmup_steps: 200, warmup_start_factor: 0.1}",
        "in ours, a warmup is a key and not a separate schedule",
    ),
    Row(
        "SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 100), PolynomialLR(optimizer, 600, 2), "
        "ExponentialLR(optimizer, 0.99)], [100, 700])",
        "[{type: constant, initial_value: 0.05, steps: 100}, "
        "{type: polynomial, initial_value: 0.1, power: 2, steps: 600}, "
        "{type: exponential, initial_value: 0.1, decay_rate: 0.99, decay_steps: 1, steps: 300}]",
        "in both libraries, each part starts at its own step 0",
    ),
    Row(
        "ChainedScheduler([ConstantLR(optimizer, 0.1, 100), ExponentialLR(optimizer, 0.995)])",
        "{type: product, parts: [{type: piecewise_constant, values: [0.1, 1], milestone_steps: [100]}, "
        "{type: exponential, initial_value: 0.1, decay_rate: 0.995, decay_steps: 1}]}",
        "write the learning rate in one of the parts",
    ),
    Row(
        "LambdaLR(optimizer, lambda step: 1 / (1 + step / 100))",
        "{type: inverse_time, initial_value: 0.1, decay_steps: 100}",
        "use the type with this formula; if there is none, write [a function](#your-own-functions)",
    ),
    Row(
        "MultiplicativeLR(optimizer, lambda step: 0.995)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.995, decay_steps: 1}",
        "for a factor that changes from step to step, use `from_torch`",
    ),
]
