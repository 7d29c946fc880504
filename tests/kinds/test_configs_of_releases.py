"""What a released version has written into saved models and files keeps its meaning."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from lr_schedule import BaseLRSchedule
from tests.cases import ALL_CASES

RELEASES = sorted((Path(__file__).parent / "data").glob("configs-*.json"))
KEPT = [(path.stem, one) for path in RELEASES for one in json.loads(path.read_text(encoding="utf-8"))]
HAS_TORCH = importlib.util.find_spec("torch") is not None


@pytest.mark.parametrize(
    ("release", "kept"),
    KEPT,
    ids=[f"{release}-{at}-{kept['config']['type']}" for at, (release, kept) in enumerate(KEPT)],
)
def test_a_config_that_a_release_has_written_gives_the_values_that_it_gave(release: str, kept: dict[str, Any]) -> None:
    if kept["config"]["type"] == "torch" and not HAS_TORCH:
        pytest.skip("needs torch")
    values = BaseLRSchedule.create(kept["config"]).sample(len(kept["values"])).tolist()
    assert values == pytest.approx(kept["values"], rel=1e-12, abs=0.0)


def test_the_configs_of_the_first_release_are_of_every_type_that_it_has() -> None:
    kept = {one["config"]["type"] for release, one in KEPT if release == "configs-0.1.0"}
    assert kept >= {case.config["type"] for case in ALL_CASES if isinstance(case.config, dict)}
