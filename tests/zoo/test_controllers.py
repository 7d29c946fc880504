"""Controllers in files of the Zoo: checked, completed by editors, and fed in a run of the stock Zoo and of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("rl_zoo3")

import yaml

from lr_schedule import ScheduleConfigError, json_schema
from lr_schedule.config.yaml_files import parse_yaml
from lr_schedule.control import create_controller
from lr_schedule.control.schema import json_schema as controller_schema
from lr_schedule.sb3 import ScheduleCallback, read_controllers
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.checks import problems_in
from lr_schedule.zoo.schema import hyperparams_schema
from lr_schedule.zoo.sections import find_schedules
from tests.zoo.test_runs import saved_in, train

OWN = "lr_schedule.sb3.ScheduleCallback"
KL: dict[str, Any] = {
    "controller": "kl",
    "schedule": {"type": "cosine_warmup", "initial_value": "3e-2", "warmup_steps": 64},
}
TARGET = {"controller": "target", "schedule": 0.01, "goal": -0.6, "metric": "train/entropy_loss"}
SECTION: dict[str, Any] = {
    "policy": "MlpPolicy",
    "n_timesteps": 512,
    "n_steps": 32,
    "batch_size": 32,
    "learning_rate": KL,
}
BY_CALLBACK: dict[str, Any] = {
    **SECTION,
    "learning_rate": 3e-2,
    "callback": [{OWN: {"schedules": {"learning_rate": KL, "ent_coef": TARGET}}}],
}


def problems(text: str) -> list[str]:
    return [str(problem) for problem in problems_in(parse_yaml(text, "ppo.yml"))]


@pytest.mark.parametrize("section", [SECTION, BY_CALLBACK], ids=["at the key", "under callback"])
def test_check_finds_nothing_wrong_with_a_controller(section: Any) -> None:
    assert problems(yaml.safe_dump({"CartPole-v1": section})) == []
    assert problems(yaml.safe_dump(section)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a:\n  policy: MlpPolicy\n  learning_rate: {controller: kl, schedule: 1e-3, targetkl: 0.1}\n",
            "ppo.yml:3:51: a.learning_rate.targetkl: unknown key; did you mean 'target_kl'?",
        ),
        (
            "a:\n  policy: MlpPolicy\n  learning_rate: {controller: lk, schedule: 1e-3}\n",
            "ppo.yml:3:19: a.learning_rate.controller: unknown controller; did you mean 'kl'?",
        ),
        (
            "a:\n  policy: MlpPolicy\n  learning_rate: {controller: plateau, schedule: 1e-3}\n",
            "ppo.yml:3:3: a.learning_rate.metric: must be a key of the log",
        ),
        (
            "a:\n  policy: MlpPolicy\n  learning_rate: {controller: kl, schedule: {type: cosin}}\n",
            "ppo.yml:3:46: a.learning_rate.schedule.type: unknown type; did you mean 'cosine'?",
        ),
        (
            "a:\n  policy: MlpPolicy\n  ent_coef: {controller: kl, schedule: 1e-3}\n",
            "ppo.yml:3:3: a.ent_coef: accepts no schedule; give it to lr_schedule.sb3.ScheduleCallback",
        ),
        ("controller: kl\nschedule: 1e-3\nbnd: 2\n", "ppo.yml:3:1: bnd: unknown key; did you mean 'band'?"),
    ],
)
def test_check_names_a_mistake_in_a_controller_and_its_line(text: str, message: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(message)


def test_a_controller_is_found_wherever_it_stands() -> None:
    data = {"tests": [{"rate": KL}], "policy": "MlpPolicy", "clip_range": {"controller": "kl", "schedule": 0.2}}
    assert {found.path for found in find_schedules(data)} == {("tests", 0, "rate"), ("clip_range",)}


def test_load_hyperparams_leaves_a_controller_under_callback_to_the_callback_with_its_steps_as_fractions() -> None:
    _, zoo = load_hyperparams(BY_CALLBACK)
    (entry,) = zoo["callback"]
    made = entry[OWN]["schedules"]
    assert made["ent_coef"]["metric"] == "train/entropy_loss"
    assert made["learning_rate"]["schedule"].warmup_fraction == 0.125
    ScheduleCallback(**entry[OWN])


def test_load_hyperparams_refuses_a_controller_that_nobody_would_feed() -> None:
    with pytest.raises(
        ScheduleConfigError, match=r"learning_rate: a controller needs a metric .*lr_schedule\.zoo train, which"
    ):
        load_hyperparams(SECTION)


CONFIGS: list[Any] = [
    KL,
    TARGET,
    {"controller": "kl", "schedule": "lin_1e-3", "target_kl": {"type": "linear"}, "minimum": "1e-5", "band": 1},
    {"controller": "plateau", "schedule": [{"fraction": 1, "type": "cosine"}], "patience": 3, "metric": "eval/x"},
    {"controller": "target", "schedule": 1, "goal": {"type": "cosine"}, "minimum": None, "metric": "train/loss"},
]
MISTAKES: list[Any] = [
    {"controller": "lk", "schedule": 1e-3},
    {"controller": "kl"},
    {"controller": "kl", "schedule": 1e-3, "targetkl": 1},
    {"controller": "kl", "schedule": {"type": "cosin"}},
    {"controller": "kl", "schedule": 1e-3, "factor": 1},
    {"controller": "plateau", "schedule": 1e-3, "mode": "best"},
    {"controller": "target", "schedule": 1e-3},
    {"controller": "kl", "schedule": 1e-3, "metric": 3},
    {"schedule": 1e-3},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_json_schema_accepts_what_create_controller_takes_and_gives_back(config: Any) -> None:
    schema = controller_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(config)
    made = create_controller({key: value for key, value in config.items() if key != "metric"}, 512)
    validator.validate(made.to_config())
    section = {**SECTION, "learning_rate": config, "callback": [{OWN: {"schedules": {"learning_rate": config}}}]}
    jsonschema.Draft202012Validator(hyperparams_schema()).validate({"CartPole-v1": section})


@pytest.mark.parametrize("config", MISTAKES, ids=str)
def test_the_json_schema_refuses_what_is_refused_in_a_file(config: Any) -> None:
    assert not jsonschema.Draft202012Validator(controller_schema()).is_valid(config)
    sections = (
        {**SECTION, "learning_rate": config},
        {**SECTION, "learning_rate": 0.1, "callback": {OWN: {"schedules": {"ent_coef": config}}}},
    )
    for section in sections:
        assert not jsonschema.Draft202012Validator(hyperparams_schema()).is_valid({"CartPole-v1": section})


@pytest.mark.parametrize(
    ("config", "accepted"),
    [
        ({"type": "linear", "initial_value": 1.0, "range": [-9.8, -1.8]}, True),
        ({"initial_value": 2.0, "sign": -1}, True),
        ({**TARGET, "sign": -1}, True),
        ({"type": "linear", "sign": 0}, False),
        ({"type": "linear", "range": [1.0]}, False),
        ({"type": "linear", "rnge": [1.0, 2.0]}, False),
    ],
    ids=str,
)
def test_a_sign_and_a_range_are_known_at_the_targets_of_a_callback_alone(config: Any, accepted: bool) -> None:
    under_callback = {**SECTION, "learning_rate": 0.1, "callback": [{OWN: {"schedules": {"env.wind": config}}}]}
    at_the_key = {**SECTION, "learning_rate": config}
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    assert validator.is_valid({"CartPole-v1": under_callback}) is accepted
    assert (problems(yaml.safe_dump({"CartPole-v1": under_callback})) == []) is accepted
    if "controller" not in config:
        assert not validator.is_valid({"CartPole-v1": at_the_key})
        assert problems(yaml.safe_dump({"CartPole-v1": at_the_key}))


def test_load_hyperparams_leaves_a_sign_to_the_callback() -> None:
    wind = {"type": "linear", "initial_value": 1.0, "warmup_steps": 64, "sign": -1}
    _, zoo = load_hyperparams({**BY_CALLBACK, "callback": {OWN: {"schedules": {"env.wind": wind}}}})
    made = zoo["callback"][OWN]["schedules"]["env.wind"]
    assert made["sign"] == -1
    assert made["warmup_fraction"] == 0.125
    ScheduleCallback({"env.wind": made})


def test_the_json_schema_of_a_schedule_refuses_a_controller_as_create_does() -> None:
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(KL)


def test_every_key_of_a_controller_is_described_in_the_json_schema() -> None:
    for name in ("kl", "plateau", "target"):
        for key, schema in controller_schema()["$defs"][f"_controller_{name}"]["properties"].items():
            assert schema.get("description"), (name, key)


def recorded(folder: Path, section: dict[str, Any]) -> Path:
    recorder = {"tests.sb3.recorder.Recorder": {"path": str(folder / "recorded.json")}}
    given = {**section, "callback": [*section.get("callback", []), recorder], "n_epochs": 2}
    (folder / "config.yml").write_text(yaml.safe_dump({"CartPole-v1": given}))
    return folder / "config.yml"


@pytest.mark.slow
class TestRuns:
    """Real runs of the Zoo."""

    def test_a_controller_at_the_learning_rate_is_fed_and_what_was_written_is_saved(self, tmp_path: Path) -> None:
        train(tmp_path, "ppo", "-conf", recorded(tmp_path, SECTION))
        rows = json.loads((tmp_path / "recorded.json").read_text())
        base: Any = create_controller(KL, 512).schedule
        assert len(rows) == 16
        scales = [rate / base(1.0 - timesteps / 512) for timesteps, rate in rows[:-1]]
        assert len({round(scale, 6) for scale in scales}) > 2
        state = read_controllers(saved_in(tmp_path) / "CartPole-v1.zip")["learning_rate"]
        assert state["metric"] == "train/approx_kl"
        assert state["scale"] != 1.0
        args = saved_in(tmp_path) / "CartPole-v1" / "config.yml"
        assert dict(yaml.unsafe_load(args.read_text()))["learning_rate"] == {
            **KL,
            "schedule": {**KL["schedule"], "initial_value": 0.03},
        }

    def test_a_trained_agent_goes_on_from_its_scale(self, tmp_path: Path) -> None:
        config = recorded(tmp_path, {**SECTION, "learning_rate": {**KL, "schedule": 0.03}})
        train(tmp_path, "ppo", "-conf", config)
        agent = saved_in(tmp_path) / "CartPole-v1.zip"
        before = read_controllers(agent)["learning_rate"]["scale"]
        train(tmp_path, "ppo", "-conf", config, "-i", agent, "-n", 1024)
        rows = json.loads((tmp_path / "recorded.json").read_text())
        assert before != 1.0
        assert rows[0][0] > 512
        assert rows[0][1] == pytest.approx(max(min(0.03 * before, 1e-2), 1e-6), rel=1e-12)

    def test_the_stock_zoo_takes_a_controller_under_callback(self, tmp_path: Path) -> None:
        config = recorded(tmp_path, BY_CALLBACK)
        loaded = yaml.safe_load(config.read_text())
        loaded["CartPole-v1"]["learning_rate"] = 0.03
        config.write_text(yaml.safe_dump(loaded))
        train(tmp_path, "ppo", "-conf", config, module="rl_zoo3.train")
        states = read_controllers(saved_in(tmp_path) / "CartPole-v1.zip")
        assert states.keys() == {"learning_rate", "ent_coef"}
        assert states["learning_rate"]["scale"] != 1.0

    def test_a_controller_may_be_given_behind_params(self, tmp_path: Path) -> None:
        config = recorded(tmp_path, {**SECTION, "learning_rate": 0.03})
        train(tmp_path, "ppo", "-conf", config, "-params", "learning_rate:{controller: kl, schedule: 3e-2}")
        assert read_controllers(saved_in(tmp_path) / "CartPole-v1.zip")["learning_rate"]["scale"] != 1.0
