"""What a section may hold: a mistake is found before the Zoo makes a traceback of it, and nothing right is refused."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rl_zoo3")

import rl_zoo3
from rl_zoo3.utils import ALGOS

from lr_schedule import ScheduleConfigError
from lr_schedule.config.yaml_files import parse_yaml, read_yaml
from lr_schedule.sb3 import ScheduleCallback
from lr_schedule.zoo import load_hyperparams
from lr_schedule.zoo.callbacks import OWN_KEYWORDS
from lr_schedule.zoo.checks import problems_in
from lr_schedule.zoo.keys import find_algorithm, keywords_of, wrong_key

FOLDER = Path(rl_zoo3.__file__).parent / "hyperparams"
OWN = "lr_schedule.sb3.ScheduleCallback"
GOOD = {"policy": "MlpPolicy", "n_timesteps": 1000, "n_steps": 32, "learning_rate": "lin_3e-4"}


def problems(text: str, algo: str | None = None) -> list[str]:
    found = problems_in(parse_yaml(text, "ppo.yml"), None, None if algo is None else find_algorithm(algo))
    return [str(problem) for problem in found]


def one(text: str, algo: str | None = None) -> str:
    (problem,) = problems(text, algo)
    return problem


@pytest.mark.parametrize("algo", sorted(ALGOS))
def test_no_section_that_the_zoo_ships_has_an_unknown_key(algo: str) -> None:
    found = problems_in(read_yaml(FOLDER / f"{algo}.yml"), None, ALGOS[algo])
    # The default of this one names a policy that RecurrentPPO does not have.
    expected = [("default", "policy")] if algo == "ppo_lstm" else []
    assert [problem.path for problem in found] == expected


@pytest.mark.parametrize(
    "algo", ["ppo", "A2C", "ppo_lstm", "sac", "dqn", "td3", "tqc", "qrdqn", "trpo", "ars", "crossq"]
)
def test_no_keyword_of_an_algorithm_is_taken_for_another_one_misspelt(algo: str) -> None:
    assert [key for key in keywords_of(find_algorithm(algo)) if wrong_key(key)] == []


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("learning_rat: 1e-3", "learning_rate"),
        ("learing_rate: {initial_value: 1e-3}", "learning_rate"),
        ("learning_rat: {type: cosine}", "learning_rate"),
        ("cliprange: lin_0.2", "clip_range"),
        ("cliprange: 0.2", "clip_range"),
        ("clip_range_v: 0.2", "clip_range_vf"),
        ("n_timestep: 100", "n_timesteps"),
        ("callbacks: []", "callback"),
        ("learning_rate:{type: linear}", "learning_rate"),
        ("clip_range:0.2: null", "clip_range"),
    ],
)
def test_a_misspelt_key_of_the_five_and_of_the_zoo_is_found_without_an_algorithm(line: str, meant: str) -> None:
    problem = one(f"CartPole-v1:\n  policy: MlpPolicy\n  {line}\n")
    assert problem.startswith("ppo.yml:3:3: CartPole-v1.")
    assert f"unknown key; did you mean {meant!r}?" in problem
    assert "ScheduleCallback" not in problem
    with pytest.raises(ScheduleConfigError, match=f"did you mean '{meant}'"):
        load_hyperparams(parse_yaml(f"policy: MlpPolicy\n{line}\n").data)


def test_a_missing_space_after_a_colon_is_named() -> None:
    assert "A space must follow its colon." in one("policy: MlpPolicy\nlearning_rate:{type: linear}\n")


@pytest.mark.parametrize(
    ("key", "algo", "text"),
    [
        ("n_step", "ppo", "PPO has no such key; did you mean 'n_steps'? Allowed: policy, learning_rate, n_steps"),
        ("n_epochs", "sac", "SAC has no such key; did you mean 'n_steps'? Allowed"),
        ("clip_rang", "ppo", "PPO has no such key; did you mean 'clip_range'? Allowed"),
        ("device", "ppo", "the Zoo itself passes this to the algorithm"),
        ("nonsense_of_mine", "ppo_lstm", "RecurrentPPO has no such key. Allowed"),
    ],
)
def test_with_an_algorithm_every_key_is_held_against_its_signature(key: str, algo: str, text: str) -> None:
    problem = one(f"CartPole-v1:\n  n_timesteps: 10\n  {key}: 1\n", algo)
    assert f"ppo.yml:3:3: CartPole-v1.{key}: {text}" in problem
    assert problem.endswith("(received 1)")


def test_a_policy_of_another_algorithm_is_found() -> None:
    problem = one("CartPole-v1: {policy: MlpPolicyy}", "ppo")
    assert "CartPole-v1.policy: PPO has no such policy; did you mean 'MlpPolicy'? Allowed: MlpPolicy, " in problem
    assert problems("CartPole-v1: {policy: my.own.Policy}", "ppo") == []


def test_an_algorithm_that_takes_any_keyword_has_no_unknown_key() -> None:
    class Own:
        def __init__(self, policy: str, **kwargs: Any) -> None: ...

    assert wrong_key("anything", Own) == ""
    assert wrong_key("learning_rate:", Own) != ""


def test_an_unknown_algorithm_names_the_nearest() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^--algo: unknown algorithm; did you mean 'ppo'\?"):
        find_algorithm("pppo")
    assert find_algorithm("ppo_lstm").__name__ == "RecurrentPPO"


@pytest.mark.parametrize(
    "value",
    [
        "{type: linea}",
        "{type: linear}",
        "{initial_value: 0.1}",
        "linea_0.1",
        "lin_0.1",
        "[{type: linear, fraction: 1}]",
    ],
)
def test_a_schedule_where_none_is_taken_is_found_even_with_a_misspelt_type(value: str) -> None:
    problem = one(f"CartPole-v1:\n  policy: MlpPolicy\n  ent_coef: {value}\n")
    assert problem.startswith(
        "ppo.yml:3:3: CartPole-v1.ent_coef: accepts no schedule; give it to lr_schedule.sb3.Sched"
    )


@pytest.mark.parametrize("value", ["auto", "auto_0.1", "0.1", "1e-3", "null", "'0.1'"])
def test_what_sb3_itself_takes_for_a_coefficient_is_no_schedule(value: str) -> None:
    assert problems(f"policy: MlpPolicy\nent_coef: {value}\n", "sac") == []


CALLBACKS = [
    ("lr_schedule.sb3.SheduleCallback: {schedules: {ent_coef: lin_0.1}}", "did you mean 'lr_schedule.sb3.ScheduleCall"),
    ("lr_shedule.sb3.ScheduleCallback: {schedules: {ent_coef: lin_0.1}}", "did you mean 'lr_schedule.sb3.ScheduleCall"),
    (f"{OWN}: {{schedule: {{ent_coef: lin_0.1}}}}", "unknown keyword; did you mean 'schedules'?"),
    (f"{OWN}: {{schedules: {{ent_coef: lin_0.1}}, total_timestep: 5}}", "did you mean 'total_timesteps'?"),
    (f"{OWN}:", "must be a mapping of the callback's keywords"),
    (f"{OWN}: {{}}", "required keyword is missing"),
    (OWN, "required keyword is missing"),
    ("ScheduleCallback: {schedules: {ent_coef: lin_0.1}}", "must be the dotted name of a callback"),
    (f"{{{OWN}: {{schedules: {{}}}}, a.B: {{}}}}", "must be the dotted name of a callback"),
]


@pytest.mark.parametrize("algo", [None, "ppo"])
@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize(("entry", "text"), CALLBACKS)
def test_a_schedule_callback_is_held_against_its_name_and_keywords(
    entry: str, text: str, is_list: bool, algo: str | None
) -> None:
    value = f"[{{{entry}}}]" if is_list and ":" in entry and not entry.startswith("{") else f"\n    {entry}"
    problem = one(f"CartPole-v1:\n  policy: MlpPolicy\n  callback: {value}\n", algo)
    assert "CartPole-v1.callback" in problem
    assert text in problem


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            "stable_baselines3.common.callbacks.CheckpointCallbak: {save_freq: 1, save_path: a}",
            "did you mean 'stable_b",
        ),
        (
            "stable_baselines3.common.callback.CheckpointCallback: {save_freq: 1, save_path: a}",
            "did you mean 'stable_b",
        ),
        ("stable_baselines3.common.callbacks.CheckpointCallback: {save_frq: 1, save_path: a}", "mean 'save_freq'?"),
        (
            "stable_baselines3.common.callbacks.CheckpointCallback: {save_freq: 1}",
            "save_path: required keyword is missing",
        ),
        ("stable_baselines3.PPO: {}", "is not the class of a callback"),
        (
            "stable_baseline3.common.callbacks.CheckpointCallback: {save_freq: 1, save_path: a}",
            "did you mean 'stable_b",
        ),
    ],
)
def test_with_an_algorithm_callbacks_of_sb3_are_held_against_their_signature(entry: str, text: str) -> None:
    content = f"CartPole-v1:\n  policy: MlpPolicy\n  callback:\n    - {entry}\n"
    assert problems(content) == []
    assert text in one(content, "ppo")


def test_good_callbacks_and_those_of_the_user_are_left_alone_and_not_imported() -> None:
    content = f"""
CartPole-v1:
  policy: MlpPolicy
  callback:
    - {OWN}: {{schedules: {{ent_coef: lin_0.1}}, verbose: 1}}
    - stable_baselines3.common.callbacks.CheckpointCallback: {{save_freq: 1, save_path: a}}
    - stable_baselines3.common.callbacks.ProgressBarCallback
    - antigravity.Callback: {{anything: 1}}
    - not_installed_here.Callback: {{anything: 1}}
"""
    assert problems(content) == []
    assert problems(content, "ppo") == []
    assert problems("policy: MlpPolicy\ncallback: null\n", "ppo") == []


def test_a_callback_of_a_package_that_is_not_installed_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "policy: MlpPolicy\ncallback: rl_zoo3.callbacks.Nothing\n"
    assert "did you mean 'rl_zoo3.callbacks." in one(content, "ppo")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "rl_zoo3" else find_spec(name))
    monkeypatch.setitem(sys.modules, "rl_zoo3.callbacks", None)
    assert problems(content, "ppo") == []


def test_the_keywords_of_the_schedule_callback_are_those_of_its_class() -> None:
    assert tuple(inspect.signature(ScheduleCallback).parameters) == OWN_KEYWORDS


@pytest.mark.parametrize("length", ['"20k"', "-5", "0", "[1]", "true", ".inf"])
def test_an_n_timesteps_that_is_no_length_is_named_itself(length: str) -> None:
    content = f"policy: MlpPolicy\nn_timesteps: {length}\nlearning_rate: {{type: cosine_warmup, warmup_steps: 5}}\n"
    first, second = problems(content)
    assert first.startswith("ppo.yml:2:1: n_timesteps: must be a finite number > 0")
    assert "warmup_steps: needs the length of the run: n_timesteps in the section" in second
    with pytest.raises(ScheduleConfigError, match="n_timesteps: must be a finite number > 0"):
        load_hyperparams(parse_yaml(content).data)


@pytest.mark.parametrize(
    "part", ["[{type: linear, steps: 5}, {type: cosine, steps: 5}]", "{type: step, period_steps: 5}"]
)
def test_a_missing_n_timesteps_is_named_where_steps_need_it(part: str) -> None:
    for problem in problems(f"policy: MlpPolicy\nlearning_rate: {part}\n"):
        assert "needs the length of the run: n_timesteps in the section" in problem
        assert "create(" not in problem


def test_steps_beyond_the_run_are_told_with_both_numbers() -> None:
    problem = one("policy: MlpPolicy\nn_timesteps: 128\nlearning_rate: {type: cosine_warmup, warmup_steps: 200}\n")
    assert "in a run of 128 steps (received 200)" in problem


@pytest.mark.parametrize("content", ["", "# a comment\n", "- a\n- b\n", "cosine_3e-4", "{}", "[]", "5"])
def test_a_file_that_holds_nothing_to_check_is_a_problem(content: str) -> None:
    assert one(content).startswith("ppo.yml:1:1: must be a mapping with a section for each environment")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("CartPole-v1:\n", "ppo.yml:1:1: CartPole-v1: must be a mapping of hyperparameters; the section is empty"),
        ("CartPole-v1:\nAcrobot-v1: {n_timesteps: 5}\n", "ppo.yml:1:1: CartPole-v1: must be a mapping of hyperpara"),
        ("1: {n_timesteps: 5}\n", "ppo.yml:1:1: 1: the name of a section must be text"),
    ],
)
def test_a_section_without_content_or_without_a_name_is_a_problem(content: str, text: str) -> None:
    assert one(content).startswith(text)


def test_an_empty_section_is_not_taken_for_hyperparameters() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^CartPole-v1: must be a mapping of hyperparameters"):
        load_hyperparams({"CartPole-v1": None})
    assert problems("schedules: {a: {type: linear}}\nother:\n") == []


def test_strings_of_python_are_read_by_check_too() -> None:
    content = "CartPole-v1:\n  policy: MlpPolicy\n  {}: \"[open('witness', 'w')]\"\n"
    for key in ("policy_kwargs", "replay_buffer_kwargs", "replay_buffer_class", "normalize", "monitor_kwargs"):
        assert f"ppo.yml:3:3: CartPole-v1.{key}: must be dict(...)" in one(content.format(key))


@pytest.mark.parametrize("key", ["normalize", "monitor_kwargs"])
def test_strings_that_the_zoo_runs_are_values_in_what_load_hyperparams_returns(key: str) -> None:
    _, zoo = load_hyperparams({**GOOD, key: "dict(norm_obs=True, norm_reward=False)"})
    assert zoo[key] == {"norm_obs": True, "norm_reward": False}
    assert load_hyperparams({**GOOD, key: True}).zoo[key] is True


@pytest.mark.parametrize("text", ["th.nn.ReLU", "torch.nn.ReLU", "nn.ReLU"])
def test_a_class_of_torch_has_the_names_that_the_zoo_knows(text: str) -> None:
    from torch import nn, optim

    model, _ = load_hyperparams({**GOOD, "policy_kwargs": f"dict(activation_fn={text}, optimizer_class=th.optim.Adam)"})
    assert model["policy_kwargs"] == {"activation_fn": nn.ReLU, "optimizer_class": optim.Adam}


def test_a_mistake_that_is_merged_into_other_sections_is_one_problem() -> None:
    content = "A-v1: &a\n  policy: MlpPolicy\n  learning_rat: 1e-3\nB-v1: {<<: *a}\n"
    assert len(problems(content)) == 1
