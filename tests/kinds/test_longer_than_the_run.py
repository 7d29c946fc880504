"""Lengths of a decay may be longer than the run, and an inverse power may have any exponent."""

from __future__ import annotations

from typing import Any

import numpy as np
import optax
import pytest

from lr_schedule import BaseLRSchedule, InverseSqrtLRSchedule, ScheduleConfigError

create = BaseLRSchedule.create
STEPS = range(0, 1001, 50)


def test_an_exponential_decay_longer_than_the_run_is_that_of_optax() -> None:
    theirs = optax.exponential_decay(0.1, transition_steps=5000, decay_rate=0.5)
    ours = create({"type": "exponential", "initial_value": 0.1, "decay_rate": 0.5, "decay_steps": 5000}, 1000)
    for step in STEPS:
        assert ours(1 - step / 1000) == pytest.approx(float(theirs(step)), rel=1e-6)
        assert ours(1 - step / 1000) == pytest.approx(0.1 * 0.5 ** (step / 5000), rel=1e-13)


def test_a_staircase_longer_than_the_run_never_steps() -> None:
    config = {"type": "exponential", "initial_value": 0.1, "decay_rate": 0.5, "decay_steps": 5000, "staircase": True}
    assert create(config, 1000).sample(101).tolist() == [0.1] * 101


def test_the_defaults_of_deepmd_fit_a_short_run() -> None:
    config = {"type": "exponential", "initial_value": 1e-3, "final_value": 1e-6, "decay_steps": 5000}
    schedule = create(config, 1000)
    assert schedule(0.0) == 1e-6
    assert schedule(0.5) == pytest.approx(1e-3 * 1e-3**0.5, rel=1e-12)


def test_an_inverse_time_decay_longer_than_the_run_is_its_formula() -> None:
    schedule = create({"type": "inverse_time", "initial_value": 0.1, "decay_rate": 0.5, "decay_steps": 10_000}, 1000)
    for step in STEPS:
        assert schedule(1 - step / 1000) == pytest.approx(0.1 / (1 + 0.5 * step / 10_000), rel=1e-13)


def test_a_polynomial_decay_longer_than_the_run_ends_on_its_way() -> None:
    config = {"type": "polynomial", "initial_value": 0.1, "final_value": 0.01, "power": 1, "decay_steps": 4000}
    for cycle in (False, True):
        schedule = create({**config, "cycle": cycle}, 1000)
        assert schedule(0.0) == pytest.approx(0.1 - 0.09 / 4, rel=1e-13)


def test_a_timescale_may_be_longer_than_the_run() -> None:
    schedule = create({"type": "inverse_sqrt", "initial_value": 0.1, "timescale_steps": 10_000}, 1000)
    for step in STEPS:
        assert schedule(1 - step / 1000) == pytest.approx(0.1 / (step / 10_000 + 1) ** 0.5, rel=1e-13)


@pytest.mark.parametrize("exponent", [0.25, 0.5, 0.51, 1.0, 2.0])
def test_an_inverse_power_is_its_formula(exponent: float) -> None:
    schedule = InverseSqrtLRSchedule(initial_value=0.1, timescale_fraction=0.05, exponent=exponent)
    progress = np.linspace(1, 0, 101)
    expected = 0.1 / ((1 - progress) / 0.05 + 1) ** exponent
    np.testing.assert_allclose([schedule(float(p)) for p in progress], expected, rtol=1e-13)
    np.testing.assert_allclose(np.asarray(schedule(progress)), expected, rtol=1e-13)


def test_the_power_scheduler_is_an_inverse_power_below_a_bound() -> None:
    tokens, batch, a, b = 1e9, 128.0, 4.6, 0.51
    config = {
        "type": "clip",
        "maximum": 0.02,
        "schedule": {
            "type": "inverse_sqrt",
            "initial_value": batch * a * 1e6**-b,
            "timescale_steps": 1e6,
            "shift": 1e-6,
            "exponent": b,
        },
    }
    schedule = create(config, total_steps=tokens)
    for n in (1e6, 1e7, 1e8, 1e9):
        assert schedule(1 - n / tokens) == pytest.approx(min(0.02, batch * a * (n + 1) ** -b), rel=1e-9)


def test_an_exponent_that_makes_the_first_value_infinite_is_refused() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^shift: makes the first value infinite"):
        InverseSqrtLRSchedule(initial_value=1e260, shift=1e-6, exponent=10)


@pytest.mark.parametrize("value", [0, -1, float("inf"), "long"])
def test_a_length_is_finite_and_above_zero(value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^decay_fraction: must be a finite number > 0"):
        create({"type": "exponential", "decay_fraction": value})


@pytest.mark.parametrize("value", [0, -1, 11, "steep"])
def test_an_exponent_is_above_zero_and_at_most_ten(value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^exponent: must be a finite number > 0 and <= 10"):
        create({"type": "inverse_sqrt", "exponent": value})
