"""What a controller costs a PPO run: all that it adds to an update, beside that update, SB3's defaults for both.

The work is timed by itself: two updates differ by more from each other than a controller adds to one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import CallbackList

from lr_schedule.sb3 import ScheduleCallback
from lr_schedule.sb3.listening import Heard

METRICS = ("kl", "train/approx_kl")


def updated(metric: str | None) -> tuple[Any, Any]:
    """Return a PPO with SB3's defaults that is in training and has just made an update, and its callbacks."""
    # A target that every update misses, so that the scale moves each time.
    config = {"controller": "kl", "schedule": "lin_3e-4", "target_kl": 1e-7, "metric": metric}
    callback = CallbackList([]) if metric is None else ScheduleCallback({"learning_rate": config})
    model: Any = PPO("MlpPolicy", "CartPole-v1", device="cpu", seed=0)
    _, callbacks = model._setup_learn(10_000_000, callback)
    callbacks.on_training_start({}, {})
    model.collect_rollouts(model.env, callbacks, model.rollout_buffer, model.n_steps)
    model.train()
    return model, callbacks


def what_is_heard(model: Any, metric: str) -> list[tuple[Heard, tuple[Any, ...]]]:
    """Return the calls of an update that a metric listens to; what they return is known already, and costs nothing."""
    calls: list[tuple[Heard, tuple[Any, ...]]] = []
    if metric == "kl":
        owners = {"_get_samples": model.rollout_buffer, "evaluate_actions": model.policy}
        heard = {name: getattr(owner, name) for name, owner in owners.items()}
        batches = list(model.rollout_buffer.get(model.batch_size))
        given = [model.policy.evaluate_actions(batch.observations, batch.actions.flatten()) for batch in batches]
        for batch, evaluation in [*zip(batches, given, strict=True)] * model.n_epochs:
            for name, result in (("_get_samples", batch), ("evaluate_actions", evaluation)):
                calls.append((_known(heard[name], result), ()))
    else:
        keys = [key for key in model.logger.name_to_value if not key.startswith("schedule/")]
        calls += [(_known(getattr(model.logger, "record"), None), (key, 0.01)) for key in keys]  # noqa: B009
    return calls


def _known(heard: Heard, result: Any) -> Heard:
    known = Heard(lambda *args: result)
    known.listeners = heard.listeners
    return known


def work_of(metric: str) -> Callable[[int], None]:
    """Return a function that does what a controller adds to an update: listening, observing, setting, logging."""
    model, callbacks = updated(metric)
    calls = what_is_heard(model, metric)

    def work(_: int) -> None:
        for call, arguments in calls:
            call(*arguments)
        callbacks.on_rollout_start()
        callbacks.on_rollout_end()

    work(0)
    scale = model.schedule_controllers["learning_rate"]["scale"]
    assert scale != 1.0, "work that moves nothing says nothing of what it costs"
    return work


def update() -> Callable[[int], None]:
    """Return a function that makes one update without collecting for it, which would take about as long again."""
    model, _ = updated(None)
    return lambda _: model.train()


@pytest.mark.parametrize("who", ["ours", "update of PPO"])
@pytest.mark.parametrize("metric", METRICS)
def test_all_that_a_controller_adds_to_an_update_as_a_fraction_of_it(race: Any, metric: str, who: str) -> None:
    race(f"work of a controller, metric {metric}", who, work_of(metric) if who == "ours" else update(), 0, aim=0.005)
