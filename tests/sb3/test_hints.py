"""The name of a target that is wrong gets the nearest one that there is, or none where none is near."""

from __future__ import annotations

from typing import Any

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from lr_schedule.sb3.algorithms import ALL, SBX
from lr_schedule.sb3.lookup import find, target_named
from lr_schedule.sb3.names import MADE_WITH, OTHER_NAMES
from lr_schedule.sb3.targets import TARGETS
from tests.sb3.models import make

KEPT = "is made; no schedule can set it. Allowed for"


def message_for(name: Any, algorithm: str, model: Any = None) -> str:
    if algorithm in SBX:
        pytest.importorskip("sbx")
    with pytest.raises(ScheduleConfigError) as caught:
        find(name, algorithm, model)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "algorithm", "hint"),
    [
        ("lr", "PPO", "learning_rate"),
        ("lr_schedule", "SAC", "learning_rate"),
        ("alpha", "SAC", "ent_coef"),
        ("entropy", "PPO", "ent_coef"),
        ("epsilon", "DQN", "exploration_rate"),
        ("exploration_fraction", "DQN", "exploration_rate"),
        ("exploration_final_eps", "QRDQN", "exploration_rate"),
        ("action_noise", "TD3", "action_noise.sigma"),
        ("clip", "PPO", "clip_range"),
        ("lam", "A2C", "gae_lambda"),
        ("polyak", "TD3", "tau"),
        ("ent_coeff", "A2C", "ent_coef"),
        ("learningrate", "ARS", "learning_rate"),
        ("gama", "SBX SAC", "gamma"),
        ("cliprange", "SBX PPO", "clip_range"),
    ],
)
def test_a_name_that_is_near_to_a_target_or_means_one_gets_that_target(name: str, algorithm: str, hint: str) -> None:
    assert message_for(name, algorithm).startswith(f"{name}: unknown target; did you mean {hint!r}? Allowed for")


@pytest.mark.parametrize(("name", "hint"), [("actor_lr", "actor"), ("critic_lr", "critic")])
def test_a_learning_rate_of_a_part_under_another_name_gets_that_of_the_part(name: str, hint: str) -> None:
    message = message_for(name, "SAC", make("SAC"))
    assert message.startswith(f"{name}: unknown target; did you mean '{hint}.learning_rate'? Allowed for")


@pytest.mark.parametrize("name", ["world.gravity", "reward", "kl", "x", "train", "temperature", 3, None])
@pytest.mark.parametrize("algorithm", ["PPO", "SAC", "DQN", "ARS"])
def test_a_name_that_is_near_to_none_gets_no_hint(name: Any, algorithm: str) -> None:
    assert message_for(name, algorithm).startswith(f"{name}: unknown target. Allowed for {algorithm}: learning_rate")


@pytest.mark.parametrize(("name", "algorithm"), [("normalize_advantage", "A2C"), ("n_delta", "ARS"), ("seed", "DQN")])
def test_a_hyperparameter_that_no_schedule_can_set_is_not_taken_for_a_misspelled_one(name: str, algorithm: str) -> None:
    assert message_for(name, algorithm).startswith(
        f"{name}: fixed when a model of {algorithm} {KEPT} {algorithm}: learning_rate, "
    )


@pytest.mark.parametrize(
    ("name", "algorithm", "why"),
    [
        ("n_steps", "PPO", "it is the size of the rollout buffer"),
        ("train_freq", "SAC", "it determines when to update; schedule gradient_steps"),
        ("learning_starts", "TD3", "it determines when to update; schedule gradient_steps"),
        ("target_update_interval", "DQN", "it determines when to update; schedule tau"),
        ("buffer_size", "DQN", "it is the size of the replay buffer"),
        ("policy_kwargs", "PPO", "the networks are made with it"),
        ("qf_learning_rate", "SBX SAC", "schedule critic.learning_rate"),
    ],
)
def test_a_hyperparameter_that_no_schedule_can_set_says_why_or_what_can_be_set(
    name: str, algorithm: str, why: str
) -> None:
    said = f"{name}: fixed when a model of {algorithm} is made: {why}. Allowed for {algorithm}: learning_rate, "
    assert message_for(name, algorithm).startswith(said)
    with pytest.raises(ScheduleConfigError, match=f"^{name}: fixed when a model is made: {why}"):
        ScheduleCallback({name: 0.5})


@pytest.mark.parametrize("name", MADE_WITH)
def test_what_a_model_is_made_with_is_no_target_and_what_is_named_in_its_place_is_one(name: str) -> None:
    assert target_named(name) is None
    meant = MADE_WITH[name].partition("schedule ")[2]
    assert not meant or target_named(meant.replace("<part>", "actor").rpartition(" ")[2]) is not None


@pytest.mark.parametrize(("name", "algorithm"), [("n_envs", "PPO"), ("net_arch", "SAC"), ("lr", "DQN")])
def test_a_name_that_is_no_parameter_of_a_model_is_told_as_the_callback_is_made(name: str, algorithm: str) -> None:
    said = "did you mean 'learning_rate'" if name == "lr" else "fixed when a model is made"
    with pytest.raises(ScheduleConfigError, match=said):
        ScheduleCallback({name: 0.5})


def test_in_a_model_and_in_a_preview_the_same_is_said() -> None:
    said = r"^n_steps: fixed when a model of PPO is made: it is the size of the rollout buffer\. Allowed for PPO: learn"
    model = make("PPO")
    for refuse in (lambda name: preview({name: 0.1}, "PPO", 100), lambda name: find(name, "PPO", model)):
        with pytest.raises(ScheduleConfigError, match=said):
            refuse("n_steps")


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("name", ["tau", "n_steps", "lr", "world.gravity"])
def test_no_message_ends_in_an_empty_list(algorithm: str, name: str) -> None:
    if name == "tau" and algorithm in TARGETS["tau"].algorithms:
        return
    assert not message_for(name, algorithm).partition(" (received")[0].endswith((":", " ", ","))


def test_every_other_name_is_that_of_a_target_and_is_no_target_itself() -> None:
    assert not OTHER_NAMES.keys() & TARGETS.keys()
    assert {name for name in OTHER_NAMES.values() if not name.endswith(".learning_rate")} <= TARGETS.keys()
