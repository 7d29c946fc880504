"""Files that are odd but readable, and agents' folders that are neither."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsonschema
import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.config.yaml_files import read_yaml
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.checks import problems_in
from lr_schedule.zoo.schema import hyperparams_schema
from tests.processes import Program

STORED = Path(__file__).parents[1] / "sb3" / "data" / "ppo_python310.zip"


def test_a_section_whose_name_yaml_reads_as_a_number_is_refused_as_check_does(tmp_path: Path) -> None:
    file = tmp_path / "ppo.yml"
    file.write_text("1: {n_timesteps: 1000, learning_rate: lin_3e-4}\n2: {n_timesteps: 9}\n", encoding="utf-8")
    with pytest.raises(ScheduleConfigError, match=r"^\S+ppo\.yml:1:1: 1: the name of a section must be text"):
        load_hyperparams(file, env_id="1")
    assert "1: the name of a section must be text" in str(problems_in(read_yaml(file))[0])
    with pytest.raises(ScheduleConfigError, match=r"no such section, and no 'default'.* Sections: 1, 2"):
        load_hyperparams(file, env_id="3")


def test_what_a_schedule_callback_follows_is_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "ppo.yml"
    callback = "callback: [{lr_schedule.sb3.ScheduleCallback: {schedules: 3}}]"
    file.write_text(f"CartPole-v1: {{n_timesteps: 1000, policy: MlpPolicy, {callback}}}\n", encoding="utf-8")
    (problem,) = problems_in(read_yaml(file))
    assert "schedules: must be a mapping from targets to schedules" in str(problem)


@pytest.mark.parametrize(
    ("length", "is_one"), [("1", True), ("0.5", True), ("'1e5'", True), ("0", False), ("'0'", False), ("-1", False)]
)
def test_a_length_of_the_run_is_for_editors_what_it_is_for_check(length: str, is_one: bool, tmp_path: Path) -> None:
    file = tmp_path / "ppo.yml"
    file.write_text(f"CartPole-v1: {{n_timesteps: {length}, policy: MlpPolicy}}\n", encoding="utf-8")
    document = read_yaml(file)
    assert (problems_in(document) == []) is is_one
    assert jsonschema.Draft202012Validator(hyperparams_schema()).is_valid(document.data) is is_one


@pytest.mark.slow
def test_enjoy_says_in_one_line_that_the_config_of_an_agent_is_no_yaml(tmp_path: Path) -> None:
    agent = tmp_path / "logs" / "ppo" / "CartPole-v1_1"
    (agent / "CartPole-v1").mkdir(parents=True)
    (agent / "CartPole-v1" / "config.yml").write_text("a: [1\n b: {", encoding="utf-8")
    shutil.copy(STORED, agent / "CartPole-v1.zip")
    options = ["--algo", "ppo", "--env", "CartPole-v1", "-f", str(tmp_path / "logs"), "--no-render"]
    done = Program("-m", "lr_schedule.zoo", "enjoy", *options).finish()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: while parsing a flow sequence")
    assert "Traceback" not in done.stderr
