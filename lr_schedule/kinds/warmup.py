"""Types that consist of stages: a warmup, a plateau, a decay.

Notation: ``p`` is progress_remaining and ``t = 1 - p`` the elapsed fraction of the run. Every type can have the warmup
of `BaseLRSchedule`; the types of this module have one by default.
"""

from __future__ import annotations

from typing import Annotated, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.fields import QUIET, Fraction, OpenFraction, PartialFraction, PositiveFraction, PositiveNumber, Value
from lr_schedule.kinds.checks import require, require_ends_above_zero
from lr_schedule.kinds.decay import CosineAnnealingLRSchedule
from lr_schedule.kinds.shapes import BY_RATIO, DecayShape, decayed, exponential
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import TICK, tick


class CosineWarmupLRSchedule(CosineAnnealingLRSchedule):
    """A linear warmup to initial_value, then half a cosine wave to final_value.

    Use it for deep networks and networks with attention, where a large first update can ruin the policy. Make the
    warmup longer than several updates. For small networks, a warmup helped in one of the eight studies of this project
    (SAC at a good rate); in the others, no difference was seen.

    Formula:
        ``initial_value * t / warmup_fraction`` up to ``t = warmup_fraction``, then the cosine of
        `CosineAnnealingLRSchedule` over the remaining ``1 - warmup_fraction``.

    Args:
        initial_value: Value at the peak, the end of the warmup. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. Range: >= 0. Default: 0.0.
        k: Exponent of the elapsed fraction of the cosine (k-decay). Above 1, the value stays high for longer. Range: >
            0. Default: 1.0.
        warmup_fraction: Fraction of the run for the warmup. Range: (0, 1). Default: 0.1. In steps: ``warmup_steps``.

    Example:
        >>> CosineWarmupLRSchedule(initial_value=0.001, warmup_fraction=0.5).sample(5).round(6).tolist()
        [0.0, 0.0005, 0.001, 0.0005, 0.0]

    Source:
        Goyal et al. 2017, arXiv 1706.02677, section 2.2 (warmup); Loshchilov and Hutter 2016, arXiv 1608.03983.
    """

    type = "cosine_warmup"

    warmup_fraction: OpenFraction = 0.1

    _curve = CosineAnnealingLRSchedule.func  # the curve after the warmup

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        return self._in_time(progress_remaining, xp)


class WarmupStableDecayLRSchedule(BaseLRSchedule):
    """A linear warmup, a long plateau, and a short decay at the end (WSD).

    Use it if you may extend the run: you can lengthen the plateau, because only the decay depends on the end of the
    run. In the studies of this project, all of them short runs, its final score at a good rate was closer to that of
    the constant than those of `linear` to 0 and `cosine`.

    Formula:
        After the plateau: ``final_value + (v - final_value) * g(l)``, where l is the fraction of the decay that is left
        and v is ``initial_value * decay_start_factor``. g(l) is ``l`` (linear), ``sin(pi / 2 * l) ** 2`` (cosine), ``2
        * l - sin(pi / 2 * l) ** 2`` (mirrored_cosine), ``1 - sqrt(1 - l)`` (1-sqrt, sqrt) or ``1 - (1 - l) ** 2``
        (1-square, square). Two shapes have another formula: ``v ** l * final_value ** (1 - l)`` (exponential) and ``1 /
        (l / v + (1 - l) / final_value)`` (inverse_linear).

    Args:
        initial_value: Value of the plateau. Range: >= 0. Default: 0.001.
        final_value: Value at the end of training. For the shapes ``exponential`` and ``inverse_linear``, it must be
            above 0. Range: >= 0. Default: 0.0.
        warmup_fraction: Fraction of the run for the warmup. Range: [0, 1). Default: 0.1. In steps: ``warmup_steps``.
        decay_fraction: Fraction of the run for the decay at its end. Range: (0, 1]. Default: 0.1. In steps:
            ``decay_steps``.
        decay_shape: Shape of the decay. ``sqrt`` is another name for ``1-sqrt``, and ``square`` for ``1-square``.
            Range: ``linear``, ``cosine``, ``mirrored_cosine``, ``1-sqrt``, ``sqrt``, ``1-square``, ``square``,
            ``exponential``, ``inverse_linear``. Default: ``linear``.
        decay_start_factor: Value at the start of the decay, as a fraction of the plateau. With 0.7 and the shape
            ``linear``, the curve is the lowered line of Dremov et al. Range: (0, 1]. Default: 1.0.

    Example:
        >>> WarmupStableDecayLRSchedule(initial_value=0.001, decay_fraction=0.2)(0.1)
        0.0005

    Source:
        Hu et al. 2024, arXiv 2404.06395; Haegele et al. 2024, arXiv 2405.18392 (1-sqrt); Dremov et al.
        2025, arXiv 2508.01483 (square, mirrored cosine, lowered line); DeePMD-kit (inverse_linear).
    """

    type = "warmup_stable_decay"

    final_value: Value = 0.0
    warmup_fraction: PartialFraction = 0.1
    decay_fraction: PositiveFraction = 0.1
    decay_shape: DecayShape = "linear"
    decay_start_factor: Annotated[PositiveFraction, QUIET] = 1.0

    def check(self) -> None:
        """Reject stages that overlap, and a decay by a ratio to or from 0."""
        super().check()
        fits = self.warmup_fraction + self.decay_fraction <= self.end_fraction + TICK
        message = f"does not fit between warmup_fraction, {self.warmup_fraction}, and the end, {self.end_fraction}"
        require(fits, "decay_fraction", self.decay_fraction, message)
        if self.decay_shape in BY_RATIO:
            require_ends_above_zero(self.decay_shape, self.initial_value, self.final_value)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        to_end = progress_remaining * self._span
        left = xp.clip(to_end / self.decay_fraction, 0.0, 1.0)
        if self.decay_start_factor == 1.0:
            return decayed(self.decay_shape, left, self.initial_value, self.final_value, xp)
        value = decayed(self.decay_shape, left, self.initial_value * self.decay_start_factor, self.final_value, xp)
        return xp.where(to_end <= self.decay_fraction + tick(to_end, xp), value, self.initial_value)


class TriStageLRSchedule(BaseLRSchedule):
    """A linear warmup, a plateau and an exponential decay; after the decay, the value is constant.

    Use it to train as speech models such as wav2vec 2.0 are trained, or if the value is to stay constant after an
    exponential decay. If the run ends with the decay, `warmup_stable_decay` has this shape and others.

    Formula:
        After the plateau: ``initial_value ** l * final_value ** (1 - l)``, where l is the fraction of the decay that is
        left.

    Args:
        initial_value: Value of the plateau. Range: > 0. Default: 0.001.
        final_value: Value after the decay. Range: > 0. Default: 1e-05.
        warmup_fraction: Fraction of the run for the warmup. Range: [0, 1). Default: 0.1. In steps: ``warmup_steps``.
        warmup_start_factor: Value at the start of the warmup, as a fraction of initial_value. Range: [0, 1]. Default:
            0.01.
        hold_fraction: Fraction of the run for the plateau. Range: [0, 1]. Default: 0.4. In steps: ``hold_steps``.
        decay_fraction: Fraction of the run for the decay. Range: (0, 1]. Default: 0.5. In steps: ``decay_steps``.

    Example:
        >>> round(TriStageLRSchedule(initial_value=0.001)(0.25), 9)
        0.0001

    Source:
        Park et al. 2019, arXiv 1904.08779, section 3.2; the default stages are those of wav2vec 2.0 in fairseq.
    """

    type = "tri_stage"

    initial_value: PositiveNumber = 0.001
    final_value: PositiveNumber = 0.00001
    warmup_fraction: PartialFraction = 0.1
    warmup_start_factor: Fraction = 0.01
    hold_fraction: Fraction = 0.4
    decay_fraction: PositiveFraction = 0.5

    def check(self) -> None:
        """Reject stages that are longer than the run."""
        super().check()
        stages = self.warmup_fraction + self.hold_fraction + self.decay_fraction
        message = f"its sum with warmup_fraction and hold_fraction is {stages}, past the end, {self.end_fraction}"
        require(stages <= self.end_fraction + TICK, "decay_fraction", self.decay_fraction, message)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        into_decay = (self.elapsed(progress_remaining) - self.hold_fraction) / self.decay_fraction
        return exponential(1.0 - xp.clip(into_decay, 0.0, 1.0), self.initial_value, self.final_value)
