"""What the examples train with: the values that each update really used are those of their schedules."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
import torch
from stable_baselines3 import PPO, SAC
from torch.optim.lr_scheduler import OneCycleLR

from lr_schedule import BaseLRSchedule
from lr_schedule.control import create_controller
from tests.processes import Program
from tests.recorded import Recording, constants, copy, run, section

PPO_STEPS = 8 * 128
"""Timesteps of a rollout in the examples of PPO."""


def picture(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def ppo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, dict[str, BaseLRSchedule]]:
    """The PPO from YAML, three updates long, and its schedules as the YAML file has them."""
    settings = section("ppo_cartpole")["ppo"]
    schedules = {name: BaseLRSchedule.create(settings[name], 3072) for name in ("learning_rate", "clip_range")}
    return run("ppo_cartpole", tmp_path_factory.mktemp("ppo"), "--total-timesteps", 3072), schedules


def test_every_update_of_ppo_uses_the_schedules_of_the_yaml_file(
    ppo: tuple[Recording, dict[str, BaseLRSchedule]],
) -> None:
    recording, schedules = ppo
    (updates,) = recording.runs
    assert [update.timesteps for update in updates] == [1024, 2048, 3072]
    for update in updates:
        progress = 1 - update.timesteps / 3072
        assert update.rates == [{schedules["learning_rate"](progress)}]
        assert update.values["clip_range"] == schedules["clip_range"](progress)


def test_ppo_prints_draws_and_saves_what_its_updates_used(ppo: tuple[Recording, dict[str, BaseLRSchedule]]) -> None:
    recording, schedules = ppo
    shown = [row[:3] for row in recording.table(columns=4)]
    used = [[u.timesteps, *u.rates[0], u.values["clip_range"]] for u in recording.runs[0]]
    assert shown == [[float(f"{value:.6g}") for value in row] for row in used]
    assert picture(recording.folder / "runs/ppo_cartpole.png")
    loaded = PPO.load(recording.folder / "runs/ppo_cartpole.zip", device="cpu")
    assert loaded.learning_rate == schedules["learning_rate"]
    assert loaded.clip_range.value_schedule == schedules["clip_range"]  # type: ignore[union-attr]


@pytest.mark.slow
def test_all_three_optimizers_of_sac_use_the_schedule_at_every_update(tmp_path: Path) -> None:
    recording = run("sac_pendulum", tmp_path, "--total-timesteps", 600, "--output", "elsewhere/deep")
    schedule = BaseLRSchedule.create(constants("sac_pendulum")["LEARNING_RATE"], 600)
    (updates,) = recording.runs
    assert [update.timesteps for update in updates] == list(range(201, 601))
    assert all(update.rates == [{schedule(1 - update.timesteps / 600)}] * 3 for update in updates)
    assert [row[:2] for row in recording.table(columns=4)] == [
        [at, float(f"{schedule(1 - at / 600):.6g}")] for at in (500,)
    ]
    assert SAC.load(tmp_path / "elsewhere/deep/sac_pendulum.zip", device="cpu").learning_rate == schedule
    assert picture(tmp_path / "elsewhere/deep/sac_pendulum.png")
    assert not (tmp_path / "runs").exists()


def test_the_example_of_the_callback_uses_its_three_schedules(tmp_path: Path) -> None:
    recording = run("schedule_callback", tmp_path, "--total-timesteps", 3072)
    (updates,) = recording.runs
    for count, update in enumerate(updates, start=1):
        over = count / 3
        assert update.values["ent_coef"] == pytest.approx(max(0.0, 0.02 * (1 - over / 0.5)), rel=1e-12, abs=0.0)
        assert update.values["n_epochs"] == round(20 - 15 * over)
        # Gamma counts while a rollout is collected: its value is that of the rollout's start.
        assert update.values["gamma"] == pytest.approx(0.95 + 0.04 * (count - 1) / 3, rel=1e-12, abs=0.0)
    shown = [[row[1], *row[3:]] for row in recording.table(columns=6)]
    names = ("ent_coef", "gamma", "n_epochs")
    assert shown == [[u.timesteps, *(float(f"{u.values[name]:.6g}") for name in names)] for u in updates]
    assert "Mean reward of 20 episodes: " in recording.printed


def test_the_curves_are_compared_by_their_values_and_in_a_picture(tmp_path: Path) -> None:
    printed = run("compare_curves", tmp_path).printed
    rows = {line[:20].rstrip(): [float(cell) for cell in line[20:].split()] for line in printed.splitlines()[1:-1]}
    assert list(rows) == ["constant", "linear", "cosine with warmup", "plateau, then decay", "restarts"]
    low, high = 1e-5, 3e-4
    expected = {
        "constant": [high] * 7,
        "linear": [*(high + (low - high) * k / 5 for k in range(6)), (low + high) / 2],
        "cosine with warmup": [
            0.0,
            *(low + (high - low) * (1 + math.cos(math.pi * (k / 5 - 0.1) / 0.9)) / 2 for k in range(1, 6)),
        ],
    }
    for name, values in expected.items():
        assert rows[name][: len(values)] == [float(f"{value:.2g}") for value in values]
    assert picture(tmp_path / "runs/compare_curves.png")


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saves = 0
    save = PPO.save

    def stopped(model: Any, path: Any) -> None:
        nonlocal saves
        saves += 1
        if saves == 2:
            Path(path).write_bytes(b"half a save")
            raise KeyboardInterrupt
        save(model, path)

    arguments = ("--total-timesteps", 6 * PPO_STEPS, "--save-every", 2 * PPO_STEPS)
    monkeypatch.setattr(PPO, "save", stopped)
    with pytest.raises(KeyboardInterrupt):
        run("resume", tmp_path, *arguments)
    monkeypatch.setattr(PPO, "save", save)
    second = run("resume", tmp_path, *arguments)
    assert f"Continuing: {4 * PPO_STEPS} of {6 * PPO_STEPS} timesteps are left" in second.printed
    rate = BaseLRSchedule.create({"type": "cosine", "initial_value": 3e-3, "final_value": 1e-4})
    (updates,) = second.runs
    for count, update in enumerate(updates, start=3):
        progress = 1 - count / 6
        assert update.rates == [{rate(progress)}]
        assert update.values["ent_coef"] == pytest.approx(0.01 * progress, rel=1e-12, abs=0.0)
    assert len(updates) == 4
    before = (tmp_path / "runs/resume.zip").read_bytes()
    third = run("resume", tmp_path, *arguments)
    assert "The run is complete" in third.printed
    assert third.steps == []
    assert (tmp_path / "runs/resume.zip").read_bytes() == before


def test_every_update_of_the_loop_uses_its_schedules(tmp_path: Path) -> None:
    total = 6 * 1024
    recording = run("custom_loop", tmp_path, "--total-timesteps", total)
    schedules = [BaseLRSchedule.create(cfg, total) for cfg in constants("custom_loop")["SCHEDULES"].values()]
    at = [1024 * count for count in range(1, 7)]
    assert recording.rates == [schedules[0](1 - step / total) for step in at]
    assert len(set(recording.rates)) > 3
    shown = [row[:3] for row in recording.table(columns=4)]
    values = [[step, *(schedule(1 - step / total) for schedule in schedules)] for step in at]
    assert shown == [[float(f"{value:.6g}") for value in row] for row in values]


def long_ppo(updates: int) -> list[list[float]]:
    """Return the timesteps, the rate, the clip and the entropy coefficient of each update of the single-file PPO."""
    names = ("LEARNING_RATE", "CLIP_COEFFICIENT", "ENTROPY_COEFFICIENT")
    schedules = [BaseLRSchedule.create(constants("cleanrl_style_ppo")[name], updates) for name in names]
    rows = []
    for update in range(updates):
        values = [torch.tensor(schedule(1 - update / updates)).item() for schedule in schedules]
        rows.append([512.0 * (update + 1), *values])
    return rows


def test_the_single_file_ppo_uses_its_schedules_at_every_update(tmp_path: Path) -> None:
    recording = run("cleanrl_style_ppo", tmp_path, "--total-timesteps", 10 * 512)
    expected = long_ppo(10)
    assert list(dict.fromkeys(recording.rates)) == [row[1] for row in expected]
    shown = [row[:4] for row in recording.table(columns=5)]
    assert shown == [[float(f"{value:.6g}") for value in row] for row in expected]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_the_single_file_ppo_learns_cartpole_with_a_compiled_update(tmp_path: Path) -> None:
    finished = Program(copy("cleanrl_style_ppo", tmp_path), "--compile", cwd=tmp_path).finish()
    assert finished.returncode == 0, finished.stderr
    rows = Recording(tmp_path, finished.stdout).table(columns=5)
    expected = [[float(f"{value:.6g}") for value in row] for row in long_ppo(195)[18::19]]
    assert [row[:4] for row in rows] == expected
    assert rows[-1][-1] >= 400


def test_the_optax_loop_fits_its_curve(tmp_path: Path) -> None:
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", run("optax_loop", tmp_path).printed)]
    assert losses[-1] < 1e-3 < losses[0]


def test_the_optax_loop_resumes_exactly_from_its_weights_and_state() -> None:
    loop = constants("optax_loop")
    weights = loop["first_weights"]()
    state = loop["optimizer"].init(weights)
    saved = None
    for count in range(loop["UPDATES"]):
        if count == 200:
            saved = jax.tree.map(jnp.array, (weights, state))
        weights, state = loop["update"](weights, state)
    assert saved is not None
    resumed, state = saved
    for _ in range(loop["UPDATES"] - 200):
        resumed, state = loop["update"](resumed, state)
    assert all(bool((weights[name] == resumed[name]).all()) for name in weights)


@pytest.mark.slow
def test_ppo_with_torch_and_optax_schedules_uses_what_stepping_by_hand_gives(tmp_path: Path) -> None:
    recording = run("bridge_one_cycle_ppo", tmp_path, "--total-timesteps", 10_000)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    scheduler = OneCycleLR(optimizer, max_lr=5e-3, total_steps=10, pct_start=0.2)
    by_hand: list[float] = []
    for _ in range(9):
        optimizer.step()
        scheduler.step()
        by_hand += [float(rate) for rate in scheduler.get_last_lr()]
    cosine = optax.warmup_cosine_decay_schedule(0.0, 3e-3, warmup_steps=1, decay_steps=10, end_value=1e-5)
    one_cycle, of_optax = ([update.rates for update in updates] for updates in recording.runs)
    assert one_cycle == [[{rate}] for rate in [*by_hand, by_hand[-1]]]
    assert of_optax == [[{float(cosine(k))}] for k in range(1, 11)]
    assert picture(tmp_path / "runs/bridge_one_cycle_ppo.png")


def test_the_rates_of_the_example_with_a_controller_follow_from_the_kls_alone(tmp_path: Path) -> None:
    recording = run("kl_ppo", tmp_path, "--total-timesteps", 6000)
    (callback,) = section("kl_ppo")["CartPole-v1"]["callback"]
    config = callback["lr_schedule.sb3.ScheduleCallback"]["schedules"]["learning_rate"]
    controller = create_controller({key: value for key, value in config.items() if key != "metric"}, 6000)
    (updates,) = recording.runs
    assert len(updates) == 6
    for update in updates:
        progress = max(0.0, 1 - update.timesteps / 6000)
        assert update.rates == [{controller(progress)}]
        controller.observe(update.values["kl"], progress)
    assert [row[:2] for row in recording.table(columns=3)] == [
        [update.timesteps, float(f"{next(iter(update.rates[0])):.6g}")] for update in updates
    ]
    within = sum(0.005 <= update.values["kl"] <= 0.02 for update in updates)
    assert f"KL from 0.005 to 0.02 in {within} of 6 updates" in recording.printed
    assert picture(tmp_path / "runs/kl_ppo.png")


@pytest.mark.slow
def test_the_controller_of_the_example_brings_the_kl_into_its_band(tmp_path: Path) -> None:
    printed = run("kl_ppo", tmp_path).printed
    (within, updates) = map(int, re.findall(r"in (\d+) of (\d+) updates", printed)[0])
    assert within >= updates / 2
