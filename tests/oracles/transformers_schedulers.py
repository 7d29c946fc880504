"""transformers.get_scheduler, stepped as in a training loop."""

from __future__ import annotations

from transformers import get_scheduler

from tests.oracles.table import Row
from tests.oracles.torch_schedulers import make_optimizer, stepped

LIBRARY = "transformers.get_scheduler"


def values(call: str, last: int) -> list[float]:
    """Return the learning rates of the scheduler that `call` makes."""
    optimizer = make_optimizer()
    return stepped(optimizer, eval(call, {"get_scheduler": get_scheduler, "optimizer": optimizer}), last)


CLIMBS = "after the end of the run, transformers rises again; ours stays constant"

ROWS = [
    Row("get_scheduler('constant', optimizer)", "0.1"),
    Row(
        "get_scheduler('constant_with_warmup', optimizer, 100)",
        "{type: constant, initial_value: 0.1, warmup_steps: 100}",
    ),
    Row("get_scheduler('linear', optimizer, 100, 1000)", "{type: linear, initial_value: 0.1, warmup_steps: 100}"),
    Row(
        "get_scheduler('cosine', optimizer, 100, 1000)",
        "{type: cosine, initial_value: 0.1, warmup_steps: 100}",
        CLIMBS,
    ),
    Row(
        "get_scheduler('cosine_with_restarts', optimizer, 100, 1000, {'num_cycles': 3})",
        "{type: cosine_restarts, initial_value: 0.1, warmup_steps: 100, cycles: 3}",
    ),
    Row(
        "get_scheduler('polynomial', optimizer, 100, 1000, {'lr_end': 0.001, 'power': 2.0})",
        "{type: polynomial, initial_value: 0.1, final_value: 0.001, power: 2, warmup_steps: 100}",
    ),
    Row(
        "get_scheduler('inverse_sqrt', optimizer, 100)",
        "{type: inverse_sqrt, initial_value: 0.1, timescale_steps: 100, warmup_steps: 100}",
        "the default timescale in transformers is the length of the warmup",
    ),
    Row(
        "get_scheduler('inverse_sqrt', optimizer, 100, scheduler_specific_kwargs={'timescale': 400})",
        "{type: inverse_sqrt, initial_value: 0.1, timescale_steps: 400, warmup_steps: 100}",
    ),
    Row(
        "get_scheduler('cosine_with_min_lr', optimizer, 100, 1000, {'min_lr': 0.001})",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 100}",
        CLIMBS,
    ),
    Row(
        "get_scheduler('cosine_warmup_with_min_lr', optimizer, 100, 1000, {'min_lr_rate': 0.01})",
        "{type: cosine, initial_value: 0.1, final_ratio: 0.01, warmup_steps: 99, warmup_start_factor: 0.01}",
        "this scheduler is one step ahead of the others in transformers: it starts at `1 / warmup` "
        "and ends at step 999, so our `total_steps` is 999 and the warmup 99; after its end, it rises"
        " again",
        last=999,
        total_steps=999,
    ),
    Row(
        "get_scheduler('cosine_warmup_with_min_lr', optimizer, 100, 1000, {'min_lr': 0.001, 'warmup_lr_rate': 0.2})",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 99, warmup_start_factor: 0.2}",
        "as above",
        last=999,
        total_steps=999,
    ),
    *[
        Row(
            f"get_scheduler('warmup_stable_decay', optimizer, 100, 1000, {{'num_decay_steps': 200, "
            f"'decay_type': '{shape}', 'min_lr_ratio': 0.1}})",
            "{type: warmup_stable_decay, initial_value: 0.1, final_ratio: 0.1, warmup_steps: 100, "
            f"warmup_start_factor: 0.1, decay_steps: 200, decay_shape: {shape}}}",
            "in transformers, the warmup also starts at this minimum",
        )
        for shape in ("linear", "cosine", "1-sqrt")
    ],
    Row(
        "get_scheduler('warmup_stable_decay', optimizer, 100, 1000, {'num_decay_steps': 200, 'warmup_type': 'cosine'})",
        "{type: warmup_stable_decay, initial_value: 0.1, warmup_steps: 100, warmup_shape: cosine, decay_steps: 200, "
        "decay_shape: cosine}",
    ),
    Row(
        "get_scheduler('warmup_stable_decay', optimizer, 100, 1000, {'num_decay_steps': 200, 'warmup_type': '1-sqrt'})",
        "[{type: polynomial, initial_value: 0, final_value: 0.1, power: 0.5, steps: 100}, "
        "{type: warmup_stable_decay, initial_value: 0.1, warmup_steps: 0, decay_steps: 200, decay_shape: cosine, "
        "steps: 900}]",
        "write a warmup of another shape as a part of a list",
    ),
]
