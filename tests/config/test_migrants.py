"""Whole configs of other libraries: each key is led to ours, in one error."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError

CEREBRAS = {"scheduler": "Linear", "initial_learning_rate": 0.1, "end_learning_rate": 0.0, "total_iters": 100}
DEEPMD = {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-6, "decay_steps": 5000, "smooth": True}
DEEPMD_WSD = {"type": "wsd", "start_lr": 1e-3, "stop_lr_ratio": 0.1, "decay_phase_ratio": 0.1, "decay_type": "linear"}
TRANSFORMERS = {
    "lr_scheduler_type": "cosine_with_restarts",
    "learning_rate": 1e-3,
    "num_warmup_steps": 10,
    "num_cycles": 3,
}


@pytest.mark.parametrize(
    ("config", "hints"),
    [
        (
            CEREBRAS,
            {
                "scheduler": "'type': 'linear'",
                "initial_learning_rate": "'initial_value'",
                "end_learning_rate": "'final_value'",
                "total_iters": "'total_steps'",
            },
        ),
        (
            {"scheduler": "Exponential", "initial_learning_rate": 0.1, "decay_rate": 0.5, "total_iters": 100},
            {
                "scheduler": "'type': 'exponential'",
                "initial_learning_rate": "'initial_value'",
                "total_iters": "'decay_steps'",
            },
        ),
        (
            DEEPMD,
            {
                "type": "'exponential'",
                "start_lr": "'initial_value'",
                "stop_lr": "'final_value'",
                "smooth": "'staircase'",
            },
        ),
        (
            DEEPMD_WSD,
            {
                "type": "'warmup_stable_decay'",
                "start_lr": "'initial_value'",
                "stop_lr_ratio": "'final_ratio'",
                "decay_phase_ratio": "'decay_fraction'",
                "decay_type": "'decay_shape'",
            },
        ),
        (
            TRANSFORMERS,
            {
                "lr_scheduler_type": "'type': 'cosine_restarts'",
                "learning_rate": "'initial_value'",
                "num_warmup_steps": "'warmup_steps'",
                "num_cycles": "'cycles'",
            },
        ),
        (
            {"name": "cosine", "lr": 1e-3, "eta_min": 0, "T_max": 100},
            {"name": "'type': 'cosine'", "lr": "'initial_value'", "eta_min": "'final_value'", "T_max": "'total_steps'"},
        ),
        (
            {"type": "CosineAnnealingLR", "T_max": 100, "learning_rate": 0.1},
            {"type": "'cosine'", "T_max": "'total_steps'", "learning_rate": "'initial_value'"},
        ),
        (
            {"type": "OneCycleLR", "max_lr": 0.1, "anneal_strategy": "cos", "three_phase": True},
            {
                "type": "'one_cycle'",
                "max_lr": "'initial_value'",
                "anneal_strategy": "'shape'",
                "three_phase": "'phases'",
            },
        ),
        (
            {"type": "CyclicLR", "base_lr": 0.1, "max_lr": 1, "step_size_up": 5, "step_size_down": 6},
            {
                "type": "'cyclic'",
                "base_lr": "'initial_value'",
                "max_lr": "'peak_value'",
                "step_size_up": "'up_steps'",
                "step_size_down": "'down_steps'",
            },
        ),
        (
            {"type": "InverseExponentialTimeDecayLR", "total_iters": 4},
            {"type": "'inverse_time'", "total_iters": "'decay_steps'"},
        ),
        ({"type": "polynomial", "lr_end": 1e-7}, {"lr_end": "'final_value'"}),
        (
            {"type": "warmup_stable_decay", "min_lr_ratio": 0.1, "num_decay_steps": 9, "warmup_type": "cosine"},
            {"min_lr_ratio": "'final_ratio'", "num_decay_steps": "'decay_steps'", "warmup_type": "'warmup_shape'"},
        ),
    ],
    ids=lambda value: None,
)
def test_every_key_of_another_library_is_led_to_ours_at_once(config: dict[str, Any], hints: dict[str, str]) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        BaseLRSchedule.create(dict(config), total_steps=1000)
    told = {str(problem.path[0]): problem.message for problem in caught.value.problems}
    for key, hint in hints.items():
        assert f"; did you mean {hint}?" in told[key], (key, told[key])


def test_a_type_that_is_only_misspelt_says_nothing_of_the_other_keys() -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        BaseLRSchedule.create({"type": "cosin", "lr": 1})
    assert [problem.path for problem in caught.value.problems] == [("type",)]


def test_a_key_that_names_a_type_but_holds_none_is_an_unknown_key() -> None:
    for value in (3, "nothing of the kind"):
        with pytest.raises(ScheduleConfigError, match=r"^name: unknown key; did you mean 'type'\?"):
            BaseLRSchedule.create({"name": value})
