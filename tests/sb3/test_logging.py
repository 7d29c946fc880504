"""What is logged: every scheduled value beside SB3's own, and HParams for a model with a schedule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import HParam, configure

from lr_schedule import ConstantLRSchedule, LinearLRSchedule
from lr_schedule.sb3 import ScheduleCallback, algorithms
from lr_schedule.sb3.targets import TARGETS
from tests.sb3.models import linear, make

PAGE = Path(__file__).parents[2] / "docs" / "sb3" / "index.md"


def logged(folder: Path) -> Any:
    lines = (folder / "progress.csv").read_text().splitlines()
    keys = lines[0].split(",")
    return [dict(zip(keys, line.split(","), strict=True)) for line in lines[1:]]


def test_every_scheduled_value_is_logged_when_it_comes_into_force(tmp_path: Path) -> None:
    model = make("PPO")
    model.set_logger(configure(str(tmp_path), ["csv", "json", "stdout"]))
    schedules = {
        "ent_coef": LinearLRSchedule(0.5, final_value=0.1),
        "gamma": LinearLRSchedule(0.9, final_value=0.5),
        "critic.learning_rate": LinearLRSchedule(0.01, final_value=0.001),
    }
    model.learn(64, callback=ScheduleCallback(schedules))
    rows = logged(tmp_path)
    assert [int(row["time/total_timesteps"]) for row in rows] == [16, 32, 48, 64]
    for row in rows:
        at = int(row["time/total_timesteps"])
        assert float(row["schedule/ent_coef"]) == pytest.approx(linear(0.5, 0.1, 1 - at / 64), rel=1e-9)
        assert float(row["schedule/gamma"]) == pytest.approx(linear(0.9, 0.5, 1 - (at - 16) / 64), rel=1e-9)
        assert float(row["schedule/critic.learning_rate"]) == pytest.approx(linear(0.01, 0.001, 1 - at / 64), rel=1e-9)


def test_names_that_sb3_would_cut_to_the_same_text_do_not_stop_training(tmp_path: Path) -> None:
    model = make("PPO", policy_kwargs={"net_arch": [8, 8]})
    model.set_logger(configure(str(tmp_path), ["csv", "stdout"]))
    parts = [f"policy.mlp_extractor.policy_net.{layer}.learning_rate" for layer in (0, 2)]
    model.learn(16, callback=ScheduleCallback(dict.fromkeys(parts, 0.001)))
    assert [float(logged(tmp_path)[0][f"schedule/{part}"]) for part in parts] == [0.001, 0.001]


class HParamCallback(BaseCallback):
    """The one of SB3's documentation; `show` is what it does with the learning rate."""

    def __init__(self, show: Any) -> None:
        super().__init__()
        self.show = show

    def _on_training_start(self) -> None:
        hparams = {"algorithm": self.model.__class__.__name__, "learning rate": self.show(self.model.learning_rate)}
        self.logger.record("hparams", HParam(hparams, {"train/loss": 0.0}), exclude=("stdout", "log", "json", "csv"))

    def _on_step(self) -> bool:
        return True


def test_hparams_show_the_repr_of_a_schedule_from_which_it_is_made_again(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = make("PPO", learning_rate=LinearLRSchedule(0.01), tensorboard_log=str(tmp_path))
    model.learn(16, callback=[ScheduleCallback({"gamma": 0.9}), HParamCallback(repr)], tb_log_name="run")
    events = accumulator.EventAccumulator(str(tmp_path / "run_1")).Reload()
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"LinearLRSchedule(initial_value=0.01, final_value=0.0)" in content
    assert events.Scalars("schedule/gamma")[0].value == pytest.approx(0.9)


def test_without_the_repr_tensorboard_refuses_a_schedule(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    model = make("PPO", learning_rate=LinearLRSchedule(0.01), tensorboard_log=str(tmp_path))
    with pytest.raises(ValueError, match="value should be one of int, float, str, bool"):
        model.learn(16, callback=HParamCallback(lambda rate: rate))


def test_the_page_lists_each_target_with_its_algorithms() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \|", PAGE.read_text(), flags=re.MULTILINE)
    everything = f"{', '.join(algorithms.SB3)}; SBX PPO, SBX SAC, SBX TQC"
    listed = {
        name: set(re.split("[,;] ", text.replace("all of SB3 and sb3-contrib; SBX PPO, SBX SAC, SBX TQC", everything)))
        for name, text in rows
    }
    assert listed == {name: set(target.algorithms) for name, target in TARGETS.items()}


@pytest.mark.parametrize(("options", "is_told"), [({}, False), ({"verbose": 0}, False), ({"verbose": 1}, True)])
def test_what_follows_which_schedule_is_told_where_it_is_asked_for(options: Any, is_told: bool, tmp_path: Path) -> None:
    model = make("PPO")
    model.set_logger(configure(str(tmp_path), ["log"]))
    schedules = {"ent_coef": LinearLRSchedule(0.5), "gamma": ConstantLRSchedule(0.75)}
    model.learn(16, callback=ScheduleCallback(schedules, **options))
    told = [line for line in (tmp_path / "log.txt").read_text().splitlines() if " follows " in line]
    expected = [f"{name} follows {schedule!r} from timestep 0 of 16" for name, schedule in schedules.items()]
    assert told == [*expected] * is_told
