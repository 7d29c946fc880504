"""Python in a string: what is written down so is read back as it was, and no text is too long by accident."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rl_zoo3")

from stable_baselines3 import HerReplayBuffer
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from torch import nn, optim

from lr_schedule import ScheduleConfigError
from lr_schedule.zoo.expressions import read_expression, write_expression


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (nn.ReLU, "nn.ReLU"),
        (optim.AdamW, "th.optim.AdamW"),
        (RMSpropTFLike, "RMSpropTFLike"),
        (HerReplayBuffer, "HerReplayBuffer"),
        (
            {"activation_fn": nn.Tanh, "net_arch": {"pi": [64], "vf": []}, "betas": (0.9, -1)},
            "{'activation_fn': nn.Tanh, 'net_arch': {'pi': [64], 'vf': []}, 'betas': (0.9, -1)}",
        ),
        ([(1,), (), "a", None, True], "[(1,), (), 'a', None, True]"),
    ],
)
def test_what_has_a_form_as_text_is_written_in_it_and_read_back_as_it_was(value: Any, text: str) -> None:
    assert write_expression(value) == text
    assert read_expression(text) == value


@pytest.mark.parametrize(
    "value",
    [int, object(), {1, 2}, nn.functional.relu, [float("nan")]],
    ids=["class", "object", "set", "function", "nan"],
)
def test_what_has_no_form_as_text_is_refused(value: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=r"must be dict\(\.\.\.\) of numbers|is not a Python expression"):
        write_expression(value)


def test_a_text_of_ten_thousand_characters_is_read_and_a_longer_one_refused() -> None:
    assert read_expression(f"[{' ' * 9998}]") == []
    with pytest.raises(ScheduleConfigError, match="longer than 10,000 characters"):
        read_expression(f"[{' ' * 9999}]")
