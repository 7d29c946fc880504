"""The shapes of the decay of warmup_stable_decay, by the formulas of those who named them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from mpmath import cos, mp, mpf, pi, sqrt
from pytorch_optimizer.lr_scheduler.wsd import get_wsd_schedule

from lr_schedule import BaseLRSchedule, ScheduleConfigError, WarmupStableDecayLRSchedule
from tests.oracles.deepmd import LearningRateWSD

create = BaseLRSchedule.create
mp.dps = 50

LEFT: dict[str, Callable[[Any], Any]] = {
    "linear": lambda t: 1 - t,
    "cosine": lambda t: (1 + cos(pi * t)) / 2,
    "mirrored_cosine": lambda t: 2 * (1 - t) - (1 + cos(pi * t)) / 2,
    "1-sqrt": lambda t: 1 - sqrt(t),
    "sqrt": lambda t: 1 - sqrt(t),
    "1-square": lambda t: 1 - t**2,
    "square": lambda t: 1 - t**2,
}
"""What is left of the height at the fraction t of a decay: as in Haegele et al. 2024 and Dremov et al. 2025."""


def decay(shape: str, **keys: Any) -> dict[str, Any]:
    return {
        "type": "warmup_stable_decay", "initial_value": 0.003, "final_value": 0.0001,
        "warmup_fraction": 0.0, "decay_fraction": 0.25, "decay_shape": shape, **keys,
    }  # fmt: skip


@pytest.mark.parametrize("shape", LEFT)
@pytest.mark.parametrize(("first", "last"), [(0.003, 0.0001), (0.003, 0.0), (1e-9, 0.5)])
def test_each_shape_leaves_what_its_formula_leaves(shape: str, first: float, last: float) -> None:
    schedule = create(decay(shape, initial_value=first, final_value=last))
    for k in range(1025):
        t = max(mpf(k) / 1024 * 4 - 3, mpf(0))
        expected = float(mpf(last) + (mpf(first) - mpf(last)) * LEFT[shape](t))
        assert schedule(1 - k / 1024) == pytest.approx(expected, rel=1e-12, abs=0)


def test_inverse_linear_is_the_line_between_the_inverse_values() -> None:
    schedule = create(decay("inverse_linear"))
    for k in range(1025):
        t = max(mpf(k) / 1024 * 4 - 3, mpf(0))
        expected = float(1 / (t / mpf(0.0001) + (1 - t) / mpf(0.003)))
        assert schedule(1 - k / 1024) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("shape", ["inverse_linear", "cosine", "linear"])
def test_the_three_shapes_of_deepmd_are_those_of_its_documentation(shape: str) -> None:
    theirs = LearningRateWSD(1e-3, 1000, stop_lr=1e-6, decay_phase_ratio=0.1, decay_type=shape, warmup_steps=50)
    config = decay(shape, initial_value=1e-3, final_value=1e-6, warmup_steps=50, decay_fraction=0.1)
    del config["warmup_fraction"]
    ours = create(config, total_steps=1000)
    for step in range(1001):
        assert ours(1 - step / 1000) == pytest.approx(theirs(step), rel=1e-9, abs=0)


@pytest.mark.parametrize("shape", ["1-sqrt", "1-square", "linear"])
def test_the_shapes_of_pytorch_optimizer_are_those_of_the_installed_package(shape: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    theirs = get_wsd_schedule(optimizer, 100, 700, 200, cooldown_type=shape)
    config = decay(shape, initial_value=0.1, final_value=0.0, warmup_steps=100, decay_fraction=0.2)
    del config["warmup_fraction"]
    ours = create(config, total_steps=1000)
    for step in range(1001):
        assert ours(1 - step / 1000) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9, abs=1e-17)
        optimizer.step()
        theirs.step()


def test_a_lowered_line_drops_to_its_factor_where_the_decay_starts() -> None:
    config = decay("linear", initial_value=0.1, final_value=0.0, decay_steps=200, decay_start_factor=0.7)
    del config["decay_fraction"]
    schedule = create(config, total_steps=1000)
    for k in range(1001):
        expected = 0.1 if k < 800 else 0.7 * 0.1 * (1000 - k) / 200
        assert schedule(1 - k / 1000) == pytest.approx(expected, rel=1e-12, abs=1e-17)
    progress = 1 - np.arange(1001) / 1000
    np.testing.assert_allclose(np.asarray(schedule(progress)), [schedule(p) for p in progress], rtol=1e-15)


def test_a_decay_of_the_whole_run_starts_lowered() -> None:
    schedule = create(decay("linear", initial_value=1.0, final_value=0.0, decay_fraction=1.0, decay_start_factor=0.5))
    assert schedule(1.0) == 0.5


@pytest.mark.parametrize("shape", [*LEFT, "inverse_linear", "exponential"])
def test_a_start_factor_lowers_every_shape(shape: str) -> None:
    lowered, plain = create(decay(shape, decay_start_factor=0.5)), create(decay(shape, initial_value=0.0015))
    assert [lowered(p) for p in (0.2, 0.1, 0.0)] == [plain(p) for p in (0.2, 0.1, 0.0)]
    assert lowered(0.26) == 0.003


@pytest.mark.parametrize("shape", ["exponential", "inverse_linear"])
def test_a_decay_by_a_ratio_needs_both_ends_above_zero(shape: str) -> None:
    words = f"{shape.replace('_', ' ')} decay needs final_value and initial_value > 0"
    with pytest.raises(ScheduleConfigError, match=words):
        WarmupStableDecayLRSchedule(decay_shape=shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [*LEFT, "inverse_linear"])
@pytest.mark.parametrize("final", [0.0001, 0.5])
def test_floats_arrays_and_tensors_agree_for_each_shape(shape: str, final: float) -> None:
    schedule = create(decay(shape, final_value=final, decay_fraction=0.7))
    progress = np.linspace(1, 0, 997)
    one_by_one = [schedule(float(p)) for p in progress]
    np.testing.assert_allclose(np.asarray(schedule(progress)), one_by_one, rtol=1e-14)
    np.testing.assert_allclose(schedule(torch.from_numpy(progress)).numpy(), one_by_one, rtol=1e-14)


def test_gradients_of_the_shapes_are_finite_to_the_ends() -> None:
    for shape in [*LEFT, "inverse_linear"]:
        progress = torch.tensor([0.25, 0.2, 1e-12, 0.0], dtype=torch.float64, requires_grad=True)
        (total,) = torch.autograd.grad(create(decay(shape))(progress).sum(), progress)
        assert all(math.isfinite(value) for value in total.tolist())
