"""RLlib trains with the points of its page, and each update has the rate of the lines between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from ray.rllib.algorithms.algorithm import Algorithm

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from tests.libraries.recording import rate_of, recorded
from tests.libraries.running import run_page

STEPS_OF_AN_UPDATE, UPDATES = 256, 8

Update = list[tuple[float, float]]
"""The learning rate and the entropy coefficient of each optimizer step of an update."""


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Start Ray on this machine alone, without the token that it would write into the home folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def page() -> dict[str, Any]:
    """Run the page, and make its run a short one in this process, where the optimizer can be looked at."""
    names = run_page("rllib")
    config = names["config"].env_runners(num_env_runners=0).learners(num_learners=0)
    config.training(train_batch_size=STEPS_OF_AN_UPDATE, minibatch_size=128, num_epochs=2)
    assert names["total_steps"] == STEPS_OF_AN_UPDATE * UPDATES
    return names


def updates_of(algorithm: Any) -> Iterator[Update]:
    """Train, one update at a time."""
    schedulers = algorithm.learner_group._learner.entropy_coeff_schedulers_per_module
    while True:
        with recorded(
            lambda optimizer: (rate_of(optimizer), float(schedulers["default_policy"].get_current_value()))
        ) as seen:
            algorithm.train()
        yield seen


def train(algorithm: Any, updates: int) -> list[Update]:
    return list(itertools.islice(updates_of(algorithm), updates))


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return page()


@pytest.fixture(scope="module")
def whole(names: dict[str, Any]) -> list[Update]:
    """The updates of a run that goes on for two updates after its schedules have ended."""
    return train(names["config"].build_algo(), UPDATES + 2)


def line(points: Any, update: int) -> float:
    """Return the height of the lines between points at the steps sampled before an update."""
    steps, values = zip(*points, strict=True)
    return float(np.interp(update * STEPS_OF_AN_UPDATE, steps, values))


def test_each_update_has_the_learning_rate_of_the_lines_and_is_within_the_tolerance_of_the_schedule(
    names: dict[str, Any], whole: list[Update]
) -> None:
    points, schedule, total = names["config"].lr, names["schedule"], names["total_steps"]
    for update, seen in enumerate(whole):
        (rate,) = {at_step for at_step, _ in seen}
        assert rate == pytest.approx(line(points, update), rel=1e-12, abs=0.0)
        assert abs(rate - schedule(1 - update * STEPS_OF_AN_UPDATE / total)) <= 1e-3 * schedule.sample(1001).max()


def test_each_update_has_the_entropy_coefficient_of_the_schedule_in_32_bits(whole: list[Update]) -> None:
    for update, seen in enumerate(whole):
        assert {coefficient for _, coefficient in seen} == {float(np.float32(0.01 * max(0.0, 1 - update / UPDATES)))}


def test_past_the_last_point_its_value_holds(whole: list[Update]) -> None:
    assert {pair for seen in whole[UPDATES:] for pair in seen} == {(0.0, 0.0)}


def test_a_jump_of_a_schedule_is_a_jump_of_the_learning_rate(names: dict[str, Any]) -> None:
    schedule = BaseLRSchedule.create({"type": "step", "initial_value": 1e-3, "gamma": 0.5, "period_fraction": 0.25})
    points = schedule.to_points(4 * STEPS_OF_AN_UPDATE)
    assert len([step for step, _ in points if step % STEPS_OF_AN_UPDATE == 0]) == 5
    config = names["config"].copy(copy_frozen=False).training(lr=points)
    for update, seen in enumerate(train(config.build_algo(), 4)):
        (rate,) = {at_step for at_step, _ in seen}
        assert abs(rate - 1e-3 * 0.5**update) <= 1e-6


@pytest.mark.parametrize("restore", ["from_checkpoint", "restore_from_path"])
def test_a_resumed_run_of_rllib_goes_on_with_the_values_of_the_whole_run(
    names: dict[str, Any], whole: list[Update], tmp_path: Path, restore: str
) -> None:
    first = names["config"].build_algo()
    begun = train(first, 4)
    first.save_to_path(tmp_path)
    if restore == "from_checkpoint":
        second = Algorithm.from_checkpoint(tmp_path)
    else:
        second = names["config"].build_algo()
        second.restore_from_path(tmp_path)
    names["go_on"](second)
    assert begun + train(second, 4) == whole[:UPDATES]


def test_without_the_lines_of_the_page_the_first_entropy_coefficient_after_a_restore_is_that_of_step_0(
    names: dict[str, Any], whole: list[Update], tmp_path: Path
) -> None:
    first = names["config"].build_algo()
    train(first, 4)
    first.save_to_path(tmp_path)
    (seen,) = train(Algorithm.from_checkpoint(tmp_path), 1)
    assert {coefficient for _, coefficient in seen} == {coefficient for _, coefficient in whole[0]}
    assert {rate for rate, _ in seen} == {rate for rate, _ in whole[4]}


def test_a_mistake_in_a_config_is_told_before_rllib_sees_it() -> None:
    with pytest.raises(ScheduleConfigError, match="did you mean 'initial_value'"):
        BaseLRSchedule.create({"type": "cosine", "inital_value": 3e-4}).to_points(1_000)
    with pytest.raises(ScheduleConfigError, match="total_steps"):
        BaseLRSchedule.create([[0, 3e-4], [1_000, 0]])
