"""Schedules in rl_games: what its optimizer and its algorithm really have in every step of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from rl_games.common.algo_observer import DefaultAlgoObserver
from rl_games.common.schedulers import AdaptiveScheduler

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.adapters.rl_games import ScheduleObserver
from lr_schedule.control import create_controller
from tests.libraries.rl_games.training import (
    ENVIRONMENTS,
    EPISODE,
    EPOCHS,
    MINI_BATCHES,
    MINI_EPOCHS,
    make_config,
    start,
    train,
)
from tests.libraries.running import run_page

STEPS = MINI_EPOCHS * MINI_BATCHES
RATE = {"type": "linear", "initial_value": 1e-3, "final_value": 1e-5, "warmup_steps": 2}
ENTROPY = {"type": "cosine", "initial_value": 0.01, "final_value": 0.001}
CLIP = {"type": "linear", "initial_value": 0.2}
SCHEDULES = {"learning_rate": RATE, "entropy_coef": ENTROPY, "e_clip": CLIP}
KL: dict[str, Any] = {"controller": "kl", "schedule": {"type": "linear", "initial_value": 1e-3}, "target_kl": 1e-3}


def values(cfg: Any, epochs: Any, total: int = EPOCHS) -> list[float]:
    """The values of a schedule in the steps of the optimizer of some epochs, the first of which is 1."""
    schedule = BaseLRSchedule.create(cfg, total)
    return [schedule(1.0 - (epoch - 1) / total) for epoch in epochs for _ in range(STEPS)]


@pytest.mark.parametrize("kind", [{}, {"schedule_type": "standard"}, {"env_name": "discrete_points"}])
def test_every_step_of_rl_games_has_the_values_of_its_epoch(kind: dict[str, Any], tmp_path: Path) -> None:
    steps = train(ScheduleObserver(SCHEDULES), make_config(tmp_path, **kind))
    epochs = range(1, EPOCHS + 1)
    assert [step.epoch for step in steps] == [epoch for epoch in epochs for _ in range(STEPS)]
    assert [step.rates for step in steps] == [[rate] for rate in values(RATE, epochs)]
    for name in ("entropy_coef", "e_clip"):
        assert [step.algorithm[name] for step in steps] == values(SCHEDULES[name], epochs)


def test_the_schedules_of_rl_games_may_stand_in_its_config(tmp_path: Path) -> None:
    steps = train(ScheduleObserver(), make_config(tmp_path, schedules=SCHEDULES))
    assert [step.rates[0] for step in steps] == values(RATE, range(1, EPOCHS + 1))


def test_a_config_of_rl_games_without_schedules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScheduleConfigError, match=r"schedules: required; .* params\.config\.schedules"):
        start(ScheduleObserver(), make_config(tmp_path))


def test_a_run_of_rl_games_may_be_counted_in_frames(tmp_path: Path) -> None:
    total = 7 * ENVIRONMENTS * EPISODE
    steps = train(ScheduleObserver({"learning_rate": RATE}), make_config(tmp_path, max_epochs=-1, max_frames=total))
    schedule = BaseLRSchedule.create(RATE, total)
    expected = [schedule(1.0 - epoch / 7) for epoch in range(7) for _ in range(STEPS)]
    assert [step.rates[0] for step in steps] == pytest.approx(expected, rel=1e-9)


def test_a_run_of_rl_games_without_a_length_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScheduleConfigError, match="max_epochs: must be above 0, because it is the length of the run"):
        start(ScheduleObserver(SCHEDULES), make_config(tmp_path, max_epochs=-1))


def checkpoint_of(folder: Path, epoch: int) -> str:
    return str(next(folder.rglob(f"last_*ep_{epoch}_rew*.pth")))


def test_a_run_of_rl_games_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    train(ScheduleObserver(SCHEDULES), make_config(tmp_path / "first"))
    checkpoint = checkpoint_of(tmp_path / "first", EPOCHS)
    steps = train(ScheduleObserver(SCHEDULES), make_config(tmp_path / "second", max_epochs=9), checkpoint)
    assert [step.rates[0] for step in steps] == values(RATE, range(EPOCHS + 1, 10), total=9)
    assert [step.algorithm["e_clip"] for step in steps] == values(CLIP, range(EPOCHS + 1, 10), total=9)


@pytest.mark.parametrize("kind", [{}, {"schedule_type": "standard"}, {"env_name": "discrete_points"}])
def test_a_controller_in_rl_games_observes_the_kl_that_rl_games_hands_to_its_scheduler(
    kind: dict[str, Any], tmp_path: Path
) -> None:
    heard: list[tuple[int, float, float]] = []
    observer = ScheduleObserver({"learning_rate": KL})
    hear = observer._ask_scheduler

    def spy(update: Any, lr: float, coefficient: float, epoch: int, frames: int, kl: float) -> Any:
        answer = hear(update, lr, coefficient, epoch, frames, kl)
        heard.append((epoch, kl, answer[0]))
        return answer

    setattr(observer, "_ask_scheduler", spy)  # noqa: B010  # mypy takes no other function for a method
    steps = train(observer, make_config(tmp_path, **kind))
    per_epoch = MINI_EPOCHS if kind else STEPS
    assert len(heard) == EPOCHS * per_epoch
    controller = create_controller(KL)
    assert steps[0].rates == [controller(1.0)]
    for epoch, kl, answer in heard:
        controller.observe(kl, 1.0 - (epoch - 1) / EPOCHS)
        assert answer == pytest.approx(controller(1.0 - (epoch - 1) / EPOCHS), rel=1e-9)
    assert controller.scale != 1.0
    if not kind:  # the next step has what was answered after the last one
        starts = range(1, len(steps))
        assert [steps[n].rates[0] for n in starts if n % STEPS] == [heard[n - 1][2] for n in starts if n % STEPS]


def test_a_controller_over_a_constant_does_in_rl_games_what_its_adaptive_scheduler_does(tmp_path: Path) -> None:
    constant = {"controller": "kl", "schedule": 5e-4, "target_kl": 0.008, "on_zero": "raise"}
    ours = train(ScheduleObserver({"learning_rate": constant}), make_config(tmp_path / "ours"))
    adaptive = make_config(tmp_path / "theirs", lr_schedule="adaptive", kl_threshold=0.008)
    theirs = train(ScheduleObserver({"tau": 0.95}), adaptive)
    rates = [step.rates[0] for step in theirs]
    assert len(set(rates)) > 3
    assert [step.rates[0] for step in ours] == pytest.approx(rates, rel=1e-9)


def test_a_controller_goes_on_from_a_checkpoint_of_rl_games(tmp_path: Path) -> None:
    slow = {**KL, "factor": 1.1}  # so that it stays within its bounds
    train(ScheduleObserver({"learning_rate": slow}), make_config(tmp_path / "first", max_epochs=3))
    checkpoint = checkpoint_of(tmp_path / "first", 3)
    state = torch.load(checkpoint, weights_only=False)["lr_schedule"]["learning_rate"]
    assert state["scale"] != 1.0
    config = make_config(tmp_path / "second", max_epochs=5)
    steps = train(ScheduleObserver({"learning_rate": slow}), config, checkpoint)
    rate = BaseLRSchedule.create(KL["schedule"])(1.0 - 3 / 5) * state["scale"]
    assert steps[0].rates == pytest.approx([rate], rel=1e-9)


def test_a_controller_in_rl_games_takes_a_function_of_the_algorithm(tmp_path: Path) -> None:
    seen: list[int] = []

    def epoch_of(algorithm: Any) -> float:
        seen.append(algorithm.epoch_num)
        return 0.0

    cfg = {"controller": "target", "schedule": 0.01, "goal": 1.0, "factor": 2.0, "direction": "up", "metric": epoch_of}
    steps = train(ScheduleObserver({"entropy_coef": cfg}), make_config(tmp_path, max_epochs=3))
    assert seen == [1, 2, 3]
    assert [step.algorithm["entropy_coef"] for step in steps[::STEPS]] == [0.005, 0.0025, 0.00125]


def test_keys_of_the_optimizers_of_rl_games_follow_schedules(tmp_path: Path) -> None:
    network = make_config(tmp_path)["params"]["network"] | {"central_value": True}
    del network["space"]
    central = {
        "minibatch_size": 16,
        "mini_epochs": 1,
        "learning_rate": 1e-4,
        "clip_value": True,
        "truncate_grads": True,
    }
    central |= {"grad_norm": 1.0, "normalize_input": False, "network": network}
    observer = ScheduleObserver({"optimizer.weight_decay": ENTROPY, "central_value_net.optimizer.lr": RATE})
    config = make_config(tmp_path, env_name="points_with_state", central_value_config=central)
    steps = train(observer, config)
    critic = observer.algorithm.central_value_net.optimizer
    rates = [step.rates[0] for step in steps if step.optimizer is critic]
    assert rates == [rate for rate in values(RATE, range(1, EPOCHS + 1))[::STEPS] for _ in range(MINI_BATCHES)]
    assert observer.algorithm.optimizer.param_groups[0]["weight_decay"] == values(ENTROPY, [EPOCHS])[0]


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        ({"e_clipp": 0.1}, r"e_clipp: no number of A2CAgent; did you mean 'e_clip'"),
        ({"normalize_advantage": 1}, r"no number of A2CAgent"),
        ({"gamma": 1.2}, r"gamma: must be a finite number >= 0 and <= 1 over the whole run"),
        ({"optimizer.weight_deca": 0}, r"no key of the param groups; did you mean 'weight_decay'"),
        ({"optimizer.lr": 1e-3}, r"optimizer\.lr: .* name learning_rate"),
        ({"learning_rate": {"type": "liner"}}, r"learning_rate\.type: .* did you mean 'linear'"),
        ({"e_clip": {**KL, "metric": "entropy"}}, r"e_clip\.metric: must be kl"),
        ({"gamma": 2, "tau": 2}, r"2 problems in the schedule"),
        ("lin_1e-3", r"schedules: must be a mapping from names to schedules"),
    ],
)
def test_wrong_schedules_for_rl_games_are_refused_before_it_trains(
    schedules: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ScheduleConfigError, match=message):
        start(ScheduleObserver(schedules), make_config(tmp_path))


@pytest.mark.parametrize("own", ["adaptive", "linear"])
def test_a_schedule_of_rl_games_and_one_for_its_rate_are_one_too_many(own: str, tmp_path: Path) -> None:
    with pytest.raises(ScheduleConfigError, match=r"learning_rate: .* write lr_schedule: identity"):
        start(ScheduleObserver(SCHEDULES), make_config(tmp_path, lr_schedule=own))


def test_the_adaptive_schedule_of_rl_games_stays_where_only_other_numbers_follow_schedules(tmp_path: Path) -> None:
    observer = ScheduleObserver({"entropy_coef": ENTROPY})
    steps = train(observer, make_config(tmp_path, lr_schedule="adaptive"))
    assert isinstance(observer.algorithm.scheduler, AdaptiveScheduler)
    assert len({step.rates[0] for step in steps}) > 1
    assert [step.algorithm["entropy_coef"] for step in steps] == values(ENTROPY, range(1, EPOCHS + 1))


def test_the_observer_of_rl_games_within_hears_everything(tmp_path: Path) -> None:
    heard: list[str] = []

    class Listening(DefaultAlgoObserver):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name.startswith(("before_", "after_", "process_")):
                heard.append(name)
            return super().__getattribute__(name)

    observer = ScheduleObserver(SCHEDULES, Listening())
    train(observer, make_config(tmp_path))
    observer.algorithm.clear_stats()
    known = {"before_init", "after_init", "process_infos", "after_steps", "after_print_stats", "after_clear_stats"}
    assert set(heard) == known


def test_the_page_on_rl_games_runs(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    names = run_page("rl_games", config=config)
    assert names["runner"].algo_observer.algorithm.epoch_num == EPOCHS
