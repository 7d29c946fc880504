"""`load_hyperparams` against the Zoo's own reading of every file that it ships, and what it says of mistakes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rl_zoo3")

import gymnasium
import rl_zoo3
import yaml
from gymnasium.envs.registration import EnvSpec
from huggingface_sb3 import EnvironmentName
from omegaconf import OmegaConf
from rl_zoo3.exp_manager import ExperimentManager

from lr_schedule import (
    BaseLRSchedule,
    CosineAnnealingLRSchedule,
    CosineWarmupLRSchedule,
    LinearLRSchedule,
    ScheduleConfigError,
)
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.expressions import read_expression
from lr_schedule.zoo.keys import ZOO_KEYS
from lr_schedule.zoo.sections import SCHEDULE_KEYS, find_schedules

FOLDER = Path(rl_zoo3.__file__).parent / "hyperparams"
SHIPPED = [(file, env) for file in sorted(FOLDER.glob("*.yml")) for env in yaml.safe_load(file.read_text())]
POINTS = [1.0, 0.9, 0.5, 0.123456, 0.0]
WRITTEN_IN_PYTHON = ("env_wrapper", "vec_env_wrapper", "callback", "noise_type", "noise_std")

FILE = """\
CartPole-v1: &base
  n_timesteps: !!float 1e4
  policy: MlpPolicy
  learning_rate: {type: cosine_warmup, initial_value: 3e-4, warmup_steps: 500}
  clip_range: lin_0.2
  ent_coef: 1e-3
  callback:
    - lr_schedule.sb3.ScheduleCallback:
        schedules:
          ent_coef: {type: cosine, initial_value: 0.01}
Acrobot-v1:
  <<: *base
  learning_rate:
    - {type: linear, initial_value: 0, final_value: 3e-4, fraction: 0.1}
    - {type: cosine, initial_value: 3e-4, fraction: 0.9}
default:
  n_timesteps: 50
  policy: MlpPolicy
  learning_rate: 3e-4
"""


@pytest.fixture
def file(tmp_path: Path) -> Any:
    path = tmp_path / "ppo.yml"
    path.write_text(FILE)
    return path


def read_as_the_zoo_does(file: Path, env: str) -> Any:
    manager = ExperimentManager.__new__(ExperimentManager)
    vars(manager).update(
        algo=file.stem, config=str(file), env_name=EnvironmentName(env), _is_atari=env == "atari", storage=None,
        custom_hyperparams=None, env_kwargs={}, verbose=0, n_timesteps=0, n_evaluations=1, normalize_kwargs={},
        optimize_hyperparameters=False, study_name=None, trial_id=None,
    )  # fmt: skip
    hyperparams, _ = manager.read_hyperparameters()
    raw = {key: value for key, value in hyperparams.items() if key in ZOO_KEYS}
    ours_alone = {key: hyperparams.pop(key) for key in WRITTEN_IN_PYTHON if key in hyperparams}
    processed, *_ = manager._preprocess_hyperparams(hyperparams)
    assert not set(ours_alone) & set(processed)
    return processed, raw


@pytest.mark.parametrize(("path", "env"), SHIPPED, ids=[f"{file.stem}-{env}" for file, env in SHIPPED])
def test_every_section_that_the_zoo_ships_is_read_as_the_zoo_reads_it(path: Path, env: str) -> None:
    expected, for_zoo = read_as_the_zoo_does(path, env)
    model, zoo = load_hyperparams(path, env)
    if isinstance(for_zoo.get("normalize"), str):  # the Zoo runs it later, and here all of it is read at once
        for_zoo["normalize"] = eval(for_zoo["normalize"])
    assert zoo == for_zoo
    assert model.keys() == expected.keys()
    for key, value in model.items():
        if key in SCHEDULE_KEYS:
            schedule = value if callable(value) else BaseLRSchedule(value)
            assert [schedule(p) for p in POINTS] == [expected[key](p) for p in POINTS]
        else:
            assert value == expected[key]


def test_there_are_thirteen_shipped_files_and_hundreds_of_sections() -> None:
    assert len({file for file, _ in SHIPPED}) == 13
    assert len(SHIPPED) == 283


def test_each_kind_of_schedule_becomes_an_object_and_numbers_stay_numbers(file: Path) -> None:
    model, zoo = load_hyperparams(file, "CartPole-v1")
    assert model["learning_rate"] == CosineWarmupLRSchedule(initial_value=3e-4, warmup_fraction=0.05)
    assert model["clip_range"] == LinearLRSchedule(0.2)
    assert model["ent_coef"] == 1e-3
    scheduled = zoo["callback"][0]["lr_schedule.sb3.ScheduleCallback"]["schedules"]["ent_coef"]
    assert scheduled == CosineAnnealingLRSchedule(0.01)
    assert (zoo["n_timesteps"], model["policy"]) == (1e4, "MlpPolicy")


def test_a_merge_key_passes_on_what_the_section_does_not_say_itself(file: Path) -> None:
    model, zoo = load_hyperparams(file, "Acrobot-v1")
    assert model["learning_rate"](0.9) == pytest.approx(3e-4, rel=1e-12)
    assert model["learning_rate"](0.95) == pytest.approx(1.5e-4, rel=1e-9)
    assert zoo["n_timesteps"] == 1e4


def test_a_numeral_without_a_dot_is_a_number(file: Path) -> None:
    model, _ = load_hyperparams(file, "Pendulum-v1")
    assert model["learning_rate"] == 3e-4


def test_total_timesteps_replaces_the_length_in_the_file(file: Path) -> None:
    model, zoo = load_hyperparams(file, "CartPole-v1", total_timesteps=1000)
    assert model["learning_rate"].warmup_fraction == 0.5
    assert zoo["n_timesteps"] == 1000


def test_the_length_that_a_callback_states_counts_for_its_own_schedules() -> None:
    keywords = {"total_timesteps": 1000, "schedules": {"ent_coef": {"type": "cosine_warmup", "warmup_steps": 100}}}
    section = {"n_timesteps": 500, "callback": {"lr_schedule.sb3.ScheduleCallback": keywords}}
    _, zoo = load_hyperparams(section)
    made = zoo["callback"]["lr_schedule.sb3.ScheduleCallback"]["schedules"]["ent_coef"]
    assert made.warmup_fraction == 0.1


@pytest.mark.parametrize("env", ["PongNoFrameskip-v4", "ALE/Pong-v5"])
def test_an_atari_game_takes_the_atari_section(env: str) -> None:
    sections = {"atari": {"learning_rate": 0.1}, "default": {"learning_rate": 0.2}}
    assert load_hyperparams(sections, env).model["learning_rate"] == 0.1


@pytest.mark.parametrize(("entry_point", "section"), [("ale_py.env:AtariEnv", "atari"), ("of.mine:Env", "default")])
def test_an_environment_is_an_atari_game_where_gymnasium_says_so(
    entry_point: str, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gymnasium.registry, "OfMine-v0", EnvSpec("OfMine-v0", entry_point))
    sections = {"atari": {"policy": "atari"}, "default": {"policy": "default"}}
    assert load_hyperparams(sections, "OfMine-v0").model["policy"] == section


def test_hyperparameters_without_sections_and_a_single_section_need_no_env() -> None:
    assert load_hyperparams({"learning_rate": "lin_0.1"}).model["learning_rate"] == LinearLRSchedule(0.1)
    assert load_hyperparams({"CartPole-v1": {"n_steps": 8}}).model == {"n_steps": 8}


def test_the_mapping_of_the_caller_is_left_as_it_was(file: Path) -> None:
    mapping = yaml.safe_load(FILE)
    before = copy.deepcopy(mapping)
    model, zoo = load_hyperparams(mapping, "CartPole-v1")
    model["policy"] = "changed"
    zoo["callback"].append("changed")
    assert mapping == before


def test_an_omegaconf_config_is_read_with_its_interpolations() -> None:
    config = OmegaConf.create(
        {
            "n_timesteps": 1000,
            "peak": 1e-3,
            "learning_rate": {"type": "cosine_warmup", "initial_value": "${peak}", "warmup_steps": 100},
            "clip_range": [{"fraction": 0.5, "initial_value": 0.2}, {"fraction": 0.5, "initial_value": 0.1}],
        }
    )
    model, _ = load_hyperparams(config)
    assert model["learning_rate"](0.9) == 1e-3
    assert [model["clip_range"](p) for p in (0.6, 0.4)] == [0.2, 0.1]
    assert BaseLRSchedule.create(config.learning_rate, 1000) == model["learning_rate"]


def test_no_clipping_is_left_to_the_algorithm() -> None:
    model, _ = load_hyperparams({"clip_range_vf": None, "clip_range": -1})
    assert model == {"clip_range_vf": None, "clip_range": -1}


def test_the_config_that_the_zoo_saves_is_read(tmp_path: Path) -> None:
    from collections import OrderedDict

    saved = OrderedDict(learning_rate={"type": "linear", "initial_value": 0.1}, n_timesteps=10, train_freq=(1, "step"))
    (tmp_path / "config.yml").write_text(yaml.dump(saved))
    model, zoo = load_hyperparams(tmp_path / "config.yml")
    assert model == {"learning_rate": LinearLRSchedule(0.1), "train_freq": (1, "step")}
    assert zoo == {"n_timesteps": 10}


def test_every_problem_is_reported_with_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "ppo.yml"
    path.write_text(
        "CartPole-v1:\n  n_timesteps: 100\n"
        "  learning_rate: {type: cosin}\n"
        "  clip_range:\n    type: linear\n    final_valu: 0.1\n"
        "  ent_coef: {type: linear}\n"
    )
    with pytest.raises(ScheduleConfigError) as caught:
        load_hyperparams(path, "CartPole-v1")
    problems: Any = caught.value.problems
    found = {(problem.line, problem.column): str(problem) for problem in problems}
    assert set(found) == {(3, 19), (6, 5), (7, 3)}
    assert "CartPole-v1.learning_rate.type: unknown type; did you mean 'cosine'?" in found[3, 19]
    assert "CartPole-v1.clip_range.final_valu: unknown key; did you mean 'final_value'?" in found[6, 5]
    assert "accepts no schedule; give it to lr_schedule.sb3.ScheduleCallback" in found[7, 3]


def test_a_missing_section_names_the_nearest_one(file: Path) -> None:
    sections = yaml.safe_load(FILE)
    del sections["default"]
    with pytest.raises(ScheduleConfigError, match="no such section, and no 'default'; did you mean 'CartPole-v1'"):
        load_hyperparams(sections, "CartPole-v2")


def test_several_sections_need_an_env(file: Path) -> None:
    with pytest.raises(ScheduleConfigError, match="env_id must name a section; sections: CartPole-v1, Acrobot-v1"):
        load_hyperparams(file)


@pytest.mark.parametrize("key", SCHEDULE_KEYS)
@pytest.mark.parametrize("wrong", [True, "cosine", {"type": "cosine", "initial_value": -1}, []])
def test_a_wrong_schedule_is_an_error_at_every_key_that_takes_one(key: str, wrong: Any) -> None:
    with pytest.raises(ScheduleConfigError, match=f"^x.{key}"):
        load_hyperparams({"x": {key: wrong}}, "x")


def test_a_mapping_that_contains_itself_is_an_error() -> None:
    cyclic: dict[str, Any] = {"policy": "MlpPolicy"}
    cyclic["policy_kwargs"] = cyclic
    with pytest.raises(ScheduleConfigError, match="contains itself"):
        load_hyperparams(cyclic)


def test_a_schedule_is_found_wherever_it_stands() -> None:
    data = {"optim": {"total_timesteps": 200, "lr": {"type": "linear"}, "groups": [{"type": "cosine"}, {"type": "x"}]}}
    found = [(item.path, item.cfg["type"], item.total_timesteps) for item in find_schedules(data)]
    assert found == [(("optim", "lr"), "linear", 200), (("optim", "groups", 0), "cosine", 200)]


def test_python_in_a_string_is_read_without_being_run() -> None:
    from torch import nn

    text = "dict(net_arch=dict(pi=[64, -1], vf=(2,)), activation_fn=nn.ReLU, log_std_init=-2.5, a={'b': None})"
    assert read_expression(text) == {
        "net_arch": {"pi": [64, -1], "vf": (2,)}, "activation_fn": nn.ReLU, "log_std_init": -2.5, "a": {"b": None},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "dict(a=nn.init)",
        "dict(**{'a': 1})",
        "nn.Module.__init__",
        "[x for x in 'ab']",
        "dict(a=1",
        "{[1]: 2}",
        "{**{}}",
        "-'a'",
        "dict(1)",
        "(" * 300 + ")" * 300,
        "'" + "a" * 20000 + "'",
    ],
)
def test_python_in_a_string_that_does_more_than_build_a_value_is_refused(text: str) -> None:
    with pytest.raises(ScheduleConfigError, match="policy_kwargs"):
        load_hyperparams({"policy": "MlpPolicy", "policy_kwargs": text})
