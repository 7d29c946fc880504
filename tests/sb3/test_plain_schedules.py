"""Schedules handed to Stable-Baselines3 as they are: what its optimizers really use, and what its zips hold."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from stable_baselines3 import PPO, SAC

from lr_schedule import BaseLRSchedule
from tests.cases import CASES
from tests.processes import python
from tests.sb3.recorder import Recorder

create = BaseLRSchedule.create

LOAD = """
import sys, json
from stable_baselines3 import PPO
for path in sys.argv[1:]:
    model = PPO.load(path, device="cpu")
    print(json.dumps({
        "learning_rate": model.learning_rate.to_config(),
        "values": [model.lr_schedule(p / 7) for p in range(8)],
        "clip": [model.clip_range(p / 7) for p in range(8)],
    }))
"""


def ppo(**keys: Any) -> Any:
    return PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=1, seed=0, device="cpu", **keys)


def test_ppo_uses_the_schedule_at_every_update_and_never_a_negative_rate() -> None:
    schedule, clip_range = create("cosine_warmup_3e-4"), create({"type": "linear", "initial_value": 0.2})
    model, recorder = ppo(learning_rate=schedule, clip_range=clip_range), Recorder("policy.optimizer")
    model.learn(1000, callback=recorder)
    assert model.num_timesteps == 1024
    assert recorder.used[-1][0] < 0.0
    assert len(recorder.used) == 32
    assert [rate for _, rate in recorder.used] == [schedule(progress) for progress, _ in recorder.used]
    assert min(rate for _, rate in recorder.used) == 0.0
    assert {type(rate) for _, rate in recorder.used} == {float}
    assert model.clip_range(0.25) == 0.05


def test_sac_uses_the_schedule_in_all_of_its_optimizers() -> None:
    schedule = create({"type": "exponential", "initial_value": 3e-4, "decay_rate": 0.01})
    model = SAC(
        "MlpPolicy", "Pendulum-v1", learning_rate=schedule, learning_starts=20, batch_size=8, seed=0, device="cpu"
    )
    recorder = Recorder("actor.optimizer", "critic.optimizer", "ent_coef_optimizer")
    model.learn(60, callback=recorder)
    assert len(recorder.used) == 3 * 40
    assert [rate for _, rate in recorder.used] == [schedule(progress) for progress, _ in recorder.used]
    assert len({rate for _, rate in recorder.used}) == 40


def test_models_saved_here_load_in_another_process(tmp_path: Path) -> None:
    names = ("constant", "cosine_warmup", "sequential", "product")
    schedules = {case.name: create(case.config) for case in CASES if case.name in names}
    assert tuple(schedules) == names
    clip_ranges = {name: schedule if schedule(1.0) else create(0.2) for name, schedule in schedules.items()}
    paths = [tmp_path / f"{name}.zip" for name in names]
    for name, path in zip(names, paths, strict=True):
        ppo(learning_rate=schedules[name], clip_range=clip_ranges[name]).save(path)
    lines = python("-c", LOAD, *paths).stdout.splitlines()
    for name, line in zip(names, lines, strict=True):
        loaded = json.loads(line)
        assert create(loaded["learning_rate"]) == schedules[name]
        assert loaded["values"] == [schedules[name](p / 7) for p in range(8)]
        assert loaded["clip"] == [clip_ranges[name](p / 7) for p in range(8)]


def test_the_fields_can_be_read_from_a_saved_zip_as_clear_text(tmp_path: Path) -> None:
    schedule = create({"type": "linear", "initial_value": 3e-4, "final_value": 1e-5, "warmup_fraction": 0.1})
    path = tmp_path / "model.zip"
    ppo(learning_rate=schedule).save(path)
    stored = json.loads(zipfile.ZipFile(path).read("data"))["learning_rate"]
    assert {key: stored[key] for key in vars(schedule)} == vars(schedule)
    assert "LinearLRSchedule" in stored[":type:"]


def test_a_type_of_ones_own_trains() -> None:
    class Halves(BaseLRSchedule):
        def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
            return self.initial_value / 2 if progress_remaining < 0.5 else self.initial_value

    model, recorder = ppo(learning_rate=Halves(3e-4)), Recorder("policy.optimizer")
    model.learn(256, callback=recorder)
    assert {rate for _, rate in recorder.used} == {3e-4, 1.5e-4}
