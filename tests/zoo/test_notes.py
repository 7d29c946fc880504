"""What is no mistake in a hyperparameter file, but is hardly meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_schedule.config.yaml_files import read_yaml
from lr_schedule.zoo.checks import notes_on


def notes(text: str, folder: Path) -> list[str]:
    file = folder / "ppo.yml"
    file.write_text(text, encoding="utf-8")
    return [note.removeprefix(f"{file}:") for note in notes_on(read_yaml(file), total_timesteps=100)]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("x: {learning_rate: 010}", "1:5: x.learning_rate: note: reaches 8; is a learning rate above 1 intended?"),
        ("x: {qf_learning_rate: lin_1.5}", "1:5: x.qf_learning_rate: note: reaches 1.5; is a learning rate above 1"),
        (
            "x:\n  callback: [{lr_schedule.sb3.ScheduleCallback: {schedules: {critic.learning_rate: cosine_2}}}]",
            "2:62: x.callback[0].lr_schedule.sb3.ScheduleCallback.schedules.critic.learning_rate: note: reaches 2;",
        ),
    ],
)
def test_a_learning_rate_above_1_is_noted_at_its_place(text: str, note: str, tmp_path: Path) -> None:
    (found,) = notes(text, tmp_path)
    assert found.startswith(note)


@pytest.mark.parametrize(
    "text",
    [
        "x: {learning_rate: 1}",
        "x: {clip_range: 2, delta_std: lin_3}",
        "{type: linear, initial_value: 5}",
        "x: {learning_rate: lin_-5}",
        "x: {learning_rate: {controller: kl, schedule: 5}}",
        "x: {learning_rate: {type: torch, scheduler: ConstantLR, initial_value: 5}}",
    ],
)
def test_other_values_and_what_is_wrong_are_not_noted(text: str, tmp_path: Path) -> None:
    assert notes(text, tmp_path) == []
