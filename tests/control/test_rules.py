"""What a metric does to the scale: the rule of each kind, held against the same rule as other libraries state it."""

from __future__ import annotations

import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lr_schedule.control import PlateauController, TargetController, create_controller
from tests.control import libraries

KLS = [math.exp(random.Random(seed).uniform(-8.0, -2.0)) for seed in range(10_000)]


PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## KL-adaptive and plateau schedulers\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `(\w+\(.*?\))` \| `(\{.*?\})` \|", SECTION, re.MULTILINE)
"""The rules of other libraries and our configs, as the page has them."""


def metrics_for(config: dict[str, Any]) -> list[float]:
    """Return metrics that move the rate both ways, or that improve for a while and then stay where they are."""
    if config["controller"] == "kl":
        return [*KLS, *[0.0] * 100]
    draw = random.Random(0)
    levels = [draw.uniform(1.0, 2.0) + min(step, 60) / 20.0 for step in range(150)]
    return [20.0 - level for level in levels] if config.get("mode") == "min" else levels


@pytest.mark.parametrize(("call", "written"), ROWS, ids=[call for call, _ in ROWS])
def test_a_controller_gives_the_rates_of_the_rule_of_another_library(call: str, written: str) -> None:
    if call.startswith("sbx"):
        pytest.importorskip("sbx")
    config = yaml.safe_load(written)
    theirs: libraries.Observe = eval(call, vars(libraries).copy())
    controller = create_controller(config)
    rates = set()
    for metric in metrics_for(config):
        controller.observe(metric, 0.5)
        expected = theirs(metric)
        rates.add(round(expected, 12))
        assert controller(0.5) == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert len(rates) > 3


def test_the_page_has_the_rules_of_seven_libraries_and_of_three_plateau_classes() -> None:
    names = {call.partition("(")[0] for call, _ in ROWS}
    kl = {"rsl_rl", "brax", "torchrl", "skrl", "rl_games", "sample_factory", "sbx"}
    assert names == kl | {"torch_plateau", "keras_plateau", "optax_plateau"}


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
