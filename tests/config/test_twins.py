"""Keys that say what another key says, in steps or as a ratio, and the time of the run that every type has."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, CosineWarmupLRSchedule, ScheduleConfigError
from tests.cases import CASES, Case

create = BaseLRSchedule.create


def test_steps_become_fractions_from_total_steps_in_the_call_or_in_the_config() -> None:
    expected = CosineWarmupLRSchedule(warmup_fraction=0.05)
    assert create({"type": "cosine_warmup", "warmup_steps": 50}, total_steps=1000) == expected
    assert create({"type": "cosine_warmup", "warmup_steps": 50, "total_steps": 1000}) == expected
    assert create({"type": "cosine_warmup", "warmup_steps": "50", "total_steps": 1e3}, total_steps=1000) == expected
    in_steps: Any = {"warmup_steps": 50, "total_steps": 1000}
    assert CosineWarmupLRSchedule(**in_steps) == expected


def test_steps_of_nested_schedules_count_in_their_own_share_of_the_run() -> None:
    phases = [
        {"type": "linear", "warmup_steps": 100, "steps": 200},
        {"type": "multi_step", "milestone_steps": [400], "steps": 800},
    ]
    schedule: Any = create(phases, total_steps=1000)
    assert [part.warmup_fraction for part in schedule.schedules] == [0.5, 0.0]
    assert schedule.schedules[1].milestone_fractions == (0.5,)


def test_points_in_steps_are_pairs_of_a_step_and_a_value() -> None:
    in_steps = {"type": "piecewise_linear", "step_points": [[0, 0.5], ["25", 1], [100, 0]]}
    expected = create({"type": "piecewise_linear", "points": [[0, 0.5], [0.25, 1], [1, 0]]})
    assert create(in_steps, total_steps=100) == expected
    with pytest.raises(
        ScheduleConfigError, match=r"^step_points\[1\]\[0\]: must be a number of steps \(received 'x'\)"
    ):
        create({**in_steps, "step_points": [[0, 0.5], ["x", 1]]}, total_steps=100)


def test_final_ratio_is_a_share_of_initial_value() -> None:
    schedule: Any = create({"type": "linear", "initial_value": 0.5, "final_ratio": 0.5})
    assert schedule.final_value == 0.25


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in {"torch", "table"}], ids=lambda case: case.name)
def test_a_warmup_and_an_early_end_are_keys_of_every_type(case: Case) -> None:
    plain = create(case.config)
    if plain.type in {"cosine_warmup", "noam", "one_cycle", "tri_stage"} or "warmup_fraction" in plain.to_config():
        timing = {"end_fraction": 0.999}
    else:
        timing = {"end_fraction": 0.999, "warmup_fraction": 0.1, "warmup_start_factor": 0.5}
    if plain.type == "warmup_stable_decay":
        timing["warmup_fraction"] = 0.2
    timed = create({**plain.to_config(), **timing})
    held = timed(0.001)
    assert {timed(0.0), timed(0.0005)} == {held}
    if "warmup_start_factor" in timing:
        start = 1.0 - timing["warmup_fraction"]
        assert timed(1.0) == 0.5 * timed(start)
        assert timed(start + 0.05) == pytest.approx(
            (1.0 - 0.05 / timing["warmup_fraction"] * 0.5) * timed(start), rel=1e-12
        )
