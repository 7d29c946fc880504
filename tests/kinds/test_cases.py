"""Every kind of schedule follows its formula, its bounds and its promises, from the one table of cases."""

from __future__ import annotations

import copy
import json
import pickle

import cloudpickle
import numpy as np
import pytest
from mpmath import mpf

import lr_schedule
from lr_schedule import BaseLRSchedule
from lr_schedule.config.registry import registry
from tests.cases import ALL_CASES, CASES, Case

SIDE = 2.0**-20
CORE = {"constant", "linear", "cosine", "exponential", "polynomial"}


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


BY_NAME = each(CASES)


def formula(case: Case, progress: float) -> float:
    return float(case.formula(1 - mpf(progress)))


def points(case: Case) -> list[float]:
    """Return progress at quarters, at random, next to both ends, at the joints and on both sides of them."""
    joints = [1.0 - joint for joint in case.joints]
    exact = [1.0 - joint for joint in case.joints if (joint * 2**20).is_integer()]
    ends = [10.0**-n for n in range(1, 13)] + [1.0 - 2.0**-n for n in range(1, 53, 4)]
    spread = np.random.default_rng(0).random(200).tolist()
    return [0.0, 0.25, 0.5, 0.75, 1.0, *ends, *spread, *exact, *[j + d for j in joints for d in (-SIDE, SIDE)]]


def test_every_registered_type_has_a_case() -> None:
    ours = {name for name, cls in registry.items() if cls.is_built_in}
    short_forms = {"constant", "sequential"}
    assert ours == short_forms | {case.config["type"] for case in ALL_CASES if isinstance(case.config, dict)}


@BY_NAME
def test_values_are_those_of_the_formula(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    for progress in points(case):
        assert schedule(progress) == pytest.approx(formula(case, progress), rel=case.tolerance, abs=1e-300), progress


@each([case for case in CASES if BaseLRSchedule.create(case.config).type in CORE and not case.joints])
def test_core_types_are_within_1e_14_of_the_exact_formula(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    for progress in points(case):
        assert schedule(progress) == pytest.approx(formula(case, progress), rel=1e-14, abs=0.0), progress


@each([case for case in CASES if case.ends is not None])
def test_end_points_are_exact(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    assert (schedule(1.0), schedule(0.0)) == case.ends
    assert (schedule(7.0), schedule(-0.28)) == case.ends


@BY_NAME
def test_values_stay_within_the_bounds(case: Case) -> None:
    values = BaseLRSchedule.create(case.config).sample(5001)
    assert case.bounds[0] <= values.min()
    assert values.max() <= case.bounds[1]


@each([case for case in CASES if case.falls])
def test_a_falling_curve_never_rises(case: Case) -> None:
    values = BaseLRSchedule.create(case.config).sample(5001)
    assert np.all(np.diff(values) <= 1e-18)


@BY_NAME
def test_a_continuous_curve_does_not_jump_and_others_do_at_a_joint(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    jumps = [abs(schedule(1.0 - joint + 1e-9) - schedule(1.0 - joint - 1e-9)) for joint in case.joints]
    steepest = 1e-3 if "1-sqrt" in case.name else 1e-6
    assert not case.continuous or all(jump < steepest * case.bounds[1] * 50 for jump in jumps)
    assert case.continuous or max(jumps) > 1e-6


@each([case for case in CASES if case.joints])
@pytest.mark.parametrize("total", [1000, 7_000, 100_000])
def test_at_a_joint_on_the_grid_of_steps_the_later_piece_counts(case: Case, total: int) -> None:
    schedule = BaseLRSchedule.create(case.config)
    for joint in [joint for joint in case.joints if (joint * 2**20).is_integer() and (joint * total).is_integer()]:
        assert schedule(1 - round(joint * total) / total) == pytest.approx(formula(case, 1 - joint), rel=1e-9)


@BY_NAME
def test_a_schedule_is_equal_to_what_its_config_repr_pickle_and_copies_make(case: Case) -> None:
    schedule = BaseLRSchedule.create(case.config)
    twins = [
        BaseLRSchedule.create(schedule.to_config()),
        BaseLRSchedule.create(json.loads(json.dumps(schedule.to_config()))),
        eval(repr(schedule), vars(lr_schedule).copy()),
        type(schedule)(schedule.to_config()),
        pickle.loads(pickle.dumps(schedule)),
        cloudpickle.loads(cloudpickle.dumps(schedule)),
        copy.copy(schedule),
        copy.deepcopy(schedule),
    ]
    for twin in twins:
        assert twin == schedule
        assert hash(twin) == hash(schedule)
        assert twin.sample(101).tolist() == schedule.sample(101).tolist()
    json.dumps(vars(schedule))


@BY_NAME
def test_the_notebook_picture_is_svg(case: Case) -> None:
    picture = BaseLRSchedule.create(case.config)._repr_html_()
    assert picture.count("<svg") == picture.count("</svg>") == 1
    assert "nan" not in picture.split("</figcaption>")[1]
