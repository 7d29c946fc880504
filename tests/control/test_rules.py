"""What a metric does to the scale: the rule of each kind, held against the same rule as other libraries state it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lr_schedule.control import KLController, PlateauController, TargetController

KLS = [math.exp(random.Random(seed).uniform(-8.0, -2.0)) for seed in range(10_000)]


def rule_of_rsl_rl(rate: float, kl: float) -> float:
    """Restate `rsl_rl.algorithms.PPO`, which holds at a KL of 0 (read in version 5.5)."""
    if kl > 0.01 * 2.0:
        return max(1e-5, rate / 1.5)
    return min(1e-2, rate * 1.5) if 0.0 < kl < 0.01 / 2.0 else rate


def rule_of_rl_games(rate: float, kl: float) -> float:
    """Restate `rl_games.common.schedulers.AdaptiveScheduler`, which skrl's `KLAdaptiveLR` equals (1.6 and 2.1)."""
    if kl > 2.0 * 0.008:
        rate = max(rate / 1.5, 1e-6)
    if kl < 0.5 * 0.008:
        rate = min(rate * 1.5, 1e-2)
    return rate


def rule_of_sbx(rate: float, kl: float) -> float:
    """Restate `sbx.common.utils.KLAdaptiveLR`, which clips after every step."""
    if kl > 0.02 * 2.0:
        rate /= 1.5
    elif kl < 0.02 / 2.0:
        rate *= 1.5
    return min(max(rate, 1e-5), 1e-2)


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (rule_of_rsl_rl, {"target_kl": 0.01, "minimum": 1e-5}),
        (rule_of_rl_games, {"target_kl": 0.008, "on_zero": "raise"}),
        (rule_of_sbx, {"target_kl": 0.02, "minimum": 1e-5, "on_zero": "raise"}),
    ],
)
@pytest.mark.parametrize("zeros", [0, 100])
def test_kl_gives_the_rates_of_the_rule_of_other_libraries(
    rule: Callable[[float, float], float], fields: dict[str, Any], zeros: int
) -> None:
    controller, rate = KLController(schedule=3e-4, **fields), 3e-4
    for kl in [*KLS, *[0.0] * zeros]:
        rate = rule(rate, kl)
        controller.observe(kl, 0.5)
        assert controller(0.5) == pytest.approx(rate, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("mode", ["max", "min"])
@pytest.mark.parametrize("patience", [0, 3])
@pytest.mark.parametrize("cooldown", [0, 2])
@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.05])
def test_plateau_gives_the_rates_of_torch_for_positive_metrics(
    mode: Any, patience: int, cooldown: int, threshold: float
) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    theirs = ReduceLROnPlateau(
        optimizer,
        mode=mode,
        factor=0.7,
        patience=patience,
        threshold=threshold,
        cooldown=cooldown,
        min_lr=1e-9,
        eps=0.0,
    )
    ours = PlateauController(
        schedule=0.1, mode=mode, factor=0.7, patience=patience, threshold=threshold, cooldown=cooldown, minimum=1e-9
    )
    draw = random.Random(0)
    for step in range(300):
        trend = step / 50.0 if mode == "max" else 50.0 / (step + 1.0)
        metric = trend + draw.random() + 1.0
        theirs.step(metric)
        ours.observe(metric, 0.5)
        assert ours(0.5) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12, abs=0.0)
    assert ours(0.5) < 0.1


def test_plateau_sees_that_a_negative_return_does_not_improve() -> None:
    controller = PlateauController(schedule=0.1, patience=10)
    for _ in range(12):
        controller.observe(-200.0, 0.5)
    assert controller(0.5) == 0.05


def test_plateau_lets_as_many_bad_observations_pass_as_its_patience() -> None:
    controller = PlateauController(schedule=0.1, patience=3)
    scales = []
    for reward in (1.0, 1.0, 1.0, 1.0, 1.0):
        controller.observe(reward, 0.5)
        scales.append(controller.scale)
    assert scales == [1.0, 1.0, 1.0, 1.0, 0.5]


def test_plateau_judges_means_of_as_many_observations_as_smoothing_says() -> None:
    controller = PlateauController(schedule=0.1, patience=0, smoothing=3)
    scales = []
    for reward in (1.0, 2.0, 3.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0):
        controller.observe(reward, 0.5)
        scales.append(controller.scale)
    assert scales == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("goal", "metric", "above"),
    [
        (1.0, 1.21, True),
        (1.0, 0.9, False),
        (-1.0, -0.9, True),
        (-1.0, -1.21, False),
        (0.0, 0.1, True),
        (0.0, -0.1, False),
    ],
)
def test_target_lowers_a_value_above_its_goal_and_raises_one_below(goal: float, metric: float, above: bool) -> None:
    expectations: list[tuple[Any, float]] = [("down", 0.5 if above else 2.0), ("up", 2.0 if above else 0.5)]
    for direction, expected in expectations:
        controller = TargetController(schedule=0.1, goal=goal, factor=2.0, direction=direction)
        controller.observe(metric, 0.5)
        assert controller.scale == expected


@pytest.mark.parametrize(("goal", "metric"), [(1.0, 1.1), (1.0, 0.91), (-1.0, -1.09), (-1.0, -0.92), (0.0, 0.0)])
def test_target_holds_within_its_band(goal: float, metric: float) -> None:
    controller = TargetController(schedule=0.1, goal=goal, factor=2.0)
    controller.observe(metric, 0.5)
    assert controller.scale == 1.0


def test_target_follows_a_goal_that_is_a_schedule() -> None:
    goal = {"type": "linear", "initial_value": 1.0}
    controller = TargetController(schedule=0.1, goal=goal, factor=2.0)
    controller.observe(0.5, 1.0)
    assert controller.scale == 2.0
    controller.observe(0.5, 0.25)
    assert controller.scale == 1.0


def test_without_bounds_of_its_own_target_stays_within_a_hundred_times_its_schedule() -> None:
    controller = TargetController(schedule={"type": "linear", "initial_value": 0.1}, goal=1.0, factor=10.0)
    for _ in range(5):
        controller.observe(9.0, 0.5)
    assert controller(0.5) == pytest.approx(0.0005, rel=1e-12, abs=0.0)
    for _ in range(9):
        controller.observe(0.1, 0.5)
    assert controller(0.5) == pytest.approx(5.0, rel=1e-12, abs=0.0)
