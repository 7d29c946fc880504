"""Schedules in rsl_rl: what its optimizer and its algorithm really have in every step of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from rsl_rl.modules.distribution import GaussianDistribution
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.adapters.rsl_rl import schedule_hyperparameters
from lr_schedule.control import create_controller
from tests.libraries.rsl_rl.training import EPOCHS, MINI_BATCHES, Points, make_config, make_runner, record
from tests.libraries.running import run_page

TOTAL = 6
STEPS = EPOCHS * MINI_BATCHES
RATE = {"type": "linear", "initial_value": 1e-3, "final_value": 1e-5, "warmup_steps": 2}
ENTROPY = {"type": "cosine", "initial_value": 0.01, "final_value": 0.001}
CLIP = {"type": "linear", "initial_value": 0.2, "final_value": 0.1}
SCHEDULES = {"learning_rate": RATE, "entropy_coef": ENTROPY, "clip_param": CLIP}
KL: dict[str, Any] = {"controller": "kl", "schedule": {"type": "linear", "initial_value": 1e-3}, "target_kl": 1e-3}


def values(cfg: Any, iterations: Any, total: int = TOTAL) -> list[float]:
    """The values of a schedule in the steps of the optimizer of some iterations."""
    schedule = BaseLRSchedule.create(cfg, total)
    return [schedule(1.0 - iteration / total) for iteration in iterations for _ in range(STEPS)]


def saved_at(folder: Path, iteration: int) -> str:
    return str(folder / f"model_{iteration}.pt")


def test_every_step_of_rsl_rl_has_the_values_of_its_iteration() -> None:
    runner = make_runner()
    steps = record(runner)
    assert schedule_hyperparameters(runner, SCHEDULES, TOTAL) is runner
    runner.learn(TOTAL)
    assert [step.rates for step in steps] == [[rate] for rate in values(RATE, range(TOTAL))]
    for name, cfg in SCHEDULES.items():
        assert [step.algorithm[name] for step in steps] == values(cfg, range(TOTAL))


def test_what_is_scheduled_in_rsl_rl_holds_for_the_rollout_too() -> None:
    runner = make_runner()
    seen: list[float] = []
    step = runner.env.step

    def step_and_see(actions: Any) -> Any:
        seen.append(runner.alg.gamma)
        return step(actions)

    runner.env.step = step_and_see
    schedule_hyperparameters(runner, {"gamma": CLIP}, TOTAL)
    runner.learn(TOTAL)
    expected = [BaseLRSchedule.create(CLIP)(1.0 - iteration / TOTAL) for iteration in range(TOTAL)]
    assert seen == [value for value in expected for _ in range(len(seen) // TOTAL)]


def test_rsl_rl_logs_the_values_that_its_iteration_used(tmp_path: Path) -> None:
    runner = make_runner(tmp_path)
    schedule_hyperparameters(runner, SCHEDULES, TOTAL)
    runner.learn(TOTAL)
    log = EventAccumulator(str(tmp_path)).Reload()
    for key, cfg in {"Loss/learning_rate": RATE, "Schedule/learning_rate": RATE, "Schedule/clip_param": CLIP}.items():
        logged = log.Scalars(key)
        assert [event.step for event in logged] == list(range(TOTAL))
        assert [event.value for event in logged] == pytest.approx(values(cfg, range(TOTAL))[::STEPS], rel=1e-6)


def test_a_number_that_is_whole_in_rsl_rl_stays_whole() -> None:
    runner = make_runner()
    steps = record(runner)
    schedule_hyperparameters(
        runner, {"num_learning_epochs": {"type": "linear", "initial_value": 4, "final_value": 2}}, 8
    )
    runner.learn(5)
    epochs = [step.algorithm["num_learning_epochs"] for step in steps]
    assert epochs == [number for number in (4, 4, 4, 3, 3) for _ in range(number * MINI_BATCHES)]


def test_a_run_of_rsl_rl_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    first = schedule_hyperparameters(make_runner(tmp_path), SCHEDULES, TOTAL)
    first.learn(3)
    runner = make_runner()
    steps = record(runner)
    schedule_hyperparameters(runner, SCHEDULES, TOTAL)
    runner.load(saved_at(tmp_path, 2))
    runner.learn(TOTAL - runner.current_learning_iteration)
    assert [step.rates for step in steps] == [[rate] for rate in values(RATE, range(2, TOTAL))]
    assert [step.algorithm["clip_param"] for step in steps] == values(CLIP, range(2, TOTAL))


def test_rsl_rl_follows_the_number_of_its_iteration_through_calls_of_learn_and_past_the_end() -> None:
    runner = make_runner()
    steps = record(runner)
    schedule_hyperparameters(runner, {"learning_rate": RATE}, TOTAL)
    for _ in range(3):
        runner.learn(3)  # 0 to 2, 2 to 4, 4 to 6: rsl_rl repeats the last number
    assert [step.rates[0] for step in steps] == values(RATE, (0, 1, 2, 2, 3, 4, 4, 5, 6))


def test_keys_of_the_optimizer_of_rsl_rl_follow_schedules_in_all_groups_or_in_one() -> None:
    runner = make_runner()
    group = runner.alg.optimizer.param_groups[0]
    runner.alg.optimizer.add_param_group({"params": [group["params"].pop()]})
    seen: list[Any] = []
    runner.alg.optimizer.register_step_pre_hook(
        lambda optimizer, *_: seen.append([(g["lr"], g["betas"], g["weight_decay"]) for g in optimizer.param_groups])
    )
    beta = {"type": "linear", "initial_value": 0.95, "final_value": 0.85}
    schedules = {"optimizer[1].lr": RATE, "optimizer.betas[0]": beta, "optimizer.weight_decay": ENTROPY}
    schedule_hyperparameters(runner, schedules, TOTAL)
    runner.learn(TOTAL)
    rates, betas, decays = (values(cfg, range(TOTAL)) for cfg in (RATE, beta, ENTROPY))
    assert seen == [
        [(5e-4, (b, 0.999), d), (rate, (b, 0.999), d)] for rate, b, d in zip(rates, betas, decays, strict=True)
    ]


def test_a_tensor_that_is_the_rate_in_rsl_rl_is_filled_in_place() -> None:
    runner = make_runner()
    rate = runner.alg.optimizer.param_groups[0]["lr"] = torch.tensor(1.0, dtype=torch.float64)
    schedule_hyperparameters(runner, {"learning_rate": RATE}, TOTAL)
    runner.learn(3)
    assert runner.alg.optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == values(RATE, [2])[0]


def test_a_controller_in_rsl_rl_hears_the_kl_of_every_mini_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[float] = []
    compute = GaussianDistribution.kl_divergence

    def spy(*args: Any) -> Any:
        computed.append(compute(*args).mean().item())
        return compute(*args)

    monkeypatch.setattr(GaussianDistribution, "kl_divergence", spy)
    runner = make_runner()
    steps = record(runner)
    schedule_hyperparameters(runner, {"learning_rate": KL}, TOTAL)
    runner.learn(TOTAL)
    assert len(computed) == TOTAL * STEPS
    controller = create_controller(KL)
    expected: list[float] = []
    for iteration in range(TOTAL):
        progress = 1.0 - iteration / TOTAL
        expected += [controller(progress)] * STEPS
        heard = computed[iteration * STEPS : (iteration + 1) * STEPS]
        controller.observe(sum(heard) / STEPS, progress)
    assert [step.rates[0] for step in steps] == pytest.approx(expected, rel=1e-9)
    assert controller.scale != 1.0


def test_hearing_the_kl_changes_no_training_of_rsl_rl() -> None:
    plain, heard = make_runner(), make_runner()
    still = {"controller": "kl", "schedule": 5e-4, "minimum": 5e-4, "maximum": 5e-4}
    schedule_hyperparameters(heard, {"learning_rate": still}, TOTAL)
    for runner in (plain, heard):
        torch.manual_seed(2)
        runner.learn(TOTAL)
    assert (heard.alg.schedule, heard.alg.desired_kl) == ("fixed", 0.01)
    pairs = zip(plain.alg.actor.parameters(), heard.alg.actor.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_controller_goes_on_from_a_checkpoint_of_rsl_rl(tmp_path: Path) -> None:
    first = schedule_hyperparameters(make_runner(tmp_path), {"learning_rate": KL}, TOTAL)
    first.learn(3)
    saved = torch.load(saved_at(tmp_path, 2), weights_only=False)["lr_schedule"]
    assert saved["learning_rate"]["scale"] != 1.0
    runner = make_runner()
    steps = record(runner)
    schedule_hyperparameters(runner, {"learning_rate": KL}, TOTAL)
    runner.load(saved_at(tmp_path, 2))
    runner.learn(1)
    rate = BaseLRSchedule.create(KL["schedule"])(1.0 - 2 / TOTAL) * saved["learning_rate"]["scale"]
    assert steps[0].rates == pytest.approx([rate], rel=1e-9)


def test_a_controller_in_rsl_rl_takes_what_an_update_returns_or_a_function() -> None:
    target = {"controller": "target", "schedule": 0.01, "goal": 100.0, "factor": 2.0, "direction": "up"}
    seen: list[int] = []

    def number_of_iteration(runner: Any) -> float:
        seen.append(runner.current_learning_iteration)
        return 0.0

    by_function = {**target, "metric": number_of_iteration}
    runner = make_runner()
    schedule_hyperparameters(
        runner, {"entropy_coef": {**target, "metric": "entropy"}, "clip_param": by_function}, TOTAL
    )
    runner.learn(3)
    assert (runner.alg.entropy_coef, runner.alg.clip_param) == (0.0025, 0.0025)
    assert seen == [0, 0, 1]


def test_a_metric_that_rsl_rl_does_not_have_is_an_error_that_names_those_it_has() -> None:
    runner = make_runner()
    cfg = {"controller": "plateau", "schedule": 0.01, "metric": "entopy"}
    schedule_hyperparameters(runner, {"entropy_coef": cfg}, TOTAL)
    message = r"entropy_coef\.metric: .* did you mean 'entropy'\? Allowed: kl, value, surrogate, entropy"
    with pytest.raises(ScheduleConfigError, match=message):
        runner.learn(1)


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        (
            {"entropy_coeff": 0.1},
            r"no number of PPO; did you mean 'entropy_coef'\? Allowed: clip_param, desired",
        ),
        ({"symmetry.mirror_loss_coeff": 0.1}, r"no number of PPO"),
        ({"use_clipped_value_loss": 1}, r"no number of PPO"),
        ({"gamma": 1.2}, r"gamma: must be a finite number >= 0 and <= 1 over the whole run"),
        ({"num_mini_batches": "lin_4"}, r"num_mini_batches: must be a whole number >= 1 .* progress_remaining 0 "),
        ({"optimizer.weight_deca": 0}, r"no key of the param groups; did you mean 'weight_decay'"),
        ({"optimizer[1].lr": 0}, r"optimizer\[1\]\.lr: the optimizer has 1 param groups"),
        ({"learning_rate": {"type": "liner"}}, r"learning_rate\.type: .* did you mean 'linear'"),
        ({"learning_rate": {"controller": "kl", "schedule": 1}, "gamma": 2, "x": 1}, r"2 problems in the schedule"),
        ("lin_1e-3", r"schedules: must be a mapping from names to schedules"),
    ],
)
def test_wrong_schedules_for_rsl_rl_are_refused_before_anything_is_set(schedules: Any, message: str) -> None:
    runner = make_runner()
    before, numbers = set(vars(runner)), dict(vars(runner.alg))
    with pytest.raises(ScheduleConfigError, match=message):
        schedule_hyperparameters(runner, schedules, TOTAL)
    assert set(vars(runner)) == before
    assert vars(runner.alg) == numbers


def test_the_adaptive_schedule_of_rsl_rl_and_one_for_the_rate_are_one_too_many() -> None:
    runner = make_runner(schedule="adaptive")
    for name in ("learning_rate", "optimizer[0].lr"):
        with pytest.raises(ScheduleConfigError, match=r"(learning_rate|lr): .* write schedule: fixed"):
            schedule_hyperparameters(runner, {name: 1e-3}, TOTAL)
    goal = {"type": "linear", "initial_value": 0.02, "final_value": 0.01}
    steps = record(runner)
    schedule_hyperparameters(runner, {"desired_kl": goal}, TOTAL)
    runner.learn(TOTAL)
    assert [step.algorithm["desired_kl"] for step in steps] == values(goal, range(TOTAL))
    assert len({step.rates[0] for step in steps}) > 1


def test_a_length_of_no_iterations_is_refused_in_rsl_rl() -> None:
    with pytest.raises(ScheduleConfigError, match="total_iterations: must be a whole number >= 1"):
        schedule_hyperparameters(make_runner(), SCHEDULES, 0)


def test_schedules_in_rsl_rl_take_the_place_of_earlier_ones_and_end_without_a_trace() -> None:
    runner = make_runner()
    before, numbers = set(vars(runner)), set(vars(runner.alg))
    schedule_hyperparameters(runner, {"entropy_coef": ENTROPY}, TOTAL)
    schedule_hyperparameters(runner, {"clip_param": CLIP}, TOTAL)
    runner.learn(2)
    assert runner.alg.entropy_coef == make_runner().alg.entropy_coef
    assert runner.alg.clip_param == values(CLIP, [1])[0]
    schedule_hyperparameters(runner, {}, TOTAL)
    assert set(vars(runner)) == before
    assert set(vars(runner.alg)) == numbers


def test_the_page_on_rsl_rl_runs(tmp_path: Path) -> None:
    names = run_page("rsl_rl", env=Points(), config=make_config(), log_dir=str(tmp_path))
    assert names["runner"].current_learning_iteration == 19
