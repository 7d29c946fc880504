"""A candidate is a schedule, targets with schedules and controllers, or a section of the Zoo."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.compare.candidates import Parts, read_base, read_candidate, split
from lr_schedule.config.yaml_files import parse_yaml

TASKS = ("CartPole-v1", "Acrobot-v1")
KL = {"controller": "kl", "schedule": 0.001}


def read(text: str) -> Any:
    return read_candidate(parse_yaml(text, "a.yml"), TASKS, 1000)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3e-4", Parts({"learning_rate": 3e-4}, {})),
        ("cosine_3e-4", Parts({"learning_rate": "cosine_3e-4"}, {})),
        ("{type: rex, initial_value: 1}", Parts({"learning_rate": {"type": "rex", "initial_value": 1}}, {})),
        ("{controller: kl, schedule: 0.001}", Parts({}, {"learning_rate": KL})),
        (
            "{learning_rate: lin_3e-4, clip_range: {type: linear}, n_steps: 64, ent_coef: {type: linear}}",
            Parts(
                {"learning_rate": "lin_3e-4", "clip_range": {"type": "linear"}, "n_steps": 64},
                {"ent_coef": {"type": "linear"}},
            ),
        ),
        ("{ent_coef: lin_0.01, tau: 0.1}", Parts({"tau": 0.1}, {"ent_coef": "lin_0.01"})),
        ("{ent_coef: auto_0.1, learning_rate: 1}", Parts({"ent_coef": "auto_0.1", "learning_rate": 1}, {})),
        ("{critic.learning_rate: lin_3e-4}", Parts({}, {"critic.learning_rate": "lin_3e-4"})),
        ("{learning_rate: {controller: kl, schedule: 0.001}}", Parts({}, {"learning_rate": KL})),
        (
            "{normalize: {norm_reward: false}, policy_kwargs: {net_arch: [8]}, learning_rate: 1}",
            Parts({"normalize": {"norm_reward": False}, "policy_kwargs": {"net_arch": [8]}, "learning_rate": 1}, {}),
        ),
        (
            "CartPole-v1: {n_envs: 8, learning_rate: lin_3e-4}\ndefault: {learning_rate: 1e-3}",
            Parts({"n_envs": 8, "learning_rate": "lin_3e-4"}, {}),
        ),
    ],
)
def test_what_a_file_holds_is_given_to_the_algorithm_or_to_a_callback(text: str, parts: Parts) -> None:
    assert split(read(text), "CartPole-v1") == parts


def test_each_task_has_its_own_section_or_the_default() -> None:
    config = read("CartPole-v1: {learning_rate: 1}\ndefault: {learning_rate: 2}\nPong-v1: {learning_rate: 3}")
    assert split(config, "Acrobot-v1").section == {"learning_rate": 2}
    # A section for another task is no part of the candidate: changing it changes no run.
    assert config == {"sections": {"CartPole-v1": {"learning_rate": 1}, "Acrobot-v1": {"learning_rate": 2}}}


def test_a_base_is_a_mapping_or_a_file_of_sections() -> None:
    assert read_base(parse_yaml("n_steps: 64"), TASKS) == {"n_steps": 64}
    sections = read_base(parse_yaml("default: {n_steps: 64}"), TASKS)
    assert split(sections, "Acrobot-v1").section == {"n_steps": 64}
    with pytest.raises(ScheduleConfigError, match="must be a mapping of hyperparameters, or of sections"):
        read_base(parse_yaml("cosine_3e-4"), TASKS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yml:1:1: has no schedule"),
        ("true", "a.yml:1:1: has no schedule"),
        ("{type: cosin}", "a.yml:1:2: type: unknown type; did you mean 'cosine'"),
        ("cosin_3e-4", "a.yml:1:1: unknown type; did you mean 'cosine'"),
        ("{type: cosine_warmup, warmup_steps: 2000}", "a.yml:1:23: warmup_steps: "),
        ("{controller: k, schedule: 1}", "a.yml:1:2: controller: unknown"),
        ("{learning_rat: 3e-4}", "a.yml:1:1: has no schedule, and neither a key of the learning rate nor a target"),
        ("{n_steps: 64}", "a.yml:1:1: has no schedule, and neither a key of the learning rate nor a target"),
        ("Pong-v1: {learning_rate: 1}", "a.yml:1:1: "),
    ],
)
def test_a_file_that_is_no_candidate_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ScheduleConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
