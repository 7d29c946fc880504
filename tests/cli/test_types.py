"""`lr-schedule types`: every type, its keys and its curve."""

from __future__ import annotations

from lr_schedule.config.registry import registry
from tests.cli.running import run


def test_types_lists_every_type_with_its_keys_and_defaults() -> None:
    described = {one["type"]: one for one in run("types", "--json").json()}
    assert set(described) == {name for name, cls in registry.items() if cls.is_built_in}
    assert described["cosine_warmup"]["keys"]["warmup_fraction"] == 0.1
    assert described["linear"]["keys"] == {"initial_value": 0.001, "final_value": 0.0}
    assert all(one["summary"] for one in described.values())


def test_types_draws_every_type_that_needs_no_framework() -> None:
    text = run("types").stdout
    drawn = {line.split()[0] for line in text.splitlines() if line and line[0] != " " and line[-1] in "▁▂▃▄▅▆▇█"}
    ours = {name for name, cls in registry.items() if cls.is_built_in}
    assert ours - drawn == {"torch"}
    result = run("types", "cosin")
    assert result.returncode == 1
    assert "did you mean 'cosine'?" in result.stderr
