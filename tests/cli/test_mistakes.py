"""Files and schedules with a mistake: what each is told, and that no command ends in a traceback."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import jsonschema
import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.config.yaml_files import parse_yaml
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.schema import hyperparams_schema
from tests.cli.mistaken_files import MISTAKEN_FILES
from tests.cli.mistaken_schedules import MISTAKEN_SCHEDULES
from tests.cli.running import run

SECTION = "CartPole-v1:\n  n_timesteps: 1000\n  policy: MlpPolicy\n  learning_rate: "
HAS_TORCH, HAS_SB3 = (importlib.util.find_spec(name) is not None for name in ("torch", "stable_baselines3"))

ROWS: list[tuple[str | bytes, list[str]]] = [
    *((f"{SECTION}{text}\n", messages) for text, messages in MISTAKEN_SCHEDULES if HAS_TORCH or "torch" not in text),
    *MISTAKEN_FILES,
]

VALID_BY_SCHEMA = 24
"""Schedules of the table that the JSON Schema lets pass: it compares no two values, and knows no length of the run."""


def lines_of(text: str, file: Path) -> list[str]:
    """Return the problems in what a command printed, without the file and without what is allowed."""
    lines = [re.sub(r"( Allowed: ).*", r"\1", line) for line in text.splitlines() if line.startswith(f"{file}:")]
    return [line.removeprefix(f"{file}:").replace("CartPole-v1.learning_rate", "LR", 1) for line in lines]


def write(file: Path, content: str | bytes) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_there_are_more_than_120_mistakes_and_each_is_another_one() -> None:
    texts = [text for text, _ in MISTAKEN_SCHEDULES] + [content for content, _ in MISTAKEN_FILES]
    assert len(texts) == len(set(texts)) >= 120


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_check_tells_every_mistake_with_its_place_and_no_command_ends_in_a_traceback(row: int, tmp_path: Path) -> None:
    content, messages = ROWS[row]
    file = tmp_path / "ppo.yml"
    write(file, content)
    checked = run("check", file)
    assert (checked.returncode, checked.stderr) == (1, "")
    assert lines_of(checked.stdout, file) == messages
    assert [one["line"] for one in run("check", file, "--json").json()["problems"]] == [
        int(message.partition(":")[0]) for message in messages
    ]
    for arguments in (["plot", file], ["preview", file, "--algo", "ppo"] if HAS_SB3 else ["plot", file, "--json"]):
        result = run(*arguments)
        assert result.returncode in (0, 1)
        assert bool(result.stderr) == (result.returncode == 1)
        assert all(line.startswith((f"{file}:", "error: ")) for line in result.stderr.splitlines())


@pytest.mark.parametrize("row", range(len(MISTAKEN_SCHEDULES)))
def test_load_hyperparams_tells_the_same_of_a_schedule(row: int) -> None:
    text, messages = MISTAKEN_SCHEDULES[row]
    if "torch" in text and not HAS_TORCH:
        pytest.skip("needs torch")
    with pytest.raises(ScheduleConfigError) as caught:
        load_hyperparams(parse_yaml(f"{SECTION}{text}\n").data, "CartPole-v1")
    told = [re.sub(r"( Allowed: ).*", r"\1", str(problem)) for problem in caught.value.problems]
    expected = [message.split(": ", 1)[1].replace("LR", "CartPole-v1.learning_rate", 1) for message in messages]
    assert sorted(told) == sorted(expected)


def test_the_schema_refuses_what_it_can() -> None:
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    passed = [text for text, _ in MISTAKEN_SCHEDULES if validator.is_valid(parse_yaml(f"{SECTION}{text}\n").data)]
    assert len(passed) == VALID_BY_SCHEMA, passed
