"""pytorch_optimizer, stepped as in a training loop."""

from __future__ import annotations

import pytorch_optimizer

from tests.oracles.table import Row
from tests.oracles.torch_schedulers import make_optimizer

LIBRARY = "pytorch_optimizer"


def values(call: str, last: int) -> list[float]:
    """Return the learning rates of the scheduler that `call` makes; making it takes the first of its steps."""
    scheduler = eval(call, {**vars(pytorch_optimizer), "optimizer": make_optimizer()})
    return [scheduler.get_lr(), *(scheduler.step() for _ in range(last))]


ROWS = [
    Row(
        "REXScheduler(optimizer, 1000, max_lr=0.1, min_lr=0.001)",
        "{type: rex, initial_value: 0.1, final_value: 0.001}",
    ),
]
