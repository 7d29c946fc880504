"""Saved models: read without running them, loaded where the package is missing, moved between Python versions."""

from __future__ import annotations

import base64
import io
import json
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.utils import LinearSchedule

from lr_schedule import BaseLRSchedule, CosineAnnealingLRSchedule, LinearLRSchedule, ScheduleConfigError, floats
from lr_schedule.config.registry import registry
from lr_schedule.sb3 import ScheduleCallback, portable_custom_objects, read_schedules
from tests.processes import python
from tests.sb3.data.make_saved_model import PARTS
from tests.sb3.models import class_of, make

ROOT = Path(__file__).parents[2]
STORED = Path(__file__).parent / "data" / "ppo_python310.zip"

CONFIGS = [
    0.25,
    "lin_0.3",
    "cosine_0.001",
    {"type": "linear", "initial_value": 0.3, "final_value": 0.1, "warmup_fraction": 0.1},
    {"type": "exponential", "initial_value": 0.5, "decay_rate": 0.01},
    {"type": "polynomial", "initial_value": 0.5, "power": 0.5, "end_fraction": 0.7},
    {"type": "cosine_warmup", "initial_value": 0.5},
    {"type": "step", "initial_value": 0.5, "period_fraction": 0.3, "gamma": 0.5},
    {"type": "one_cycle", "initial_value": 0.5},
    {"type": "cosine_restarts", "initial_value": 0.5, "cycles": 3},
    {"type": "repeat", "schedule": "lin_0.2", "times": 3},
    {"type": "product", "parts": [0.5, "cosine_0.1"]},
    PARTS,
]


@pytest.mark.parametrize("cfg", CONFIGS, ids=str)
def test_every_schedule_of_a_model_is_read_back_from_its_zip(cfg: Any, tmp_path: Path) -> None:
    schedule = BaseLRSchedule.create(cfg)
    make("PPO", learning_rate=schedule, clip_range=schedule, clip_range_vf=schedule).save(tmp_path / "model")
    found = read_schedules(tmp_path / "model")
    assert list(found) == ["learning_rate", "clip_range", "clip_range_vf"]
    assert [BaseLRSchedule.create(cfg) for cfg in found.values()] == [schedule] * 3


def test_the_schedules_of_sb3_itself_are_read_too(tmp_path: Path) -> None:
    make("DQN", learning_rate=LinearSchedule(0.5, 0.1, 0.75), exploration_fraction=0.25).save(tmp_path / "model.zip")
    assert read_schedules(str(tmp_path / "model")) == {
        "learning_rate": {"type": "linear", "initial_value": 0.5, "final_value": 0.1, "end_fraction": 0.75},
        "exploration_rate": {"type": "linear", "initial_value": 1.0, "final_value": 0.05, "end_fraction": 0.25},
    }
    make("ARS", delta_std=0.125).save(tmp_path / "ars")
    assert read_schedules(tmp_path / "ars")["delta_std"] == {"type": "constant", "initial_value": 0.125}


def test_the_schedules_of_a_checkpoint_made_while_training_are_those_of_the_model(tmp_path: Path) -> None:
    from stable_baselines3.common.callbacks import CheckpointCallback

    model = make("PPO", learning_rate=LinearLRSchedule(0.01), clip_range=LinearLRSchedule(0.3, final_value=0.1))
    callback = ScheduleCallback({"clip_range": 0.2}, total_timesteps=64)
    model.learn(32, callback=[callback, CheckpointCallback(20, str(tmp_path))])
    found = read_schedules(tmp_path / "rl_model_20_steps.zip")
    assert BaseLRSchedule.create(found["learning_rate"]) == LinearLRSchedule(0.01)
    assert BaseLRSchedule.create(found["clip_range"]) == LinearLRSchedule(0.3, final_value=0.1)


class Bomb:
    """Stops the test when it is unpickled."""

    def __init__(self) -> None:
        self.initial_value = 0.5

    def __reduce__(self) -> Any:
        return pytest.fail, ("unpickled",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    make("PPO", learning_rate=LinearLRSchedule(0.5)).save(path)
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read("data"))
    bomb = base64.b64encode(cloudpickle.dumps(Bomb())).decode()
    for value in data.values():
        if isinstance(value, dict) and ":serialized:" in value:
            value[":serialized:"] = bomb
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
    assert read_schedules(path)["learning_rate"] == LinearLRSchedule(0.5).to_config()
    assert set(portable_custom_objects(path)) == {"learning_rate", "lr_schedule"}
    with pytest.raises(pytest.fail.Exception, match="unpickled"):
        PPO.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "LinearLRSchedule(initial_value=__import__('os').getpid())",
        "LinearLRSchedule(**{'initial_value': 1})",
        "__import__('os').getpid()",
        "LinearLRSchedule(1.0)",
        "NoSuchSchedule(initial_value=1.0)",
        "LinearLRSchedule(initial_value=-1.0)",
        "(" * 300,
        "",
    ],
)
def test_text_that_is_no_schedule_is_not_run_but_reads_as_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    stored = {":type:": "<class 'stable_baselines3.common.utils.FloatSchedule'>", "value_schedule": text}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps({"lr_schedule": stored}))
    assert read_schedules(path) == {"learning_rate": None}


def test_a_function_reads_as_none_and_cannot_be_made_portable(tmp_path: Path) -> None:
    make("PPO", learning_rate=lambda p: p).save(tmp_path / "model")
    assert read_schedules(tmp_path / "model")["learning_rate"] is None
    with pytest.raises(ScheduleConfigError, match="learning_rate: cannot be read without running it"):
        portable_custom_objects(tmp_path / "model")


def test_a_file_that_is_no_model_zip_is_named(tmp_path: Path) -> None:
    plain = tmp_path / "notes.zip"
    plain.write_text("no zip at all")
    empty = tmp_path / "empty.zip"
    zipfile.ZipFile(empty, "w").close()
    odd = tmp_path / "odd.zip"
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("data", "[1, 2]")
    for path in (plain, empty, odd):
        with pytest.raises(ScheduleConfigError, match=f"path: is not a model zip.*{path.name}"):
            read_schedules(path)
        with pytest.raises(ScheduleConfigError, match="path: is not a model zip"):
            portable_custom_objects(path)
    with pytest.raises(FileNotFoundError):
        read_schedules(tmp_path / "missing")


def test_an_open_file_is_read_like_a_path(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    make("A2C", learning_rate=LinearLRSchedule(0.5)).save(buffer)
    assert read_schedules(buffer)["learning_rate"] == LinearLRSchedule(0.5).to_config()


@pytest.mark.parametrize("cfg", CONFIGS, ids=str)
def test_a_portable_schedule_is_the_schedule_and_needs_only_sb3_and_numpy(cfg: Any) -> None:
    schedule = BaseLRSchedule.create(cfg)
    portable = portable_custom_objects(schedule)["lr_schedule"]
    assert b"lr_schedule" not in cloudpickle.dumps(portable)
    points = np.random.default_rng(0).uniform(size=500)
    missed = np.abs([portable(p) - schedule(p) for p in points])
    assert missed.max() <= 1e-4 * schedule.sample(1001).max()
    assert portable(-0.25) == pytest.approx(schedule(0.0), rel=1e-9, abs=1e-15)
    assert portable(1) == pytest.approx(schedule(1.0), rel=1e-9, abs=1e-15)


def test_custom_objects_from_schedules_cover_each_attribute_of_their_targets() -> None:
    objects = portable_custom_objects({"learning_rate": "lin_0.5", "clip_range": 0.2, "delta_std": "lin_0.1"})
    assert {"learning_rate", "lr_schedule", "clip_range", "delta_std_schedule"} <= set(objects)
    assert repr(objects["learning_rate"]) == "LinearSchedule(start=0.5, end=0.0, end_fraction=1.0)"
    with pytest.raises(ScheduleConfigError, match="ent_coef: no model is saved with a schedule for it"):
        portable_custom_objects({"ent_coef": 0.1})


LOAD = """
import pickle, sys
sys.modules["lr_schedule"] = None  # an import of it now fails, as where it is not installed
import sb3_contrib, stable_baselines3
from tests.sb3.envs import Walk
name, path, objects = sys.argv[1:]
cls = getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)
with open(objects, "rb") as file:
    objects = pickle.load(file)
try:
    cls.load(path, device="cpu")
except ModuleNotFoundError as error:
    print("fails with", error)
model = cls.load(path, env=Walk(), custom_objects=objects, device="cpu")
model.learn(32)
model.save(path + "_portable")
print("RATE", model.lr_schedule(0.25), cls.load(path + "_portable").lr_schedule(0.25))
"""


@pytest.mark.parametrize("name", ["PPO", "ARS"])
def test_with_the_custom_objects_a_model_loads_and_trains_where_the_package_is_missing(
    name: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "model.zip")
    schedule = CosineAnnealingLRSchedule(0.5, final_value=0.1)
    extra: dict[str, Any] = (
        {"clip_range": schedule, "clip_range_vf": schedule} if name == "PPO" else {"delta_std": schedule}
    )
    make(name, learning_rate=schedule, **extra).learn(32).save(path)
    (tmp_path / "objects").write_bytes(pickle.dumps(portable_custom_objects(path)))
    printed = python("-c", LOAD, name, path, tmp_path / "objects", cwd=ROOT).stdout
    assert "fails with" in printed
    rates = [float(text) for text in printed.partition("RATE ")[2].split()]
    assert rates == pytest.approx([schedule(0.25)] * 2, rel=1e-5)


def test_a_model_saved_and_loaded_with_custom_objects_holds_nothing_of_the_package(tmp_path: Path) -> None:
    model = make("PPO", learning_rate=CosineAnnealingLRSchedule(0.5), clip_range=LinearLRSchedule(0.3, final_value=0.1))
    model.save(tmp_path / "model")
    objects = portable_custom_objects(tmp_path / "model")
    class_of("PPO").load(tmp_path / "model", custom_objects=objects, device="cpu").save(tmp_path / "portable")
    with zipfile.ZipFile(tmp_path / "portable.zip") as archive:
        data = json.loads(archive.read("data"))
    pickles = [
        base64.b64decode(value[":serialized:"])
        for value in data.values()
        if isinstance(value, dict) and ":type:" in value
    ]
    assert pickles
    assert not any(b"lr_schedule." in content for content in pickles)


def test_a_model_saved_under_another_python_version_loads_with_its_schedules() -> None:
    model: Any = PPO.load(STORED, device="cpu")
    assert sys.version_info[:2] != (3, 10) or pytest.skip("the stored model was made by this version")
    assert model.learning_rate.to_config() == read_schedules(STORED)["learning_rate"]
    assert model.learning_rate(0.5) == pytest.approx(0.000775, rel=1e-9)
    assert model.clip_range.value_schedule == BaseLRSchedule.create(PARTS)
    assert model.clip_range(0.75) == pytest.approx(0.2, rel=1e-9)


def test_a_schedule_that_no_lines_follow_is_an_error_and_takes_no_memory_without_end() -> None:
    class NoisyLRSchedule(BaseLRSchedule):
        """A schedule that jumps everywhere."""

        type = "noisy_for_saves"

        def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
            return 1.0 + xp.sin(1e9 * progress_remaining)

    try:
        with pytest.raises(ScheduleConfigError, match="changes so often that 2,000,000 points are not enough"):
            portable_custom_objects(NoisyLRSchedule())
    finally:
        registry.pop("noisy_for_saves")
