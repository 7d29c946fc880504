"""Configs of controllers: what is refused, steps of the run, kinds of one's own."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.control import Controller, KLController, create_controller
from tests.control.test_edges import CONFIGS, fed


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (None, "must be a mapping with the key controller"),
        ({"schedule": 1.0}, "must be a mapping with the key controller"),
        (
            {"controller": "lk", "schedule": 1.0},
            "controller: unknown controller; did you mean 'kl'? Allowed: kl, plateau, target",
        ),
        ({"controller": 1, "schedule": 1.0}, "controller: unknown controller. Allowed: kl, plateau, target"),
        ({"controller": "kl"}, "schedule: required key is missing"),
        ({"controller": "kl", "schedule": {"type": "cosin"}}, "schedule.type: unknown type; did you mean 'cosine'?"),
        ({"controller": "kl", "schedule": 1.0, "targetkl": 1}, "targetkl: unknown key; did you mean 'target_kl'?"),
        ({"controller": "kl", "schedule": 1.0, "target_kl": -1}, "target_kl: must be"),
        (
            {"controller": "kl", "schedule": 1.0, "target_kl": math.nan},
            "target_kl: must be a finite number or a schedule",
        ),
        ({"controller": "kl", "schedule": 1.0, "factor": 1}, "factor: must be a finite number > 1"),
        ({"controller": "kl", "schedule": 1.0, "band": 0.5}, "band: must be a finite number >= 1"),
        (
            {"controller": "kl", "schedule": 1.0, "on_zero": "rise"},
            "on_zero: must be 'hold' or 'raise'; did you mean 'raise'?",
        ),
        ({"controller": "kl", "schedule": 1.0, "minimum": -1}, "minimum: must be >= 0"),
        ({"controller": "kl", "schedule": 1.0, "minimum": 0.1}, "maximum: must be >= minimum"),
        ({"controller": "kl", "schedule": 1.0, "minimum": 0.5, "maximum": "lin_0.1"}, "maximum: must be >= minimum"),
        ({"controller": "kl", "schedule": "lin_1", "type": "linear"}, "type: unknown key"),
        ({"controller": "plateau", "schedule": 1.0, "factor": 1.5}, "factor: must be a finite number > 0 and < 1"),
        ({"controller": "plateau", "schedule": 1.0, "mode": "best"}, "mode: must be 'max' or 'min'"),
        ({"controller": "plateau", "schedule": 1.0, "patience": 1.5}, "patience: must be a whole number >= 0"),
        ({"controller": "plateau", "schedule": 1.0, "smoothing": 0}, "smoothing: must be a whole number >= 1"),
        ({"controller": "target", "schedule": 1.0}, "goal: required key is missing"),
        ({"controller": "target", "schedule": 1.0, "goal": "high"}, "goal: must be"),
        (
            {"controller": "target", "schedule": 1.0, "goal": 1.0, "direction": "left"},
            "direction: must be 'down' or 'up'",
        ),
    ],
    ids=str,
)
def test_a_mistake_in_a_config_is_named(cfg: Any, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        create_controller(cfg)
    assert message in str(caught.value)


def test_steps_in_the_schedules_of_a_controller_are_steps_of_the_run() -> None:
    cfg = {
        "controller": "kl",
        "schedule": {"type": "linear", "warmup_steps": 10},
        "target_kl": {"type": "linear", "end_steps": 50},
    }
    controller = create_controller(cfg, total_steps=100)
    assert controller.to_config()["schedule"]["warmup_fraction"] == 0.1
    assert controller.to_config()["target_kl"]["end_fraction"] == 0.5
    assert create_controller({**cfg, "total_steps": 100}) == controller
    with pytest.raises(ScheduleConfigError, match=r"schedule\.warmup_steps: needs total_steps"):
        create_controller(cfg)


def test_a_schedule_is_not_made_from_the_config_of_a_controller() -> None:
    for cfg in CONFIGS.values():
        with pytest.raises(ScheduleConfigError, match=r"^controller: .*ScheduleLR.*create_controller"):
            BaseLRSchedule.create(cfg)
        with pytest.raises(ScheduleConfigError, match=r"^parts\[0\]\.controller: "):
            BaseLRSchedule.create([{**cfg, "fraction": 1.0}])


def test_a_kind_of_ones_own_is_a_rule_and_its_fields() -> None:
    from lr_schedule.control import controller as module

    class Doubling(Controller):
        """Doubles at every positive metric."""

        type = "test_doubling"
        power: float = 1.0

        def judge(self, state: Any, metric: Any, progress_remaining: Any, xp: Any) -> Any:
            return {}, xp.where(metric > 0.0, 1.0, 0.0)

        def raised(self, scale: Any) -> Any:
            return scale * 2.0**self.power

    try:
        made = create_controller({"controller": "test_doubling", "schedule": 1.0, "power": 2})
        assert fed(made, 1.0, -1.0, 1.0)(0.5) == 16.0
        assert made == Doubling(schedule=1.0, power=2.0)
        assert pickle.loads(pickle.dumps(KLController(schedule=1.0))) == KLController(schedule=1.0)
    finally:
        del module.kinds["test_doubling"]
