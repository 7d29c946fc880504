"""A curve that starts infinitely steep has its first value where it starts, though that place is off by a rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lr_schedule import BaseLRSchedule

STEEP: dict[str, dict[str, Any]] = {
    "polynomial": {"type": "polynomial", "initial_value": 0.1, "power": 1, "k": 0.5},
    "rising polynomial": {"type": "polynomial", "initial_value": 0.01, "final_value": 0.1, "power": 1, "k": 0.25},
    "cosine": {"type": "cosine", "initial_value": 0.1, "k": 0.3},
    "rising cosine": {"type": "cosine", "initial_value": 0.01, "final_value": 0.1, "k": 0.3},
    "1-sqrt": {
        "type": "warmup_stable_decay", "initial_value": 0.1, "warmup_fraction": 0.0, "decay_fraction": 1.0,
        "decay_shape": "1-sqrt",
    },
}  # fmt: skip


def at(schedule: BaseLRSchedule, progress: float) -> list[float]:
    """Return the value at a progress as a float and in arrays of each kind."""
    points: list[Any] = [np.array([progress]), torch.tensor([progress], dtype=torch.float64)]
    return [schedule(progress), *(float(schedule(each)[0]) for each in points)]


@pytest.mark.parametrize("name", STEEP)
def test_a_part_starts_with_its_first_value(name: str) -> None:
    cfg = STEEP[name]
    for total in (10, 488, 777, 1000):
        for first in range(1, total - 2, max(1, total // 12)):
            for second in range(first + 1, total - 1, max(1, total // 12)):
                before = [{"initial_value": 0.3, "steps": first}, {"initial_value": 0.3, "steps": second - first}]
                schedule = BaseLRSchedule.create([*before, {**cfg, "steps": total - second}], total)
                np.testing.assert_allclose(at(schedule, 1 - second / total), cfg["initial_value"], rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in STEEP if name != "1-sqrt"])  # its warmup_fraction is in its name
def test_a_warmup_inside_of_a_part_ends_at_the_peak(name: str) -> None:
    cfg = STEEP[name]
    for total in (300, 777, 1000):
        for first in range(1, total - 20, 7):
            warmup = (total - first) // 3
            part = {**cfg, "warmup_steps": warmup, "steps": total - first}
            schedule = BaseLRSchedule.create([{"initial_value": 0.3, "steps": first}, part], total)
            found = at(schedule, 1 - (first + warmup) / total)
            np.testing.assert_allclose(found, cfg["initial_value"], rtol=1e-12)


def test_a_step_after_its_start_a_steep_curve_has_left_it() -> None:
    for total in (1e3, 1e6, 1e9):
        schedule = BaseLRSchedule.create(STEEP["polynomial"])
        assert schedule(1 - 1 / total) == pytest.approx(0.1 * (1 - (1 / total) ** 0.5), rel=1e-9)
