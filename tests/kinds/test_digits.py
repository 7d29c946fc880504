"""No digit is lost on the way: next to the low end of a rise, at the ends, and between floats and arrays."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from lr_schedule import BaseLRSchedule
from tests.kinds.reference import value

create = BaseLRSchedule.create

RISES = [
    *[
        {"type": "warmup_stable_decay", "warmup_fraction": 0.0, "decay_fraction": 1.0, "decay_shape": shape}
        for shape in ("linear", "cosine", "mirrored_cosine", "1-sqrt", "1-square", "exponential", "inverse_linear")
    ],
    *[{"type": "polynomial", "k": k, "power": power} for k in (1.0, 2.0, 3.0) for power in (0.5, 1.0, 2.0)],
    *[{"type": "cosine", "k": k} for k in (1.0, 2.0, 3.0)],
    {"type": "linear"},
    {"type": "rex"},
    {"type": "tanh"},
    {"type": "cosine_restarts", "cycles": 1},
    {"type": "cosine_restarts", "cycles": 2, "cycle_multiplier": 1.5},
]


@pytest.mark.parametrize("config", RISES, ids=str)
@pytest.mark.parametrize("low", [0.0, 1e-30, 6e-6])
def test_a_rise_keeps_its_digits_next_to_its_low_end(config: dict[str, Any], low: float) -> None:
    if low == 0.0 and config.get("decay_shape") in ("exponential", "inverse_linear"):
        return
    rise = {**config, "initial_value": low, "final_value": 1.0}
    schedule: Any = create(rise)
    for progress in [*[1.0 - 10.0 ** (-n / 4) for n in range(1, 40)], 1.0]:
        with mpmath.workdps(150):
            expected = float(value(rise, 1 - mpf(progress)))
        assert schedule(progress) == pytest.approx(expected, rel=2e-14, abs=1e-300), progress
        assert schedule(np.array([progress]))[0] == pytest.approx(expected, rel=2e-14, abs=1e-300)


@pytest.mark.parametrize("config", RISES, ids=str)
def test_a_fall_keeps_its_digits_next_to_its_low_end(config: dict[str, Any]) -> None:
    fall = {**config, "initial_value": 1.0, "final_value": 1e-30}
    schedule: Any = create(fall)
    tolerance = 1e-11 if config["type"] in ("tanh", "cosine_restarts") else 2e-14
    for progress in [10.0 ** (-n / 4) for n in range(1, 40)]:
        with mpmath.workdps(150):
            expected = float(value(fall, 1 - mpf(progress)))
        if config["type"] != "cosine_restarts":  # whose cycles are counted by elapsed time, with the roundings of 1 - p
            assert schedule(progress) == pytest.approx(expected, rel=tolerance, abs=0.0), progress
    assert schedule(0.0) == pytest.approx(float(value(fall, mpf(1))), rel=1e-15)


@pytest.mark.parametrize("cycles", range(1, 11))
@pytest.mark.parametrize("multiplier", [1.0, 1.01, 1.1, 1.5, 2.0, 2.5, 3.0, math.pi])
def test_restarts_end_exactly_on_their_final_value(cycles: int, multiplier: float) -> None:
    for warmup in (0.0, 0.05, 0.1, 0.2, 1 / 3):
        for end in (1.0, 0.9, 0.7):
            timing = {"warmup_fraction": warmup, "end_fraction": end}
            for final in (0.0, 1e-5, 0.25):
                keys = {"cycles": cycles, "cycle_multiplier": multiplier, "initial_value": 0.003, "final_value": final}
                schedule: Any = create({"type": "cosine_restarts", **keys, **timing})
                assert [schedule(p) for p in (0.0, -0.02, (1.0 - end) / 2, 1.0 - end)] == [final] * 4
                assert schedule(np.array([0.0, -0.02, (1.0 - end) / 2, 1.0 - end])).tolist() == [final] * 4
                assert schedule(1.0 - end + 1e-9) == pytest.approx(final, rel=1e-3, abs=1e-10)


@pytest.mark.parametrize(
    "config",
    [
        *[
            {"type": "one_cycle", "phases": phases, "shape": shape}
            for phases in (2, 3)
            for shape in ("cosine", "linear")
        ],
        {"type": "cosine_restarts", "cycles": 5},
        {"type": "cosine_restarts", "cycles": 5, "cycle_multiplier": 1.5, "final_value": 1e-5},
        *[
            {"type": "warmup_stable_decay", "decay_fraction": 0.5, "decay_shape": shape, "final_value": final}
            for shape in ("linear", "cosine", "mirrored_cosine", "1-sqrt", "1-square")
            for final in (1e-5, 0.5)
        ],
        {"type": "cosine"},
        {"type": "cosine_warmup", "final_value": 1e-5},
    ],
    ids=str,
)
def test_floats_and_arrays_round_alike_wherever_their_sines_do(config: dict[str, Any]) -> None:
    schedule: Any = create(config)
    progress = np.random.default_rng(0).random(5_000)
    one_by_one = np.array([schedule(p) for p in progress.tolist()])
    together = schedule(progress)
    angles = np.linspace(0.0, math.pi / 2, 5_000)
    sines_differ = np.mean(np.sin(angles) != np.array([math.sin(x) for x in angles.tolist()]))
    # Where numpy's sine is another one than Python's, values differ in its last digit, and nowhere else.
    assert np.mean(one_by_one != together) <= 3 * sines_differ
    np.testing.assert_allclose(together, one_by_one, rtol=1e-15, atol=0)


def test_a_polynomial_that_decays_over_the_whole_run_does_not_jump_to_the_whole_curve() -> None:
    keys = {"type": "polynomial", "power": 1, "initial_value": 1.0, "warmup_fraction": 0.5}
    ends = [create({**keys, "decay_fraction": share})(0.0) for share in (0.999, 0.9999999, 1.0)]
    assert ends == pytest.approx([1 - 0.5 / 0.999, 1 - 0.5 / 0.9999999, 0.5], rel=1e-12)
    assert create({**keys, "decay_steps": 100}, total_steps=100)(0.0) == 0.5
    assert create(keys)(0.0) == 0.0
    assert create({**keys, "decay_fraction": 1})(0.25) == 0.75
    assert create({**keys, "decay_fraction": 1}).to_config()["decay_fraction"] == 1.0


def test_an_exponential_to_the_value_that_it_starts_from_is_level() -> None:
    level = {"type": "exponential", "initial_value": 0.25, "final_value": 0.25}
    for keys in ({}, {"decay_rate": 0.1}, {"decay_rate": 0.1, "staircase": True}, {"decay_fraction": 0.1}):
        assert create({**level, **keys}).sample(11).tolist() == pytest.approx([0.25] * 11, rel=1e-15)
    with pytest.raises(ValueError, match=r"final_value: with decay_rate, must be <= initial_value, which is 0\.25"):
        create({**level, "decay_rate": 0.1, "final_value": 0.25000001})
