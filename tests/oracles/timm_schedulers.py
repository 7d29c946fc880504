"""timm.scheduler, updated as in a training loop; skipped where timm is not installed."""

from __future__ import annotations

import pytest

from tests.oracles.table import Row
from tests.oracles.torch_schedulers import make_optimizer

LIBRARY = "timm.scheduler"


def values(call: str, last: int) -> list[float]:
    """Return the learning rates of the scheduler that `call` makes."""
    scheduler_module = pytest.importorskip("timm.scheduler")
    optimizer = make_optimizer()
    scheduler = eval(call, {**vars(scheduler_module), "optimizer": optimizer})
    rates = []
    for update in range(last + 1):
        scheduler.step_update(update)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


PREFIX = "without `warmup_prefix`, the warmup of timm replaces the first part of the curve: there is no config for it"

ROWS = [
    Row(
        "CosineLRScheduler(optimizer, 1000, lr_min=0.001, t_in_epochs=False)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001}",
    ),
    Row(
        "CosineLRScheduler(optimizer, 900, lr_min=0.001, warmup_t=100, warmup_lr_init=0.01, warmup_prefix=True, "
        "t_in_epochs=False)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 100, warmup_start_factor: 0.1}",
        PREFIX,
    ),
    Row(
        "CosineLRScheduler(optimizer, 1000, lr_min=0.001, k_decay=2.0, t_in_epochs=False)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, k: 2}",
    ),
    Row(
        "CosineLRScheduler(optimizer, 100, lr_min=0.001, cycle_mul=2.0, cycle_decay=0.5, cycle_limit=3, "
        "t_in_epochs=False)",
        "{type: cosine_restarts, initial_value: 0.1, final_value: 0.001, cycles: 3, cycle_multiplier: 2, "
        "peak_multiplier: 0.5, end_steps: 700}",
        "`cycle_limit` becomes `cycles`, with `end_steps` if the cycles end before the run does",
    ),
    Row(
        "TanhLRScheduler(optimizer, 1000, lb=-6.0, ub=3.0, lr_min=0.001, t_in_epochs=False)",
        "{type: tanh, initial_value: 0.1, final_value: 0.001}",
        "the default of `lb` is -7 in timm and -6 in ours; timm has the learning rate of the optimizer until the "
        "first update and jumps to `lr_min` at its end, while ours starts slightly below this learning rate and ends "
        "slightly above `lr_min`",
        last=999,
    ),
    Row(
        "PolyLRScheduler(optimizer, 1000, power=2.0, k_decay=1.5, lr_min=0.001, t_in_epochs=False)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.001, power: 2, k: 1.5}",
        "the default of `power` is 0.5 in timm and 2 in ours",
    ),
    Row(
        "StepLRScheduler(optimizer, 200, decay_rate=0.5, warmup_t=100, t_in_epochs=False)",
        "{type: step, initial_value: 0.1, gamma: 0.5, period_steps: 200, warmup_steps: 100}",
    ),
    Row(
        "MultiStepLRScheduler(optimizer, [300, 700], decay_rate=0.5, t_in_epochs=False)",
        "{type: multi_step, initial_value: 0.1, gamma: 0.5, milestone_steps: [299, 699]}",
        "timm decays one step before a milestone",
    ),
]
