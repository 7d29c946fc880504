"""`lr-schedule schema`, and the schema of a hyperparameter file that it prints."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from lr_schedule import json_schema
from lr_schedule.zoo.schema import hyperparams_schema
from tests.cli.running import BAD, GOOD, run


def test_schema_is_that_of_the_library() -> None:
    assert run("schema").json() == json_schema()
    assert run("schema", "--zoo").json() == hyperparams_schema()


def test_the_schema_of_a_hyperparameter_file_accepts_good_files_and_refuses_bad_ones() -> None:
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    assert validator.is_valid(yaml.safe_load(GOOD))
    faults = {tuple(error.absolute_path)[:2] for error in validator.iter_errors(yaml.safe_load(BAD))}
    assert faults == {
        ("CartPole-v1", "learning_rate"),
        ("CartPole-v1", "clip_range"),
        ("Acrobot-v1", "learning_rate"),
        ("Acrobot-v1", "clip_range"),
        ("Acrobot-v1", "callback"),
    }
    assert validator.is_valid({"x": {"clip_range_vf": None, "clip_range": -1, "other": [1]}})


def test_every_file_that_the_zoo_ships_passes_check_and_schema() -> None:
    zoo = pytest.importorskip("rl_zoo3")
    folder = Path(zoo.__file__).parent / "hyperparams"
    result = run("check", folder)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "13 files, 303 schedules, 0 problems")
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    for file in folder.glob("*.yml"):
        assert not list(validator.iter_errors(yaml.safe_load(file.read_text())))
