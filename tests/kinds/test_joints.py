"""Next to a joint, an end or an extreme, a curve is what its formula says."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError

create = BaseLRSchedule.create


def steps(total_steps: int) -> list[float]:
    return [1.0 - step / total_steps for step in range(total_steps + 1)]


@pytest.mark.parametrize("count", [2, 10, 333, 1000, 3000])
def test_however_many_parts_there_are_each_starts_at_its_own_step(count: int) -> None:
    schedule = create([{"initial_value": n, "steps": 1} for n in range(count)], total_steps=count)
    assert [schedule(p) for p in steps(count)] == [*range(count), count - 1]


@pytest.mark.parametrize("repetitions", [3, 30, 100, 333])
def test_a_step_within_a_short_part_falls_on_its_own_step(repetitions: int) -> None:
    step = {"type": "step", "initial_value": 1.0, "gamma": 0.5, "period_steps": 1}
    expected = [0.5 ** (k % 10) for k in range(10 * repetitions)]
    repeated = create({"type": "repeat", "times": repetitions, "schedule": step}, total_steps=10 * repetitions)
    listed = create([{**step, "steps": 10}] * repetitions, total_steps=10 * repetitions)
    assert [repeated(p) for p in steps(10 * repetitions)[:-1]] == expected
    assert [listed(p) for p in steps(10 * repetitions)[:-1]] == expected


@pytest.mark.parametrize("total_steps", [999, 1000, 12_345, 10**6, 10**8])
@pytest.mark.parametrize("period", [1, 7, 100])
def test_a_step_falls_on_its_own_step_however_long_the_run_is(total_steps: int, period: int) -> None:
    cfg = {"type": "step", "initial_value": 1.0, "gamma": 1.0 - 1e-9, "period_steps": period}
    schedule = create(cfg, total_steps=total_steps)
    last = total_steps // period
    for n in {*range(1, min(last, 100)), *range(max(last - 100, 1), last), last // 3 or 1}:
        before, after = schedule(1.0 - (n * period - 1) / total_steps), schedule(1.0 - n * period / total_steps)
        assert after == pytest.approx((1.0 - 1e-9) ** n, rel=1e-12)
        assert before == pytest.approx((1.0 - 1e-9) ** (n - 1), rel=1e-12)


@pytest.mark.parametrize(
    "cfg",
    [
        {"type": "step", "period_steps": 7, "gamma": 0.99},
        {"type": "multi_step", "milestone_steps": [100, 333, 450, 777]},
        {"type": "piecewise_constant", "values": [1, 2, 3, 4], "milestone_steps": [100, 333, 700]},
        {"type": "cosine_restarts", "first_cycle_steps": 7, "final_ratio": 0.1},
        {"type": "cosine_restarts", "first_cycle_steps": 7, "cycle_multiplier": 2, "final_ratio": 0.1},
        {"type": "exponential", "decay_steps": 10, "decay_rate": 0.9, "staircase": True},
        {"type": "inverse_time", "decay_steps": 10, "staircase": True},
        {"type": "polynomial", "decay_steps": 100, "final_ratio": 0.1, "cycle": True},
        {"type": "repeat", "times": 10, "schedule": {"type": "linear", "final_value": 0.0001}},
        [{"initial_value": 1, "steps": 300}, {"initial_value": 2, "steps": 300}, {"initial_value": 3, "steps": 400}],
    ],
    ids=str,
)
def test_an_array_of_single_precision_jumps_at_the_same_steps(cfg: Any) -> None:
    schedule: Any = create(cfg, total_steps=1000)
    progress = np.array(steps(1000))
    single = schedule(progress.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, schedule(progress), rtol=1e-3, atol=0.0)


def test_the_steps_of_a_delayed_schedule_count_from_its_start() -> None:
    inner = {"type": "linear", "initial_value": 1.0, "end_steps": 600}
    schedule = create({"type": "delay", "delay_steps": 100, "schedule": inner}, total_steps=1000)
    assert [schedule(1.0 - k / 1000) for k in (0, 100, 400, 700, 1000)] == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-15)


def test_the_steps_of_a_repeated_schedule_are_those_of_one_repetition() -> None:
    inner = {"type": "step", "initial_value": 1.0, "gamma": 0.5, "period_steps": 100}
    schedule = create({"type": "repeat", "times": 4, "schedule": inner}, total_steps=1000)
    assert [schedule(1.0 - k / 1000) for k in (99, 100, 249, 250, 349, 350)] == [1.0, 0.5, 0.25, 1.0, 1.0, 0.5]


def test_the_steps_of_parts_after_a_warmup_count_from_its_end() -> None:
    parts = [{"initial_value": 1.0, "steps": 450}, {"initial_value": 0.5, "steps": 450}]
    schedule = create({"type": "sequential", "warmup_steps": 100, "parts": parts}, total_steps=1000)
    assert [schedule(1.0 - k / 1000) for k in (50, 100, 549, 550)] == pytest.approx([0.5, 1.0, 1.0, 0.5], rel=1e-12)


@pytest.mark.parametrize("shape", ["linear", "cosine", "mirrored_cosine", "1-sqrt", "exponential", "inverse_linear"])
def test_a_plateau_holds_to_its_last_step(shape: str) -> None:
    cfg = {"type": "warmup_stable_decay", "initial_value": 0.1, "final_value": 0.01, "decay_shape": shape}
    schedule = create({**cfg, "warmup_steps": 100, "decay_steps": 200}, total_steps=1000)
    assert [schedule(1.0 - k / 1000) for k in (100, 799, 800)] == pytest.approx([0.1, 0.1, 0.1], rel=1e-15)
    assert schedule(1.0 - 801 / 1000) < 0.099995
    assert schedule(0.0) == 0.01


@pytest.mark.parametrize("progress", [1e-9, 1e-6, 0.5, 0.699])
def test_one_cycle_keeps_its_digits_next_to_a_tiny_end(progress: float) -> None:
    schedule = create({"type": "one_cycle", "initial_value": 0.1, "final_div_factor": 1e18})
    with mpmath.workdps(60):
        last = mpmath.mpf(0.1) / 25 / mpmath.mpf(10) ** 18
        wave = (1 - mpmath.cos(mpmath.pi * mpmath.mpf(progress) / mpmath.mpf(0.7))) / 2
        expected = float(last + (mpmath.mpf(0.1) - last) * wave)
    assert schedule(progress) == pytest.approx(expected, rel=1e-13, abs=0.0)


@pytest.mark.parametrize(
    ("cfg", "key"),
    [
        ({"type": "linear", "end_fraction": 1e-300}, "end_fraction"),
        ({"type": "step", "period_fraction": 5e-324}, "period_fraction"),
        ([{"fraction": 1e-300}, {"fraction": 1.0}], "parts[0].fraction"),
        ({"type": "inverse_time", "decay_fraction": 1e-3, "step_exponent": 200}, "step_exponent"),
        ({"type": "inverse_sqrt", "initial_value": 1e308, "shift": 1e-6}, "shift"),
        ({"type": "multi_step", "initial_value": 0, "milestone_fractions": [0.1, 0.2], "gamma": 1e200}, "gamma"),
        ({"type": "cosine_restarts", "cycles": 1000, "cycle_multiplier": 1000}, "cycles"),
        (
            {"type": "cosine_restarts", "first_cycle_fraction": 1e-11, "cycle_multiplier": 1.0000000001},
            "first_cycle_fraction",
        ),
    ],
)
def test_what_no_float_can_hold_is_refused_at_creation(cfg: Any, key: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create(cfg)
    assert str(caught.value).startswith(f"{key}: ")


def test_rex_reaches_the_largest_floats() -> None:
    assert create({"type": "rex", "initial_value": 1e308})(0.9) == pytest.approx(1.8 / 1.9 * 1e308, rel=1e-15)
