"""The page on other libraries has a config for what Cerebras 2.10.0 computes where its documentation says otherwise."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import yaml

from lr_schedule import BaseLRSchedule

PAGE = Path(__file__).parent.parent.parent / "docs" / "coming-from.md"


def shipped(step: int, first: int = 250) -> float:
    """Return what CosineAnnealingWarmRestarts(0.1, T_0=250, eta_min=0.001) of that version gives."""
    position = step if step < first else step // first * first - first
    return 0.001 + 0.099 * (1 + math.cos(math.pi * position / first)) / 2


def test_the_restarts_of_cerebras_as_shipped() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Cerebras")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    schedule = BaseLRSchedule.create(yaml.safe_load(block))
    assert [schedule(1 - k / 1000) for k in range(1000)] == pytest.approx([shipped(k) for k in range(1000)], rel=1e-12)
