"""Promises that hold for every valid config and every progress."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lr_schedule
from lr_schedule import BaseLRSchedule

create = BaseLRSchedule.create

values = st.floats(1e-12, 1e3)
anything = st.just(0.0) | values
shares = st.floats(0.01, 0.99)
progress = st.floats(-2.0, 3.0)


def keys(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=fields)


final = {"initial_value": anything, "final_value": anything}
timing = {
    "warmup_fraction": st.just(0.0) | st.floats(1e-3, 0.45),
    "warmup_start_factor": st.floats(0, 1),
    "end_fraction": st.floats(0.5, 1),
}
milestones = st.lists(shares, min_size=1, max_size=5, unique=True).map(sorted)

leaves = st.one_of(
    anything,
    keys("constant", initial_value=anything, **timing),
    keys("linear", **final, **timing),
    keys("cosine", **final, **timing, k=st.floats(0.2, 5)),
    keys("cosine_warmup", **final, warmup_fraction=st.floats(0.01, 0.9)),
    keys("exponential", initial_value=anything, decay_rate=st.floats(1e-9, 1), **timing),
    keys(
        "exponential",
        initial_value=values,
        final_value=values,
        staircase=st.booleans(),
        decay_fraction=shares,
        **timing,
    ),
    keys("polynomial", **final, power=st.floats(0, 9), k=st.floats(0.2, 5), **timing),
    keys("polynomial", **final, cycle=st.booleans(), decay_fraction=shares),
    keys(
        "inverse_time",
        initial_value=anything,
        decay_rate=st.floats(0, 99),
        decay_fraction=shares,
        staircase=st.booleans(),
        **timing,
    ),
    keys("inverse_sqrt", initial_value=anything, timescale_fraction=shares, shift=st.floats(0.01, 9), **timing),
    keys("noam", initial_value=anything, warmup_fraction=shares),
    keys("rex", **final, **timing),
    keys("tanh", **final, lower=st.floats(-50, -1), upper=st.floats(0, 50), **timing),
    st.fixed_dictionaries({"type": st.just("step"), "period_fraction": shares, "gamma": st.floats(0.1, 2), **timing}),
    st.fixed_dictionaries(
        {"type": st.just("multi_step"), "milestone_fractions": milestones, "gamma": st.floats(0.1, 9), **timing}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("piecewise_linear"),
            "points": milestones.flatmap(lambda m: st.tuples(*[st.tuples(st.just(x), anything) for x in m])),
            **timing,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("cosine_restarts"),
            "cycles": st.integers(1, 50),
            "cycle_multiplier": st.floats(1, 1.5),
            "peak_multiplier": st.floats(0.5, 1.5),
            **final,
            **timing,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("cosine_restarts"),
            "first_cycle_fraction": shares,
            "cycle_multiplier": st.floats(1, 3),
            **timing,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("cyclic"),
            "peak_value": st.floats(1, 5),
            "up_fraction": shares,
            "down_fraction": shares,
            "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
            "gamma": st.floats(0.1, 1),
            **timing,
        }
    ),
    keys(
        "one_cycle",
        initial_value=anything,
        warmup_fraction=st.floats(0.01, 0.49),
        phases=st.sampled_from([2, 3]),
        shape=st.sampled_from(["cosine", "linear"]),
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("warmup_stable_decay"),
            "initial_value": values,
            "final_value": values,
            "decay_fraction": st.floats(0.01, 0.5),
            "decay_shape": st.sampled_from(["linear", "cosine", "1-sqrt", "exponential"]),
        }
    ),
    keys("tri_stage", initial_value=values, final_value=values, decay_fraction=st.floats(0.01, 0.5)),
)


def wrap(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.tuples(inner, inner, shares)
    return st.one_of(
        two.map(lambda t: [{"schedule": t[0], "fraction": t[2]}, {"schedule": t[1], "fraction": 1 - t[2]}]),
        two.map(lambda t: {"type": "product", "parts": list(t[:2])}),
        st.tuples(inner, st.integers(1, 9)).map(lambda t: {"type": "repeat", "schedule": t[0], "times": t[1]}),
        st.tuples(inner, shares).map(lambda t: {"type": "delay", "schedule": t[0], "delay_fraction": t[1]}),
        inner.map(lambda s: {"type": "clip", "schedule": s, "minimum": 0.1, "maximum": 0.5}),
    )


configs = st.recursive(leaves, wrap, max_leaves=4)


@settings(max_examples=400, deadline=None)
@given(configs, st.lists(progress, min_size=1, max_size=5))
def test_every_valid_config_gives_plain_finite_values_that_are_not_negative(config: Any, asked: list[float]) -> None:
    schedule = create(config)
    for p in asked:
        value = schedule(p)
        assert type(value) is float
        assert 0.0 <= value < math.inf
        assert value == schedule(min(max(p, 0.0), 1.0))
    for got, p in zip(schedule(np.array(asked)), asked, strict=True):
        nearby = [schedule(min(max(q, 0.0), 1.0)) for q in (p - 1e-9, p, p + 1e-9)]
        assert min(nearby) * (1 - 1e-9) - 1e-300 <= got <= max(nearby) * (1 + 1e-9)


@settings(max_examples=300, deadline=None)
@given(configs)
def test_every_valid_config_comes_back_from_all_its_written_forms(config: Any) -> None:
    schedule = create(config)
    assert create(json.loads(json.dumps(schedule.to_config()))) == schedule
    assert eval(repr(schedule), vars(lr_schedule).copy()) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert hash(create(config)) == hash(schedule)


@settings(max_examples=200, deadline=None)
@given(
    leaves.filter(
        lambda c: (
            isinstance(c, float)
            or c["type"]
            in {
                "linear",
                "cosine",
                "polynomial",
                "rex",
                "tri_stage",
                "one_cycle",
                "inverse_sqrt",
                "noam",
                "warmup_stable_decay",
            }
        )
    ),
    shares,
)
def test_continuous_types_have_no_jump_anywhere(config: Any, p: float) -> None:
    if isinstance(config, dict) and config.get("cycle"):
        return
    schedule = create(config)
    joints = [1 - schedule.warmup_fraction, 1 - schedule.end_fraction, p]
    top = float(schedule.sample(100).max())
    for joint in joints:
        before, after = schedule(joint + 1e-13), schedule(joint - 1e-13)
        steepest = (
            1e-5
            if getattr(schedule, "power", 1) < 1
            or getattr(schedule, "decay_shape", "") == "1-sqrt"
            or getattr(schedule, "k", 1) < 1
            else 1e-9
        )
        if getattr(schedule, "power", 1) >= 0.5 and getattr(schedule, "k", 1) >= 0.5:
            assert abs(before - after) <= steepest * max(top, before, after)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**9), st.data())
def test_a_warmup_in_steps_reaches_its_peak_exactly_on_its_step(total: int, data: st.DataObject) -> None:
    warmup = data.draw(st.integers(0, total - 1))
    schedule = create(
        {"type": "linear", "initial_value": 0.3, "warmup_steps": warmup, "warmup_start_factor": 0.5}, total_steps=total
    )
    assert schedule(1 - warmup / total) == pytest.approx(0.3, rel=1e-9)
    assert max(schedule(1 - max(warmup - 1, 0) / total), schedule(1 - (warmup + 1) / total)) <= 0.3


def test_a_polynomial_of_power_one_is_a_line_and_k_of_one_changes_nothing() -> None:
    line = create({"type": "linear", "initial_value": 0.3, "final_value": 0.1})
    assert (
        create({"type": "polynomial", "initial_value": 0.3, "final_value": 0.1, "power": 1}).sample(97).tolist()
        == line.sample(97).tolist()
    )
