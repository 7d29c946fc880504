"""fairseq.optim.lr_scheduler, by its documented formulas."""

from __future__ import annotations

import math

from tests.oracles.table import Formula, Row, values_of

LIBRARY = "fairseq.optim.lr_scheduler"


def inverse_sqrt(lr: float, warmup_updates: int, warmup_init_lr: float = 0.0) -> Formula:
    """A linear warmup, then one over the square root of the updates."""

    def value(update: int) -> float:
        if update < warmup_updates:
            return warmup_init_lr + update * (lr - warmup_init_lr) / warmup_updates
        return lr * math.sqrt(warmup_updates) / math.sqrt(update)

    return value


def polynomial_decay(
    lr: float, total_num_update: int, warmup_updates: int = 0, end_learning_rate: float = 0.0, power: float = 1.0
) -> Formula:
    """A linear warmup, then a power of the share that is left."""

    def value(update: int) -> float:
        if update < warmup_updates:
            return lr * update / warmup_updates
        left = max(1.0 - (update - warmup_updates) / (total_num_update - warmup_updates), 0.0)
        height: float = left**power
        return (lr - end_learning_rate) * height + end_learning_rate

    return value


def cosine(
    lr: float, lr_period_updates: int, *, warmup_updates: int = 0, min_lr: float = 0.0, t_mult: int = 1,
    lr_shrink: float = 0.1,
) -> Formula:  # fmt: skip
    """A linear warmup from min_lr, then cosine waves, each with both of its ends shrunk."""

    def value(update: int) -> float:
        if update < warmup_updates:
            return min_lr + update * (lr - min_lr) / warmup_updates
        cycle, position, length = 0, update - warmup_updates, lr_period_updates
        while position >= length:
            cycle, position, length = cycle + 1, position - length, length * t_mult
        wave = min_lr + (lr - min_lr) / 2.0 * (1.0 + math.cos(math.pi * position / length))
        return lr_shrink**cycle * wave

    return value


def tri_stage(
    lr: float, warmup_steps: int, hold_steps: int, decay_steps: int, init_lr_scale: float = 0.01,
    final_lr_scale: float = 0.01,
) -> Formula:  # fmt: skip
    """A linear warmup, a plateau, an exponential decay, and the last value."""

    def value(update: int) -> float:
        if update < warmup_steps:
            return lr * (init_lr_scale + (1.0 - init_lr_scale) * update / warmup_steps)
        into_decay = min(max(update - warmup_steps - hold_steps, 0), decay_steps)
        return lr * math.exp(math.log(final_lr_scale) * into_decay / decay_steps)

    return value


def triangular(
    lr: float, max_lr: float, lr_period_updates: int, *, lr_shrink: float = 0.1, shrink_min: bool = False
) -> Formula:
    """A zigzag between lr and a max_lr that shrinks from cycle to cycle."""

    def value(update: int) -> float:
        cycle, position = divmod(update, lr_period_updates)
        shrink = lr_shrink**cycle
        low, half = lr * (shrink if shrink_min else 1.0), lr_period_updates / 2.0
        return low + (max_lr * shrink - low) * (1.0 - abs(position / half - 1.0))

    return value


def step(lr: float, lr_decay_period: int, lr_decay: float = 0.5, min_lr: float = 0.0) -> Formula:
    """A factor at the end of every period, not below min_lr."""
    return lambda update: max(lr * lr_decay ** (update // lr_decay_period), min_lr)


values = values_of(inverse_sqrt, polynomial_decay, cosine, tri_stage, triangular, step)

ROWS = [
    Row("inverse_sqrt(0.1, warmup_updates=100)", "{type: noam, initial_value: 0.1, warmup_steps: 100}"),
    Row(
        "inverse_sqrt(0.1, warmup_updates=100, warmup_init_lr=0.01)",
        "{type: inverse_sqrt, initial_value: 0.1, timescale_steps: 100, warmup_steps: 100, warmup_start_factor: 0.1}",
    ),
    Row(
        "polynomial_decay(0.1, 800, warmup_updates=100, end_learning_rate=0.001, power=2.0)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.001, power: 2, warmup_steps: 100, end_steps: 800}",
    ),
    Row(
        "cosine(0.1, 900, warmup_updates=100, min_lr=0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, warmup_steps: 100, warmup_start_factor: 0.01}",
        "the warmup of fairseq starts at `min_lr`; at the last step, fairseq has started another cycle",
        last=999,
    ),
    Row(
        "cosine(0.1, 100, t_mult=2, min_lr=0.001, lr_shrink=0.5)",
        "{type: product, parts: [{type: multi_step, initial_value: 1, gamma: 0.5, milestone_steps: [100, 300, 700]}, "
        "{type: cosine_restarts, initial_value: 0.1, final_value: 0.001, first_cycle_steps: 100, "
        "cycle_multiplier: 2}]}",
        "`lr_shrink` shrinks `min_lr` too; if `min_lr` is 0, use `peak_multiplier`",
    ),
    Row(
        "tri_stage(0.1, 100, 300, 500, init_lr_scale=0.01, final_lr_scale=0.05)",
        "{type: tri_stage, initial_value: 0.1, final_ratio: 0.05, warmup_steps: 100, hold_steps: 300, "
        "decay_steps: 500}",
    ),
    Row(
        "triangular(0.01, 0.1, 200, lr_shrink=1.0)",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100}",
    ),
    Row(
        "triangular(0.01, 0.1, 200, lr_shrink=0.8, shrink_min=True)",
        "{type: product, parts: [{type: step, initial_value: 1, gamma: 0.8, period_steps: 200}, "
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100}]}",
        "with `lr_shrink` but without `shrink_min`, write a list of cycles",
    ),
    Row(
        "step(0.1, lr_decay_period=300, lr_decay=0.5, min_lr=0.02)",
        "{type: clip, minimum: 0.02, schedule: {type: step, initial_value: 0.1, gamma: 0.5, period_steps: 300}}",
    ),
]
