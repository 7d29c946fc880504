"""What the page "Playground" asks of the package, asked here; `tests/browser` asks it in a browser."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lr_schedule import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.sb3 import preview

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "playground"
TYPES = sorted(name for name, cls in registry.items() if cls.is_built_in)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("playground")


def test_questions_and_answers_are_json(page: Any) -> None:
    shown = json.loads(page.answer(json.dumps({"ask": "show", "text": "lin_1e-3", "timesteps": "2,000"})))
    assert shown["total"] == 2000
    assert shown["values"] == [BaseLRSchedule.create("lin_1e-3")(1.0 - index / 1000) for index in range(1001)]


def test_nothing_that_the_browser_lacks_is_imported() -> None:
    code = """
import json, sys
for name in ("numpy", "torch", "array_api_compat"):
    sys.modules[name] = None
from playground import answer
types = json.loads(answer('{"ask": "types"}'))["types"]
for one in types:
    if one["type"] != "torch":
        text = json.loads(answer(json.dumps({"ask": "choose", "text": "3e-4", "type": one["type"]})))["text"]
        shown = json.loads(answer(json.dumps({"ask": "show", "text": text, "timesteps": "", "per_update": "5"})))
        assert len(shown["values"]) == 1001, shown
print(len(types))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{FOLDER}"},
    )  # fmt: skip
    assert result.stdout == f"{len(TYPES)}\n", result.stderr


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_form_with_the_keys_of_its_schema(page: Any, name: str) -> None:
    (form,) = (one for one in page.types()["types"] if one["type"] == name)
    keys = [key["key"] for field in form["fields"] for key in field["keys"]]
    assert sorted(keys) == sorted(set(keys))
    assert set(keys) | {"type", "total_steps", "arguments"} >= page.json_schema()["$defs"][name]["properties"].keys()
    assert all(key["description"] for field in form["fields"] for key in field["keys"])
    own = [field["own"] for field in form["fields"]]
    assert own == sorted(own, reverse=True)


def test_another_type_keeps_the_values_and_the_warmup_that_it_takes(page: Any) -> None:
    text = "type: cosine\ninitial_value: 3e-4\nfinal_value: 1e-5\nwarmup_steps: 50\nk: 2\n"
    assert yaml.safe_load(page.choose(text, "rex", "1000")["text"]) == {
        "type": "rex",
        "initial_value": 3e-4,
        "final_value": 1e-5,
        "warmup_steps": 50,
    }
    assert page.choose("type: [", "rex")["text"] == "type: rex\n"
    assert page.choose(text, "rex")["text"] == "type: rex\n"  # steps, and no length of the run


def test_an_edit_changes_its_keys_and_leaves_the_others_as_they_are(page: Any) -> None:
    text = "type: piecewise_constant\nvalues: [0.1, 0.2]\nmilestone_fractions: [0.5]\n"
    edited = page.edit(text, {"values": "[3e-1, 2e-1]", "warmup_fraction": "0.1", "milestone_fractions": ""})
    assert edited == {"text": "type: piecewise_constant\nvalues: [0.3, 0.2]\nwarmup_fraction: 0.1\n"}
    assert page.edit("cosine_3e-4", {"final_value": "1e-5"}) == {
        "text": "type: cosine\ninitial_value: 0.0003\nfinal_value: 1.0e-05\n"
    }
    half_typed = page.edit(text, {"values": "[0.3,"})["text"]
    assert yaml.safe_load(half_typed)["values"] == "[0.3,"
    assert page.edit("type: [", {"values": "1"}) == {"text": "type: ["}


def test_nested_schedules_are_written_in_lines_and_shown_in_one(page: Any) -> None:
    text = page.choose("", "sequential")["text"]
    assert text.splitlines()[1:3] == ["parts:", "- type: linear"]
    (parts,) = (value for key, value in page.show(text)["fields"].items() if key == "parts")
    assert parts.count("\n") == 0
    assert yaml.safe_load(parts) == yaml.safe_load(text)["parts"]


def test_the_copied_python_names_the_length_of_the_run_only_where_it_is_needed(page: Any) -> None:
    with_steps = page.show("{type: cosine, warmup_steps: 10}", "100")["python"]
    assert with_steps.endswith("(\n    {'type': 'cosine', 'warmup_steps': 10}, total_steps=100\n)\n")
    assert "total_steps" not in page.show("cosine_3e-4", "100")["python"]
    long = page.show((ROOT / "docs" / "gallery" / "sequential-nested.yml").read_text(encoding="utf-8"))["python"]
    assert max(map(len, long.splitlines())) <= 88


def test_warnings_for_more_updates_than_are_computed_are_those_of_preview(page: Any) -> None:
    cfg = {"type": "step", "initial_value": 0.001, "period_fraction": 0.25}
    for config in (cfg, "lin_3e-4"):
        expected = list(preview(config, "PPO", total_timesteps=100_000, n_steps=4).warnings)
        assert page.show(yaml.safe_dump(config), "100000", "4")["warnings"] == expected


def test_the_browser_gets_the_versions_that_the_tests_use() -> None:
    pins = r"^([\w-]+)==([\w.]+)"
    tested = dict(
        re.findall(pins, (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("_", "-"), re.MULTILINE)
    )
    served = dict(re.findall(pins, (FOLDER / "wheels.txt").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(served) == 6
    assert served == {name: tested[name] for name in served}
