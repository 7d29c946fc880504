"""Whatever a sampler draws from the ranges of this package is a schedule; a range that is none is named."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

optuna = pytest.importorskip("optuna")

from hypothesis import given, settings
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.registry import registry
from lr_schedule.tune import suggest, suggest_schedule

NEEDED: dict[str, dict[str, Any]] = {
    "clip": {"schedule": "lin_1e-3"},
    "cosine_restarts": {"cycles": (1, 5)},
    "cyclic": {"peak_value": 0.1, "up_fraction": (0.01, 0.5)},
    "delay": {"schedule": "lin_1e-3", "delay_fraction": (0.1, 0.5)},
    "multi_step": {"milestone_fractions": [[0.5], [0.3, 0.6]]},
    "piecewise_constant": {"values": [[0.1, 0.2]], "milestone_fractions": [[0.5]]},
    "piecewise_linear": {"points": [[[0.0, 0.1], [1.0, 0.0]]]},
    "product": {"parts": [["lin_1e-3", "lin_1"]]},
    "repeat": {"schedule": "lin_1e-3"},
    "sequential": {"parts": [[{"type": "linear", "fraction": 1.0}]]},
    "step": {"period_fraction": (0.05, 0.5)},
    "table": {"values": [[0.1, 0.2]], "total_steps": 1},
    "torch": {"scheduler": "LinearLR", "total_steps": 10},
}
"""What the types need that cannot be made from their defaults alone."""

TYPES = sorted(name for name, cls in registry.items() if cls.is_built_in)


class Drawn:
    """A trial whose numbers are places in their range, from 0.0 (the low end) to 1.0 (the high end)."""

    def __init__(self, place: Callable[[], float]) -> None:
        self.place = place

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False, **_: Any) -> float:
        assert low > 0 or not log
        place = self.place()
        return min(max(low ** (1 - place) * high**place if log else low + place * (high - low), low), high)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False, **_: Any) -> int:
        return round(self.suggest_float(name, low, high))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        return choices[round(self.place() * (len(choices) - 1))]

    def set_user_attr(self, key: str, value: Any) -> None:
        pass


def drawn(place: Callable[[], float]) -> Any:
    return Drawn(place)


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=50, deadline=None)
@given(places=st.lists(st.floats(0.0, 1.0), min_size=12, max_size=12))
def test_every_draw_from_the_ranges_of_the_package_is_a_schedule(name: str, places: list[float]) -> None:
    config = suggest_schedule(drawn(iter(places).__next__), types=[name], **NEEDED.get(name, {}))
    assert BaseLRSchedule.create(config).to_config() == config


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("place", [0.0, 1.0])
def test_the_ends_of_all_ranges_together_are_a_schedule(name: str, place: float) -> None:
    config = suggest_schedule(drawn(lambda: place), types=[name], **NEEDED.get(name, {}))
    assert config["type"] == name


def test_a_study_over_the_types_with_stages_never_aborts() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(multivariate=True, group=True, seed=0))
    types = ["tri_stage", "warmup_stable_decay"]

    def objective(trial: Any) -> float:
        return float(abs(BaseLRSchedule.create(suggest_schedule(trial, types=types))(0.5) - 3e-4))

    study.optimize(objective, n_trials=60)
    assert {trial.params["learning_rate.type"] for trial in study.trials} == set(types)


@pytest.mark.parametrize("name", ["tri_stage", "warmup_stable_decay"])
@pytest.mark.parametrize(
    "given_ranges",
    [
        {"warmup_fraction": (0.01, 0.5)},
        {"warmup_fraction": [0.1, 0.7]},
        {"decay_fraction": 0.9},
        {"warmup_steps": (10, 60), "decay_steps": 30, "total_steps": 100},
        {"end_fraction": (0.3, 1.0)},
    ],
)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_stages_that_are_given_no_range_take_what_the_others_leave(
    name: str, given_ranges: dict[str, Any], place: float
) -> None:
    config = suggest_schedule(drawn(lambda: place), types=[name], **given_ranges)
    assert config["type"] == name


@pytest.mark.parametrize(
    "choices",
    [
        (0.2, 0.1),
        (0.1,),
        (),
        ("a", "b"),
        (0.0, 0.1, "log"),
        (0.1, 0.2, "lin"),
        (0.1, 0.2, "log", 1),
        [],
        (0.1, None),
        (0.1, math.inf),
    ],
    ids=str,
)
def test_a_range_that_is_none_is_named_before_anything_is_drawn(choices: Any) -> None:
    def place() -> float:
        raise AssertionError("drawn")

    with pytest.raises(ScheduleConfigError, match=r"^final_ratio: must be"):
        suggest_schedule(drawn(place), types=["linear", "cosine"], final_ratio=choices)


@pytest.mark.parametrize("choices", [(1.5, 4), (0, 3, "log")])
def test_a_range_of_whole_numbers_has_whole_ends(choices: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"^cycles: must be"):
        suggest_schedule(drawn(lambda: 0.5), types=["cosine_restarts"], cycles=choices)


def test_a_type_that_needs_a_range_says_which_key() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^period_fraction: required key is missing"):
        suggest_schedule(drawn(lambda: 0.5), types=["step"])


@pytest.mark.parametrize(
    ("types", "space", "message"),
    [
        (["linear"], {"initial_value": (-1.0, 1.0)}, "^initial_value: must be a range of numbers >= 0"),
        (
            ["linear", "cosine_warmup"],
            {"warmup_fraction": (0.5, 1.5)},
            "^warmup_fraction: must be a range of numbers < 1",
        ),
        (["cosine_restarts"], {"cycles": (0, 3)}, "^cycles: must be a range of numbers >= 1"),
    ],
)
def test_a_range_that_leaves_what_its_key_takes_is_refused_before_a_trial_fails(
    types: list[str], space: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        suggest_schedule(drawn(lambda: 0.5), types=types, **space)


def test_the_ends_of_a_range_may_be_numbers_of_numpy_and_limits_that_are_no_values() -> None:
    space: dict[str, Any] = {"initial_value": (np.float32(0.25), np.float64(0.75)), "warmup_fraction": (0.0, 1.0)}
    config = suggest_schedule(drawn(lambda: 0.5), types=["cosine_warmup"], final_value=0.0, **space)
    assert config == {"type": "cosine_warmup", "initial_value": 0.5, "final_value": 0.0, "warmup_fraction": 0.5}


@pytest.mark.parametrize(
    ("types", "space", "message"),
    [
        (["linear", "step"], {}, "^period_fraction: required key is missing"),
        (["cosine_restarts"], {}, "cycles"),
        (["linear", "lineaer"], {}, "unknown type; did you mean 'linear'?"),
        (["linear"], {"final_rato": (0.0, 0.1)}, "did you mean 'final_ratio'?"),
        (["linear"], {"final_ratio": ["a", "b"]}, "^final_ratio: must be a finite number"),
    ],
)
def test_a_sampler_that_would_end_a_study_is_refused_when_it_is_made(
    types: list[str], space: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        suggest(lambda *_: {}, types=types, **space)
