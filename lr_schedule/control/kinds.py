"""The types of controllers, one class for each rule."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from lr_schedule.control.controller import Controller, State
from lr_schedule.control.levels import Level, at
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import NumberRule, Value, required

Factor = Annotated[float, NumberRule(gt=1)]
Band = Annotated[float, NumberRule(ge=1)]


class KLController(Controller):
    """Keeps the KL divergence of an update near a target by scaling the learning rate.

    Use it with PPO and similar algorithms if you do not know the best learning rate, which depends on the task and
    changes during the run. In the studies of this project, PPO with this controller had nearly the same scores at two
    rates, one three times the other.

    Formula:
        ``scale / factor`` if the KL is above ``band * target_kl``, and ``scale * factor`` if it is below ``target_kl /
        band``.

    Args:
        schedule: The learning rate to scale, in any form that `BaseLRSchedule.create` accepts. Required.
        target_kl: Target of the KL divergence per update. It must be above 0. Default: 0.01.
        band: Factor by which the KL may be above or below the target. Range: >= 1. Default: 2.0.
        factor: Factor by which one step divides or multiplies the scale. Range: > 1. Default: 1.5.
        on_zero: Effect of a KL of 0 or below: none (``hold``, as in rsl_rl and Brax) or a step up (``raise``, as in
            skrl, rl_games and sample-factory). Range: ``hold``, ``raise``. Default: ``hold``.
        minimum: Lower bound of the learning rate. Default: 1e-06.
        maximum: Upper bound of the learning rate. Default: 0.01.
        during_warmup: Whether the KL counts during the warmup of the schedule. Default: False.

    A KL that is NaN or infinite counts as too high.

    Example:
        >>> controller = KLController(schedule=0.001)
        >>> controller.observe(0.001, progress_remaining=0.5)
        >>> controller(0.5)
        0.0015

    Source:
        Schulman et al. 2017, arXiv 1707.06347 (the adaptive penalty); rsl_rl applies the rule to the learning rate.
    """

    type = "kl"

    target_kl: Level = 0.01
    band: Band = 2.0
    factor: Factor = 1.5
    on_zero: Literal["hold", "raise"] = "hold"
    minimum: Level = 1e-6
    maximum: Level = 1e-2

    def check(self) -> None:
        """Reject a target that is not above 0, which no divergence reaches."""
        super().check()
        if isinstance(self.target_kl, float) and self.target_kl <= 0.0:
            raise ScheduleConfigError.at("target_kl", self.target_kl, "must be a finite number > 0 or a schedule")

    def judge(self, state: State, metric: Any, progress_remaining: Any, xp: Any) -> tuple[State, Any]:
        target = at(self.target_kl, progress_remaining)
        low = (metric < target / self.band) & ((metric > 0.0) | (self.on_zero == "raise"))
        within = xp.isfinite(metric) & (metric <= target * self.band)
        return {}, xp.where(within, xp.where(low, 1.0, 0.0), -1.0)

    def raised(self, scale: Any) -> Any:
        return scale * self.factor

    def lowered(self, scale: Any) -> Any:
        return scale / self.factor


class TargetController(Controller):
    """Keeps any metric near a goal by scaling a value that affects it.

    Use it for an entropy, a clip fraction or a success rate that should be constant or follow a schedule: for example,
    to keep the policy of PPO random enough by scaling the entropy coefficient.

    Formula:
        If the metric is above ``goal * band``: ``scale / factor`` for the direction ``down``, ``scale * factor`` for
        ``up``. If it is below ``goal / band``, the opposite.

    Args:
        schedule: The value to scale, in any form that `BaseLRSchedule.create` accepts. Required.
        goal: Goal of the metric. A number may have any sign. Required.
        band: Factor by which the metric may be above or below the goal. Range: >= 1. Default: 1.1.
        factor: Factor by which one step divides or multiplies the scale. Range: > 1. Default: 1.1.
        direction: Direction of the value if the metric is above its goal. Range: ``down``, ``up``. Default: ``down``.
        minimum: Lower bound of the value. By default, a hundredth of the schedule. Default: None.
        maximum: Upper bound of the value. By default, a hundred times the schedule. Default: None.
        during_warmup: Whether the metric counts during the warmup of the schedule. Default: False.

    A metric that is NaN or infinite changes nothing.

    Example:
        >>> controller = TargetController(schedule=0.01, goal=0.5, factor=2.0)
        >>> controller.observe(0.9, progress_remaining=0.5)
        >>> controller(0.5)
        0.005
    """

    type = "target"
    reach = 100.0

    goal: Level = required()
    band: Band = 1.1
    factor: Factor = 1.1
    direction: Literal["down", "up"] = "down"
    minimum: Level = None

    def judge(self, state: State, metric: Any, progress_remaining: Any, xp: Any) -> tuple[State, Any]:
        goal = at(self.goal, progress_remaining)
        # For a negative goal, goal * band is below goal / band.
        ends = goal * self.band, goal / self.band
        lowest, highest = xp.minimum(*ends), xp.maximum(*ends)
        above = -1.0 if self.direction == "down" else 1.0
        direction = xp.where(metric > highest, above, xp.where(metric < lowest, -above, 0.0))
        return {}, xp.where(xp.isfinite(metric), direction, 0.0)

    raised = KLController.raised
    lowered = KLController.lowered


class PlateauController(Controller):
    """Lowers a value when a metric stops improving.

    Use it with a metric that has little noise, such as the mean reward of an evaluation or a mean over many episodes,
    if you do not know how long the run must be.

    Formula:
        ``scale * factor`` after ``patience + 1`` observations in a row without an improvement. An observation is an
        improvement if it is better than the best one by more than ``threshold * abs(best)``.

    Args:
        schedule: The value to scale, in any form that `BaseLRSchedule.create` accepts. Required.
        mode: Whether a larger metric is better (``max``) or a smaller one (``min``). Range: ``max``, ``min``. Default:
            ``max``.
        factor: Factor by which one step multiplies the scale. Range: (0, 1). Default: 0.5.
        patience: Number of observations in a row without an improvement that change nothing; the next one lowers the
            value. torch counts in the same way; Keras and optax act one observation earlier. Range: whole number >= 0.
            Default: 10.
        threshold: Fraction of ``abs(best)`` by which an observation must beat the best one. It works for negative
            returns too; the rule of torch and optax, ``best * (1 + threshold)``, does not. Range: >= 0. Default:
            0.0001.
        cooldown: Number of observations after a step down that do not count as bad. Range: whole number >= 0. Default:
            0.
        smoothing: Number of observations whose mean counts as one. Range: whole number >= 1. Default: 1.
        minimum: Lower bound of the value. Default: 0.0.
        maximum: Upper bound of the value. By default, there is none. Default: None.
        during_warmup: Whether the metric counts during the warmup of the schedule. Default: False.

    A metric that is NaN or infinite is not an improvement, and ends the mean of ``smoothing`` observations early.

    Example:
        >>> controller = PlateauController(schedule=0.01, patience=1)
        >>> for reward in (10.0, 10.0, 10.0):
        ...     controller.observe(reward, progress_remaining=0.5)
        >>> controller(0.5)
        0.005
    """

    type = "plateau"
    memory: ClassVar[State] = {"best": 0.0, "seen": 0.0, "bad": 0.0, "cooling": 0.0, "total": 0.0, "count": 0.0}

    mode: Literal["max", "min"] = "max"
    factor: Annotated[float, NumberRule(gt=0, lt=1)] = 0.5
    patience: Annotated[int, NumberRule(ge=0)] = 10
    threshold: Value = 1e-4
    cooldown: Annotated[int, NumberRule(ge=0)] = 0
    smoothing: Annotated[int, NumberRule(ge=1)] = 1

    def judge(self, state: State, metric: Any, progress_remaining: Any, xp: Any) -> tuple[State, Any]:
        total, count = state["total"] + metric, state["count"] + 1.0
        # NaN and infinity end the mean immediately, so that they are never in the state: JSON has no such numbers.
        complete, mean = (count >= self.smoothing) | xp.logical_not(xp.isfinite(metric)), total / count
        gain = (mean - state["best"]) * (1.0 if self.mode == "max" else -1.0)
        better = xp.isfinite(mean) & ((state["seen"] < 1.0) | (gain > self.threshold * abs(state["best"])))
        cooling = state["cooling"] > 0.0
        bad = xp.where(better | cooling, 0.0, state["bad"] + 1.0)
        falls = bad > self.patience
        judged = {
            "best": xp.where(better, mean, state["best"]),
            "seen": xp.where(better, 1.0, state["seen"]),
            "bad": xp.where(falls, 0.0, bad),
            "cooling": xp.where(falls, float(self.cooldown), state["cooling"] - xp.where(cooling, 1.0, 0.0)),
            "total": 0.0,
            "count": 0.0,
        }
        waiting = {**state, "total": total, "count": count}
        changes = {name: xp.where(complete, new, waiting[name]) for name, new in judged.items()}
        return changes, xp.where(complete & falls, -1.0, 0.0)

    def lowered(self, scale: Any) -> Any:
        return scale * self.factor
