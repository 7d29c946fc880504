"""Brax trains with the lines of its page, and each gradient step has the rate of the schedule, in 32 bits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from brax import envs
from brax.training.agents.ppo import train as ppo
from brax.training.agents.sac import train as sac

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from tests.libraries.rates_of_optax import ROUNDING, Step, recorded_adam
from tests.libraries.running import run_page

PEAK = 3e-4
SCHEDULE = BaseLRSchedule.create({"type": "cosine_warmup", "initial_value": PEAK, "warmup_fraction": 0.25})
GRADIENT_STEPS = 6 * 2 * 4


@pytest.fixture(scope="module")
def run() -> tuple[dict[str, Any], list[Step]]:
    """The names that the page leaves, and the steps of its training."""
    with recorded_adam() as steps:
        names = run_page("brax", environment=envs.get_environment("fast"))
    return names, sorted(steps)


def require_rates(steps: list[Step], total: int, *, done: int = 0) -> None:
    assert [step.made for step in steps] == list(range(total - done))
    for count, rate in steps:
        assert math.isclose(rate, SCHEDULE(1 - (done + count) / total), rel_tol=0.0, abs_tol=ROUNDING * PEAK)


def test_each_gradient_step_of_ppo_has_the_rate_of_the_schedule(run: tuple[dict[str, Any], list[Step]]) -> None:
    names, steps = run
    assert names["schedule"] == SCHEDULE
    assert names["gradient_steps"] == GRADIENT_STEPS
    require_rates(steps, GRADIENT_STEPS)


def test_a_resumed_run_of_brax_goes_on_with_the_rates_of_the_whole_run(run: tuple[dict[str, Any], list[Step]]) -> None:
    names, _ = run
    done = GRADIENT_STEPS // 2
    settings = {**names["settings"], "num_timesteps": names["settings"]["num_timesteps"] // 2}
    with recorded_adam() as steps:
        ppo.train(
            environment=envs.get_environment("fast"),
            learning_rate=names["rest_of"](done),
            restore_params=names["params"],
            run_evals=False,
            **settings,
        )
    require_rates(sorted(steps), GRADIENT_STEPS, done=done)


def test_the_updates_are_rounded_up_for_each_part_of_a_run(run: tuple[dict[str, Any], list[Step]]) -> None:
    names, _ = run
    settings = {**names["settings"], "num_timesteps": 170}
    with recorded_adam() as steps:
        ppo.train(
            environment=envs.get_environment("fast"),
            learning_rate=1e-3,
            num_evals=3,
            num_resets_per_eval=2,
            run_evals=False,
            **settings,
        )
    assert len(steps) == names["updates_of"](170, 4 * 5 * 4, num_evals=3, num_resets_per_eval=2) * 2 * 4 == 4 * 8


def test_ppo_refuses_a_function_that_is_no_number(run: tuple[dict[str, Any], list[Step]]) -> None:
    names, _ = run
    with pytest.raises(TypeError, match="not a valid JAX array type"):
        ppo.train(environment=envs.get_environment("fast"), learning_rate=names["rate_at"], **names["settings"])


def test_sac_takes_the_function_for_its_actor_and_its_critic() -> None:
    total = 12
    with recorded_adam() as steps:
        sac.train(
            environment=envs.get_environment("fast"),
            learning_rate=SCHEDULE.to_steps(total),
            num_timesteps=32,
            episode_length=16,
            num_envs=4,
            batch_size=4,
            min_replay_size=8,
            grad_updates_per_step=2,
            num_evals=1,
            num_eval_envs=1,
        )
    (fixed,) = {round(rate, 9) for count, rate in steps if count == 0 and rate > 0.0}
    assert fixed == PEAK  # that of the entropy coefficient
    assert len(steps) == 3 * total
    for count, rate in steps:
        expected = {SCHEDULE(1 - count / total), fixed}
        assert min(abs(rate - each) for each in expected) <= ROUNDING * PEAK


def test_a_mistake_in_a_config_is_told_before_brax_sees_it() -> None:
    with pytest.raises(ScheduleConfigError, match="did you mean 'initial_value'"):
        BaseLRSchedule.create({"type": "cosine", "inital_value": PEAK}).to_steps(GRADIENT_STEPS)
