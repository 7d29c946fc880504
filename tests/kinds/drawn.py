"""Random configs of every type with every key, in fractions, and the same ones in steps."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

Configs = st.SearchStrategy[Any]

rates = st.floats(1e-9, 1e3)
rates_and_zero = st.just(0.0) | rates
shares = st.floats(0.01, 0.99)
exponents = st.sampled_from([0.5, 1.0, 2.0, 3.0]) | st.floats(0.2, 5)
ends = {"initial_value": rates_and_zero, "final_value": rates_and_zero}
positive_ends = {"initial_value": rates, "final_value": rates}
timing: dict[str, Configs] = {
    "warmup_fraction": st.sampled_from([0.0, 0.05, 0.1, 1 / 3]) | st.floats(1e-3, 0.45),
    "warmup_start_factor": st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    "warmup_shape": st.sampled_from(["linear", "cosine"]),
    "end_fraction": st.sampled_from([1.0, 0.9, 0.7]) | st.floats(0.5, 1),
}
warmed = {"warmup_fraction": st.floats(1e-3, 0.45), **{k: v for k, v in timing.items() if k != "warmup_fraction"}}
lengths = shares | st.just(1.0) | st.floats(1, 50)
start_factors = st.just(1.0) | st.floats(0.01, 1)
SHAPES = ["linear", "cosine", "mirrored_cosine", "1-sqrt", "sqrt", "1-square", "square"]
milestones = st.lists(st.sampled_from([0.25, 0.5, 0.75]) | shares, min_size=1, max_size=5, unique=True).map(sorted)


def keys(kind: str, needed: dict[str, Any] | None = None, /, **fields: Any) -> Configs:
    required = {"type": st.just(kind), **(needed or {})}
    return st.fixed_dictionaries(required, optional=dict(fields.items()))


def with_values(milestone_fractions: list[float]) -> Configs:
    count = len(milestone_fractions) + 1
    values = st.lists(rates_and_zero, min_size=count, max_size=count)
    return keys("piecewise_constant", {"values": values, "milestone_fractions": st.just(milestone_fractions)}, **timing)


def stages(config: dict[str, Any]) -> bool:
    default = {"warmup_fraction": 0.1, "hold_fraction": 0.4, "decay_fraction": 0.5}
    names = list(default) if config["type"] == "tri_stage" else ["warmup_fraction", "decay_fraction"]
    default |= {} if config["type"] == "tri_stage" else {"decay_fraction": 0.1}
    return bool(sum(config.get(name, default[name]) for name in names) <= config.get("end_fraction", 1.0))


def bounded(config: dict[str, Any]) -> bool:
    """Tell whether the config is one whose values a float can hold."""
    length = config.get("decay_fraction") or 1.0
    return bool(config.get("step_exponent", 1.0) * -math.log(length) < 300)


LEAVES: dict[str, Configs] = {
    "constant": rates_and_zero | keys("constant", initial_value=rates_and_zero, **timing),
    "linear": keys("linear", **ends, **timing),
    "cosine": keys("cosine", **ends, **timing, k=exponents),
    "cosine_warmup": keys("cosine_warmup", **ends, **warmed, k=exponents),
    "polynomial": keys(
        "polynomial",
        **ends,
        **timing,
        power=exponents | st.just(0.0),
        k=exponents,
        decay_fraction=lengths,
        cycle=st.booleans(),
    ),
    "exponential": st.one_of(
        keys("exponential", {"final_value": rates}, initial_value=rates, staircase=st.booleans(), **timing),
        keys(
            "exponential",
            initial_value=rates_and_zero,
            decay_rate=st.floats(1e-6, 1),
            decay_fraction=lengths,
            staircase=st.booleans(),
            **timing,
        ),
        keys(
            "exponential",
            {"final_value": rates, "decay_fraction": shares},
            initial_value=rates,
            staircase=st.booleans(),
            **timing,
        ),
        keys(
            "exponential",
            {"final_value": st.floats(0, 0.5), "decay_rate": st.floats(1e-3, 1), "initial_value": st.floats(0.5, 9)},
            decay_fraction=shares,
            staircase=st.booleans(),
            **timing,
        ),
    ),
    "rex": keys("rex", **ends, **timing),
    "tanh": keys("tanh", **ends, lower=st.floats(-100, 1), upper=st.floats(2, 100), **timing),
    "inverse_time": keys(
        "inverse_time",
        initial_value=rates_and_zero,
        decay_rate=st.floats(0, 99),
        decay_fraction=lengths,
        step_exponent=exponents,
        staircase=st.booleans(),
        **timing,
    ).filter(bounded),
    "inverse_sqrt": keys(
        "inverse_sqrt",
        initial_value=rates_and_zero,
        timescale_fraction=lengths,
        shift=st.floats(0.01, 9),
        exponent=exponents,
        **timing,
    ),
    "noam": keys("noam", initial_value=rates_and_zero, **warmed),
    "warmup_stable_decay": st.one_of(
        keys(
            "warmup_stable_decay",
            positive_ends,
            decay_fraction=st.floats(0.01, 0.5),
            decay_shape=st.sampled_from([*SHAPES, "exponential", "inverse_linear"]),
            decay_start_factor=start_factors,
            **timing,
        ),
        keys(
            "warmup_stable_decay",
            decay_fraction=st.floats(0.01, 0.5),
            decay_shape=st.sampled_from(SHAPES),
            decay_start_factor=start_factors,
            **ends,
            **timing,
        ),
    ).filter(stages),
    "tri_stage": keys(
        "tri_stage",
        hold_fraction=st.just(0.0) | st.floats(0.01, 0.3),
        decay_fraction=st.floats(0.01, 0.3),
        **positive_ends,
        **timing,
    ).filter(stages),
    "step": keys(
        "step",
        {"period_fraction": st.sampled_from([0.1, 0.25, 1 / 3, 1.0]) | shares},
        initial_value=rates_and_zero,
        gamma=st.floats(0.1, 2),
        **timing,
    ),
    "multi_step": keys(
        "multi_step",
        {"milestone_fractions": milestones},
        initial_value=rates_and_zero,
        gamma=st.floats(0.1, 9),
        **timing,
    ),
    "piecewise_constant": milestones.flatmap(with_values),
    "piecewise_linear": milestones.flatmap(
        lambda places: keys(
            "piecewise_linear",
            {"points": st.tuples(*[st.tuples(st.just(place), rates_and_zero).map(list) for place in places]).map(list)},
            **timing,
        )
    ),
    "cosine_restarts": st.one_of(
        keys(
            "cosine_restarts",
            {"cycles": st.integers(1, 9)},
            cycle_multiplier=st.sampled_from([1.0, 1.1, 1.5, 2.0, 3.0]) | st.floats(1, 3),
            peak_multiplier=st.floats(0.5, 1.5),
            **ends,
            **timing,
        ),
        keys(
            "cosine_restarts",
            {"first_cycle_fraction": st.sampled_from([1 / 7, 0.25, 1.0]) | shares},
            cycle_multiplier=st.sampled_from([1.0, 2.0]) | st.floats(1, 3),
            peak_multiplier=st.floats(0.5, 1.5),
            **ends,
            **timing,
        ),
    ),
    "cyclic": keys(
        "cyclic",
        {"peak_value": st.floats(1, 5), "up_fraction": shares | st.just(1.0)},
        initial_value=st.floats(0, 1),
        down_fraction=shares,
        mode=st.sampled_from(["triangular", "triangular2", "exp_range"]),
        gamma=st.floats(0.1, 1),
        **timing,
    ),
    "one_cycle": keys(
        "one_cycle",
        {"warmup_fraction": st.floats(0.01, 0.24)},
        initial_value=rates_and_zero,
        div_factor=st.floats(1, 100),
        final_div_factor=st.floats(1, 1e6),
        phases=st.sampled_from([2, 3]),
        shape=st.sampled_from(["cosine", "linear"]),
        end_fraction=timing["end_fraction"],
    ),
}
"""Configs of each type that is no schedule of schedules; every key of the type is among those drawn."""

parts = st.one_of(*LEAVES.values())
splits = shares.map(lambda share: (share, 1.0 - share))


def in_phases(given: tuple[Any, Any, tuple[float, float]]) -> list[Any]:
    return [{"schedule": part, "fraction": share} for part, share in zip(given[:2], given[2], strict=True)]


WRAPPED: dict[str, Configs] = {
    "sequential": st.one_of(
        st.tuples(parts, parts, splits).map(in_phases),
        keys("sequential", {"parts": st.tuples(parts, parts, splits).map(in_phases)}, **timing),
    ),
    "product": keys("product", {"parts": st.lists(parts, min_size=1, max_size=3)}, **timing),
    "repeat": keys("repeat", {"schedule": parts}, times=st.integers(1, 9), **timing),
    "delay": keys("delay", {"schedule": parts, "delay_fraction": shares}, **timing),
    "clip": keys("clip", {"schedule": parts, "maximum": st.none() | st.floats(0.1, 9)}, minimum=st.floats(0, 0.1)),
}
DRAWN = {**LEAVES, **WRAPPED}

TOTAL = 4096
"""Steps of a run in which a fraction times the steps, and back, is exact."""


def in_steps(config: dict[str, Any]) -> dict[str, Any]:
    """Return the same config with each share of the run given in steps."""
    written: dict[str, Any] = {"total_steps": TOTAL}
    for key, given in config.items():
        if key == "points":
            written["step_points"] = [[place * TOTAL, value] for place, value in given]
        elif key == "milestone_fractions":
            written["milestone_steps"] = [place * TOTAL for place in given]
        elif key.endswith("_fraction") and given is not None:
            written[key.removesuffix("fraction") + "steps"] = given * TOTAL
        else:
            written[key] = given
    return written
