"""One callback sets one model at a time, and only while that model trains."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from stable_baselines3.common.callbacks import BaseCallback

from lr_schedule import LinearLRSchedule, ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.models import at_each_update, class_of, make

IN_USE = "callback: is in use by another model that trains now; use a separate ScheduleCallback for each model"
NOT_STARTED = r"callback: training has not started; in your own training loop, call on_training_start"


class Nested(BaseCallback):
    """Trains another model at a step of this one, and notes how that ends."""

    def __init__(self, model: Any, callback: Any) -> None:
        super().__init__()
        self.inner = model
        self.callback = callback
        self.errors: list[str] = []

    def _on_step(self) -> bool:
        if self.n_calls == 20:
            try:
                self.inner.learn(32, callback=self.callback)
            except ScheduleConfigError as error:
                self.errors.append(str(error))
        return True


@pytest.mark.parametrize("first", [False, True])
def test_a_callback_that_sets_a_model_cannot_set_another_one_meanwhile(first: bool) -> None:
    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    outer, inner = make("PPO", cls=cls, ent_coef=0.01), make("A2C", ent_coef=0.02)
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)})
    nested = Nested(inner, callback)
    outer.learn(64, callback=[nested, callback] if first else [callback, nested])
    assert [error.startswith(IN_USE) for error in nested.errors] == [True]
    assert seen == pytest.approx([0.375, 0.25, 0.125, 0.0], rel=1e-12)
    assert (outer.ent_coef, inner.ent_coef, inner.num_timesteps) == (0.01, 0.02, 0)
    assert (type(outer), type(inner)) == (cls, class_of("A2C"))
    inner.learn(32, callback=callback)


def test_of_two_threads_with_one_callback_at_most_one_trains_with_it() -> None:
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5)})
    runs = [at_each_update("PPO", lambda m: m.ent_coef) for _ in range(2)]
    models = [make("PPO", cls=cls, ent_coef=0.01) for cls, _ in runs]
    both, errors = threading.Barrier(2), []

    class Meet(BaseCallback):
        """Waits until both models have initialised their callbacks."""

        def _init_callback(self) -> None:
            both.wait(60)

        def _on_step(self) -> bool:
            return True

    def train(model: Any) -> None:
        try:
            model.learn(64, callback=[callback, Meet()])
        except ScheduleConfigError as error:
            errors.append(str(error))

    threads = [threading.Thread(target=train, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finished = [seen for _, seen in runs if seen]
    assert [error.startswith(IN_USE) for error in errors] == [True]
    assert finished == [pytest.approx([0.375, 0.25, 0.125, 0.0], rel=1e-12)]
    assert [model.ent_coef for model in models] == [0.01, 0.01]


def test_a_callback_whose_training_failed_to_start_serves_another_model() -> None:
    class Fails(BaseCallback):
        def _init_callback(self) -> None:
            raise RuntimeError("not ready")

        def _on_step(self) -> bool:
            return True

    callback = ScheduleCallback({"ent_coef": 0.5})
    with pytest.raises(RuntimeError, match="not ready"):
        make("PPO").learn(16, callback=[callback, Fails()])
    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    make("PPO", cls=cls).learn(16, callback=callback)
    assert seen == [0.5]


def test_a_callback_of_a_training_that_was_left_open_serves_another_model_once_it_is_ended() -> None:
    model, callback = make("PPO", ent_coef=0.25), ScheduleCallback({"ent_coef": 0.5})
    _, started = model._setup_learn(32, callback)
    started.on_training_start({}, {})
    with pytest.raises(ScheduleConfigError, match=IN_USE):
        make("PPO").learn(16, callback=callback)
    assert model.ent_coef == 0.5
    started.on_training_end()
    assert model.ent_coef == 0.25
    make("PPO").learn(16, callback=callback)


@pytest.mark.parametrize("target", ["learning_rate", "clip_range", "ent_coef", "gamma", "actor.learning_rate"])
@pytest.mark.parametrize("hook", ["on_rollout_start", "on_step", "on_rollout_end"])
def test_a_loop_that_does_not_tell_of_the_start_of_training_gets_an_error(target: str, hook: str) -> None:
    model = make("PPO")
    schedule, values = model.clip_range, (model.ent_coef, model.gamma)
    _, callback = model._setup_learn(32, ScheduleCallback({target: 0.5}))
    with pytest.raises(ScheduleConfigError, match=NOT_STARTED):
        getattr(callback, hook)()
    assert model.clip_range is schedule
    assert (model.ent_coef, model.gamma) == values
    assert type(model) is class_of("PPO")


def test_a_loop_that_goes_on_after_an_exception_is_told_to_start_again() -> None:
    model = make("PPO", ent_coef=0.25)
    _, callback = model._setup_learn(32, ScheduleCallback({"ent_coef": 0.5}))
    callback.on_training_start({}, {})
    with pytest.raises(TypeError):
        model.collect_rollouts(None, callback, model.rollout_buffer)  # without its n_rollout_steps
    assert model.ent_coef == 0.25
    with pytest.raises(ScheduleConfigError, match=NOT_STARTED):
        callback.on_rollout_end()
    callback.on_training_start({}, {})
    callback.on_rollout_end()
    assert model.ent_coef == 0.5
    callback.on_training_end()
    assert model.ent_coef == 0.25
