"""cerebras.pytorch.optim.lr_scheduler, by its documented formulas."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

from tests.oracles.table import Formula, Row, values_of

LIBRARY = "cerebras.pytorch.optim.lr_scheduler"


def ConstantLR(learning_rate: float) -> Formula:  # noqa: N802
    """One value."""
    return lambda step: learning_rate


def PolynomialLR(  # noqa: N802
    initial_learning_rate: float, end_learning_rate: float, total_iters: int, power: float = 1.0
) -> Formula:
    """A power of the share that is left."""
    fall = initial_learning_rate - end_learning_rate
    return lambda step: end_learning_rate + fall * (1.0 - min(step / total_iters, 1.0)) ** power


def LinearLR(initial_learning_rate: float, end_learning_rate: float, total_iters: int) -> Formula:  # noqa: N802
    """A polynomial of power 1."""
    return PolynomialLR(initial_learning_rate, end_learning_rate, total_iters)


def ExponentialLR(  # noqa: N802
    initial_learning_rate: float, total_iters: int, decay_rate: float, *, staircase: bool = False
) -> Formula:
    """A factor of decay_rate per total_iters."""
    return lambda k: initial_learning_rate * decay_rate ** (k // total_iters if staircase else k / total_iters)


def InverseExponentialTimeDecayLR(  # noqa: N802
    initial_learning_rate: float, step_exponent: int, total_iters: int, decay_rate: float, *, staircase: bool = False
) -> Formula:
    """One over a power of the steps."""

    def value(step: int) -> float:
        periods: float = step**step_exponent / total_iters
        return initial_learning_rate / (1.0 + decay_rate * (math.floor(periods) if staircase else periods))

    return value


def InverseSquareRootDecayLR(  # noqa: N802
    initial_learning_rate: float = 1.0, scale: float = 1.0, warmup_steps: int = 1
) -> Formula:
    """One over the square root of the steps, level before warmup_steps."""
    return lambda step: initial_learning_rate * scale / math.sqrt(max(step, warmup_steps))


def CosineDecayLR(initial_learning_rate: float, end_learning_rate: float, total_iters: int) -> Formula:  # noqa: N802
    """Half a cosine wave, then the end."""
    wave = CosineAnnealingLR(initial_learning_rate, total_iters, end_learning_rate)
    return lambda step: wave(min(step, total_iters))


def CosineAnnealingLR(initial_learning_rate: float, T_max: int, eta_min: float = 0.0) -> Formula:  # noqa: N802, N803
    """A cosine wave."""
    half = (initial_learning_rate - eta_min) / 2.0
    return lambda step: eta_min + half * (1.0 + math.cos(math.pi * step / T_max))


def CosineAnnealingWarmRestarts(initial_learning_rate: float, T_0: int, eta_min: float = 0.0) -> Formula:  # noqa: N802, N803
    """Half a cosine wave again and again."""
    wave = CosineAnnealingLR(initial_learning_rate, T_0, eta_min)
    return lambda step: wave(step % T_0)


def SequentialLR(schedulers: Sequence[Formula], milestones: Sequence[int]) -> Formula:  # noqa: N802
    """One after another, each from its own beginning."""

    def value(step: int) -> float:
        n = bisect_right(milestones, step)
        return schedulers[n](step - (0, *milestones)[n])

    return value


def PiecewiseConstantLR(learning_rates: Sequence[float], milestones: Sequence[int]) -> Formula:  # noqa: N802
    """The value that belongs to the milestones reached."""
    return lambda step: learning_rates[bisect_right(milestones, step)]


def MultiStepLR(initial_learning_rate: float, gamma: float, milestones: Sequence[int]) -> Formula:  # noqa: N802
    """A factor at each milestone."""
    return lambda step: initial_learning_rate * gamma ** bisect_right(milestones, step)


def StepLR(initial_learning_rate: float, step_size: int, gamma: float) -> Formula:  # noqa: N802
    """A factor every step_size."""
    return lambda step: initial_learning_rate * gamma ** (step // step_size)


def LambdaLR(initial_learning_rate: float, lr_lambda: Callable[[int], float]) -> Formula:  # noqa: N802
    """Initial value times a function of the step."""
    return lambda step: initial_learning_rate * lr_lambda(step)


def MultiplicativeLR(initial_learning_rate: float, coefficient: float) -> Formula:  # noqa: N802
    """A factor at every step."""
    return lambda step: initial_learning_rate * coefficient**step


def ChainedScheduler(schedulers: Sequence[Formula]) -> Formula:  # noqa: N802
    """The first schedule times the others, each relative to its start."""
    return lambda step: math.prod([schedulers[0](step), *(other(step) / other(0) for other in schedulers[1:])])


def CyclicLR(  # noqa: N802
    base_lr: float, max_lr: float, step_size_up: int, step_size_down: int, mode: str, gamma: float = 1.0
) -> Formula:
    """A zigzag whose height is scaled per cycle or per iteration."""

    def value(step: int) -> float:
        cycle, position = divmod(step, step_size_up + step_size_down)
        falling = (step_size_up + step_size_down - position) / step_size_down
        scale = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": gamma**step}[mode]
        return base_lr + (max_lr - base_lr) * min(position / step_size_up, falling) * scale

    return value


def OneCycleLR(  # noqa: N802
    initial_learning_rate: float, max_lr: float, total_steps: int, pct_start: float = 0.3,
    final_div_factor: float = 1e4, *, three_phase: bool = False, anneal_strategy: str = "cos",
) -> Formula:  # fmt: skip
    """A rise and a fall, in two or three phases."""
    ends = [pct_start * total_steps - 1, total_steps - 1]
    heights = [initial_learning_rate, max_lr, initial_learning_rate / final_div_factor]
    if three_phase:
        ends.insert(1, 2 * pct_start * total_steps - 2)
        heights.insert(2, initial_learning_rate)

    def value(step: int) -> float:
        n = sum(step > end for end in ends[:-1])
        start = ends[n - 1] if n else 0
        covered = (step - start) / (ends[n] - start)
        left = (1.0 + math.cos(math.pi * covered)) / 2.0 if anneal_strategy == "cos" else 1.0 - covered
        return heights[n + 1] + (heights[n] - heights[n + 1]) * left

    return value


values = values_of(
    ConstantLR, PolynomialLR, LinearLR, ExponentialLR, InverseExponentialTimeDecayLR, InverseSquareRootDecayLR,
    CosineDecayLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, SequentialLR, PiecewiseConstantLR, MultiStepLR,
    StepLR, LambdaLR, MultiplicativeLR, ChainedScheduler, CyclicLR, OneCycleLR,
)  # fmt: skip

ROWS = [
    Row("ConstantLR(0.1)", "0.1"),
    Row(
        "PolynomialLR(0.1, 0.001, total_iters=800, power=2.0)",
        "{type: polynomial, initial_value: 0.1, final_value: 0.001, power: 2, end_steps: 800}",
        "for the documented `cycle`, see [Keras](#keras); version 2.10.0 has no cycles and stays at "
        "`end_learning_rate`",
    ),
    Row(
        "LinearLR(0.1, 0.001, total_iters=800)",
        "{type: linear, initial_value: 0.1, final_value: 0.001, end_steps: 800}",
    ),
    Row(
        "ExponentialLR(0.1, total_iters=300, decay_rate=0.5)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 300}",
        "after the end of the run, Cerebras continues; ours stays constant",
    ),
    Row(
        "ExponentialLR(0.1, total_iters=300, decay_rate=0.5, staircase=True)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.5, decay_steps: 300, staircase: true}",
        "as above",
    ),
    Row(
        "InverseExponentialTimeDecayLR(0.1, step_exponent=1, total_iters=100, decay_rate=0.5, staircase=True)",
        "{type: inverse_time, initial_value: 0.1, decay_rate: 0.5, decay_steps: 100, staircase: true}",
        "as above",
    ),
    Row(
        "InverseExponentialTimeDecayLR(0.1, step_exponent=2, total_iters=10000, decay_rate=0.5)",
        "{type: inverse_time, initial_value: 0.1, decay_rate: 0.5, decay_steps: 100, step_exponent: 2}",
        "in Cerebras, the exponent applies to the steps, and in ours to the periods: our `decay_steps` is "
        "`total_iters ** (1 / step_exponent)`; there is no config for `staircase` with an exponent above 1",
    ),
    Row(
        "InverseSquareRootDecayLR(0.1, scale=1.0, warmup_steps=100)",
        "{type: inverse_sqrt, initial_value: 0.01, timescale_steps: 100, warmup_steps: 100, warmup_start_factor: 1}",
        "its warmup is constant; our `initial_value` is `initial_learning_rate * scale / sqrt(warmup_steps)`",
    ),
    Row(
        "CosineDecayLR(0.1, 0.001, total_iters=800)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001, end_steps: 800}",
    ),
    Row(
        "CosineAnnealingLR(0.1, T_max=1000, eta_min=0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001}",
        "after `T_max`, Cerebras rises again; ours stays constant",
    ),
    Row(
        "CosineAnnealingWarmRestarts(0.1, T_0=250, eta_min=0.001)",
        "{type: cosine_restarts, initial_value: 0.1, final_value: 0.001, cycles: 4}",
        "at the last step, Cerebras has started another cycle; ours ends the last one. Version 2.10.0 differs after "
        "the first cycle: see the notes after this table",
        last=999,
    ),
    Row(
        "SequentialLR([LinearLR(0.01, 0.1, 200), CosineDecayLR(0.1, 0.001, 800)], [200])",
        "[{type: linear, initial_value: 0.01, final_value: 0.1, steps: 200}, "
        "{type: cosine, initial_value: 0.1, final_value: 0.001, steps: 800}]",
    ),
    Row(
        "PiecewiseConstantLR([0.1, 0.05, 0.01], [300, 700])",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.01], milestone_steps: [300, 700]}",
    ),
    Row(
        "MultiStepLR(0.1, gamma=0.3, milestones=[200, 500])",
        "{type: multi_step, initial_value: 0.1, gamma: 0.3, milestone_steps: [200, 500]}",
    ),
    Row(
        "StepLR(0.1, step_size=300, gamma=0.5)",
        "{type: step, initial_value: 0.1, gamma: 0.5, period_steps: 300}",
    ),
    Row(
        "LambdaLR(0.1, lambda step: 0.99 ** step)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.99, decay_steps: 1}",
        "write `set_lr_lambda` as [a function](#your-own-functions)",
    ),
    Row(
        "MultiplicativeLR(0.1, coefficient=0.995)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.995, decay_steps: 1}",
    ),
    Row(
        "ChainedScheduler([LinearLR(0.1, 0.05, 500), ExponentialLR(1.0, 1, 0.999)])",
        "{type: product, parts: [{type: linear, initial_value: 0.1, final_value: 0.05, end_steps: 500}, "
        "{type: exponential, initial_value: 1, decay_rate: 0.999, decay_steps: 1}]}",
    ),
    Row(
        "CyclicLR(0.01, 0.1, 100, 150, 'triangular')",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100, down_steps: 150}",
    ),
    Row(
        "CyclicLR(0.01, 0.1, 100, 150, 'triangular2')",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100, down_steps: 150, mode: triangular2}",
    ),
    Row(
        "CyclicLR(0.01, 0.1, 100, 150, 'exp_range', gamma=0.5 ** (1 / 250))",
        "{type: cyclic, initial_value: 0.01, peak_value: 0.1, up_steps: 100, down_steps: 150, mode: exp_range, "
        "gamma: 0.5}",
        "`gamma` of Cerebras is per step, ours is per cycle: `gamma ** (step_size_up + step_size_down)`",
    ),
    Row(
        "OneCycleLR(0.004, max_lr=0.1, total_steps=1000)",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 299}",
        "as in torch; our `div_factor` is `max_lr / initial_learning_rate`",
        last=999,
        total_steps=999,
    ),
    Row(
        "OneCycleLR(0.01, max_lr=0.1, total_steps=1000, three_phase=True, anneal_strategy='linear')",
        "{type: one_cycle, initial_value: 0.1, warmup_steps: 299, div_factor: 10, phases: 3, shape: linear}",
        "as above",
        last=999,
        total_steps=999,
    ),
]
