"""A callback beside ours that fails when training starts or ends leaves nothing of ours on the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stable_baselines3.common.callbacks import BaseCallback, CallbackList

from lr_schedule import LinearLRSchedule
from lr_schedule.sb3 import ScheduleCallback
from tests.sb3.models import at_each_update, class_of, make

SCHEDULES = {"ent_coef": 0.1, "clip_range": 0.4, "actor.learning_rate": 0.1}


class Fails(BaseCallback):
    """Fails in the hook that it is given."""

    def __init__(self, hook: str) -> None:
        super().__init__()
        setattr(self, hook, self._fail)

    def _fail(self) -> bool:
        raise RuntimeError("not ready")

    def _on_step(self) -> bool:
        return True


class Composite(BaseCallback):
    """Holds a callback under a name of its own, and fails itself once that one has started."""

    def __init__(self, inner: BaseCallback) -> None:
        super().__init__()
        self.inner = inner

    def _init_callback(self) -> None:
        self.inner.init_callback(self.model)

    def _on_training_start(self) -> None:
        self.inner.on_training_start(self.locals, self.globals)
        raise RuntimeError("not ready")

    def _on_step(self) -> bool:
        return self.inner.on_step()


class Deaf(CallbackList):
    """Does not tell its members that training has ended."""

    def _on_training_end(self) -> None:
        pass


class FailsItself(ScheduleCallback):
    """Fails after it has set the first values."""

    def _on_training_start(self) -> None:
        super()._on_training_start()
        raise RuntimeError("not ready")


def require_as_before(model: Any, schedule: Any) -> None:
    assert type(model) is class_of("PPO")
    assert model.ent_coef == 0.25
    assert model.clip_range is schedule
    assert not model.policy.optimizer._optimizer_step_pre_hooks


@pytest.mark.parametrize("hook", ["_init_callback", "_on_training_start", "_on_training_end"])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_a_failing_neighbour_leaves_the_model_as_it_was(hook: str, first: bool, nested: bool) -> None:
    model = make("PPO", ent_coef=0.25)
    schedule = model.clip_range
    fails = CallbackList([Fails(hook)]) if nested else Fails(hook)
    callbacks = [ScheduleCallback(SCHEDULES), fails, ScheduleCallback({"gamma": 0.5})]
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(32, callback=callbacks[::-1] if first else callbacks)
    require_as_before(model, schedule)
    assert model.gamma == model.rollout_buffer.gamma == 0.99


@pytest.mark.parametrize("make_callback", [Composite, None])
def test_a_callback_that_fails_around_ours_leaves_the_model_as_it_was(make_callback: Any) -> None:
    model = make("PPO", ent_coef=0.25)
    schedule = model.clip_range
    callback = Composite(ScheduleCallback(SCHEDULES)) if make_callback else FailsItself(SCHEDULES)
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(32, callback=callback)
    require_as_before(model, schedule)


def test_a_list_that_does_not_pass_the_end_of_training_on_leaves_the_model_as_it_was() -> None:
    model = make("PPO", ent_coef=0.25)
    schedule = model.clip_range
    model.learn(32, callback=Deaf([ScheduleCallback(SCHEDULES)]))
    require_as_before(model, schedule)


@pytest.mark.parametrize("hook", ["_on_training_start", "_on_training_end"])
def test_after_a_failing_neighbour_a_run_and_a_save_use_what_the_model_was_made_with(hook: str, tmp_path: Path) -> None:
    cls, seen = at_each_update("PPO", lambda m: (m.ent_coef, m.lr_schedule(m._current_progress_remaining)))
    model = make("PPO", cls=cls, ent_coef=0.25, learning_rate=LinearLRSchedule(0.01))
    callback = ScheduleCallback({"ent_coef": LinearLRSchedule(0.5), "learning_rate": 0.5})
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(32, callback=[Fails(hook), callback] if hook.endswith("end") else [callback, Fails(hook)])
    model.save(tmp_path / "model")
    assert class_of("PPO").load(tmp_path / "model", device="cpu").ent_coef == 0.25
    del seen[:]
    model.learn(32)
    assert seen == [(0.25, 0.005), (0.25, 0.0)]


def test_the_callbacks_of_a_run_hold_nothing_of_the_guard_after_it() -> None:
    model = make("PPO")
    top = CallbackList([ScheduleCallback({"gamma": 0.5})])
    model.learn(16, callback=top)
    assert not {"on_training_start", "on_training_end"} & vars(top).keys()
    with pytest.raises(RuntimeError, match="not ready"):
        model.learn(16, callback=CallbackList([top, Fails("_init_callback")]))
    model.learn(16, callback=top)
    assert not {"on_training_start", "on_training_end"} & vars(top).keys()


def test_a_model_that_was_left_held_is_released_by_a_run_without_the_callback() -> None:
    cls, seen = at_each_update("PPO", lambda m: m.ent_coef)
    model = make("PPO", cls=cls, ent_coef=0.25)
    callback = ScheduleCallback({"ent_coef": 0.5})
    _, started = model._setup_learn(32, callback)
    started.on_training_start({}, {})  # and never ended, as by Ctrl-C between two calls of learn
    assert model.ent_coef == 0.5
    model.learn(32)
    assert seen == [0.25, 0.25]
    assert type(model) is cls
