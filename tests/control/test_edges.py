"""Controllers where other libraries fail: no number, bounds, a base of 0, warmup, saving, replaying, configs."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.control import Controller, KLController, PlateauController, TargetController, create_controller

NUMBERS = [math.nan, math.inf, -math.inf]
CONFIGS: dict[str, dict[str, Any]] = {
    "kl": {"controller": "kl", "schedule": {"type": "cosine", "initial_value": 1e-3}},
    "plateau": {"controller": "plateau", "schedule": "lin_0.1", "patience": 1, "minimum": 1e-4, "smoothing": 2},
    "target": {
        "controller": "target",
        "schedule": 0.1,
        "goal": -0.5,
        "maximum": {"type": "linear", "initial_value": 2.0},
    },
}


def fed(controller: Controller, *metrics: Any, at: float = 0.5) -> Controller:
    for metric in metrics:
        controller.observe(metric, at)
    return controller


@pytest.mark.parametrize("metric", NUMBERS)
def test_a_kl_that_is_no_number_is_one_step_down_and_one_warning(metric: float) -> None:
    controller = KLController(schedule=1e-3)
    with pytest.warns(RuntimeWarning, match="the metric of 'kl' is"):
        controller.observe(metric, 0.5)
    assert controller(0.5) == 1e-3 / 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        controller.observe(metric, 0.5)
    assert controller(0.5) == pytest.approx(1e-3 / 1.5**2, rel=1e-12, abs=0.0)


@pytest.mark.filterwarnings("ignore:the metric of")
@pytest.mark.parametrize("metric", NUMBERS)
def test_a_metric_that_is_no_number_is_no_improvement_and_moves_nothing_towards_a_goal(metric: float) -> None:
    assert fed(PlateauController(schedule=0.1, patience=1), 1.0, metric, metric).scale == 0.5
    assert fed(PlateauController(schedule=0.1, patience=1), metric, 1.0, 2.0).scale == 1.0
    assert fed(TargetController(schedule=0.1, goal=1.0), metric).scale == 1.0


@pytest.mark.parametrize("cfg", CONFIGS.values(), ids=CONFIGS)
def test_a_metric_that_is_missing_moves_nothing(cfg: Any) -> None:
    controller = fed(create_controller(cfg), None)
    assert controller.state_dict() == create_controller(cfg).state_dict()


def test_a_metric_may_be_a_tensor_or_a_numpy_number_but_no_text() -> None:
    import numpy as np
    import torch

    assert fed(KLController(schedule=1e-3), torch.tensor(1.0)).scale == fed(KLController(schedule=1e-3), 1.0).scale
    assert fed(KLController(schedule=1e-3), np.float32(1.0)).scale == 1 / 1.5
    with pytest.raises(TypeError, match="must be a number"):
        KLController(schedule=1e-3).observe("high", 0.5)


def test_the_scale_does_not_wind_up_at_a_bound() -> None:
    controller = fed(KLController(schedule=1e-3), *[1.0] * 100)
    assert controller(0.5) == 1e-6
    assert fed(controller, 1e-4)(0.5) == pytest.approx(1.5e-6, rel=1e-12, abs=0.0)
    assert fed(controller, *[1e-4] * 100)(0.5) == 1e-2
    assert fed(controller, 1.0)(0.5) == pytest.approx(1e-2 / 1.5, rel=1e-12, abs=0.0)


def test_a_schedule_beyond_a_bound_moves_from_the_bound_at_the_first_step() -> None:
    controller = KLController(schedule=0.1)
    assert controller(0.5) == 1e-2
    assert fed(controller, 1.0)(0.5) == pytest.approx(1e-2 / 1.5, rel=1e-12, abs=0.0)


def test_a_step_down_never_raises_the_scale_where_the_schedule_is_near_zero() -> None:
    restarts = {"type": "cosine_restarts", "initial_value": 1e-3, "cycles": 2}
    controller = fed(KLController(schedule=restarts), 1.0, at=0.501)
    assert controller.scale == 1.0
    assert controller(0.5) == 1e-3


def test_a_step_up_never_lowers_the_scale_of_a_schedule_beyond_its_bound() -> None:
    controller = fed(KLController(schedule={"type": "linear", "initial_value": 0.1}), 1e-4, at=1.0)
    assert controller.scale == 1.0
    assert controller(0.05) == pytest.approx(0.005, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("metric", "scale"), [(9.0, 1e-9), (0.1, 1e9)])
def test_a_metric_that_never_answers_ends_in_a_scale_that_is_a_number(metric: float, scale: float) -> None:
    controller = TargetController(schedule=1.0, goal=1.0, factor=10.0, minimum=0.0, maximum=1e300)
    assert fed(controller, *[metric] * 400).scale == scale


def test_a_metric_within_its_band_leaves_the_scale_of_a_schedule_beyond_a_bound() -> None:
    controller = fed(KLController(schedule={"type": "linear", "initial_value": 0.1}), 0.01, at=1.0)
    assert controller(0.05) == pytest.approx(0.005, rel=1e-12, abs=0.0)


def test_a_base_of_zero_holds() -> None:
    controller = KLController(schedule={"type": "linear", "initial_value": 1e-3})
    assert fed(controller, 1.0, 1.0, at=0.0).scale == 1.0
    assert controller(0.0) == 1e-6


def test_the_scale_stays_one_while_the_schedule_warms_up() -> None:
    base = {"type": "linear", "initial_value": 1e-3, "warmup_fraction": 0.2}
    controller = KLController(schedule=base)
    assert fed(controller, 1.0, at=0.81).scale == 1.0
    assert fed(controller, 1.0, at=0.8).scale == 1 / 1.5
    assert fed(KLController(schedule=base, during_warmup=True), 1.0, at=0.81).scale == 1 / 1.5


def test_bounds_and_targets_may_be_schedules() -> None:
    falling = {"type": "linear", "initial_value": 0.02}
    controller = KLController(schedule=1e-3, target_kl=falling, maximum={"type": "linear", "initial_value": 4e-3})
    assert fed(controller, 0.02, at=1.0).scale == 1.0
    assert fed(controller, 0.02, at=0.25).scale == 1 / 1.5
    assert fed(controller, *[1e-9] * 9, at=0.5)(0.5) == 2e-3
    assert controller(0.25) == 1e-3


def test_asking_changes_nothing() -> None:
    controller = fed(KLController(schedule="lin_0.001"), 1.0)
    before = controller.state_dict()
    assert controller(0.5) == controller(0.5) == 5e-4 / 1.5
    assert controller.state_dict() == before


@pytest.mark.parametrize("cfg", CONFIGS.values(), ids=CONFIGS)
def test_a_state_is_saved_and_loaded_in_plain_numbers(cfg: Any) -> None:
    one = fed(create_controller(cfg), 0.3, 0.2, 0.1)
    two = create_controller(cfg)
    two.load_state_dict(one.state_dict())
    for metric in (0.05, 0.4, 0.1, 0.1, 0.1):
        fed(one, metric)
        fed(two, metric)
        assert one(0.5) == two(0.5)
        assert one.state_dict() == two.state_dict()
    assert {type(number) for number in one.state_dict().values()} == {float}


@pytest.mark.parametrize(
    "state", [{}, None, {"scale": 0.0}, {"scale": math.nan}, {"scale": "x"}, {"scale": 1.0, "best": 1.0}], ids=str
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(state: Any) -> None:
    controller = fed(KLController(schedule=1e-3), 1.0)
    with pytest.raises(ScheduleConfigError):
        controller.load_state_dict(state)
    assert controller.scale == 1 / 1.5


@pytest.mark.parametrize("cfg", CONFIGS.values(), ids=CONFIGS)
def test_a_controller_is_what_its_config_copies_and_pickles_make(cfg: Any) -> None:
    controller = fed(create_controller(cfg), 0.3, 0.2, 0.1)
    for twin in (copy.copy(controller), copy.deepcopy(controller), pickle.loads(pickle.dumps(controller))):
        assert twin == controller
        assert twin.state_dict() == controller.state_dict()
    again = create_controller(controller.to_config())
    assert again == controller
    assert (
        eval(repr(controller), vars(__import__("lr_schedule")) | vars(__import__("lr_schedule.control").control))
        == again
    )
    assert hash(again) == hash(controller)


METRICS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(1e-6, 1.0) | st.none()
SERIES = st.lists(st.tuples(st.floats(0.0, 1.0), METRICS), max_size=30)
LEVELS = st.floats(1e-6, 1e-3) | st.builds(
    lambda first, last: {"type": "linear", "initial_value": first, "final_value": last},
    st.floats(1e-6, 1e-3),
    st.floats(1e-6, 1e-3),
)


@pytest.mark.filterwarnings("ignore:the metric of")
@given(
    series=SERIES,
    base=st.sampled_from([0.0, 1e-3, "cosine_0.1", {"type": "one_cycle", "initial_value": 0.01}, "exponential_10"]),
    low=LEVELS,
    high=st.floats(1e-3, 10.0),
    kind=st.sampled_from(
        [{"controller": "kl"}, {"controller": "plateau", "patience": 0}, {"controller": "target", "goal": 0.01}]
    ),
)
def test_any_series_keeps_the_value_within_its_bounds_and_its_replay_is_the_run(
    series: list[tuple[float, float | None]], base: Any, low: Any, high: float, kind: dict[str, Any]
) -> None:
    controller = create_controller({**kind, "schedule": base, "minimum": low, "maximum": high})
    lowest = BaseLRSchedule.create(low)
    fresh, seen = create_controller(controller), []
    replayed = fresh.replay(series)
    assert fresh.scale == 1.0
    for progress, metric in series:
        controller.observe(metric, progress)
        seen.append(controller(progress))
        assert lowest(progress) <= seen[-1] <= high
        assert type(seen[-1]) is float
        assert math.isfinite(controller.scale)
        assert controller.scale > 0.0
    assert replayed == seen
