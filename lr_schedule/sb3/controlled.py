"""Controllers of a model: they observe a metric while it trains, and their states are stored in the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from lr_schedule.control import Controller
from lr_schedule.control.create import MetricName
from lr_schedule.errors import ScheduleConfigError, did_you_mean, under
from lr_schedule.fields import to_number
from lr_schedule.sb3.metrics import find_metric

STATES = "schedule_controllers"
"""Attribute of a model, saved with it as plain text, with the state of each controller (plain numbers)."""

PATIENCE = 3
"""Number of updates after which a metric without any value is an error."""


class Feed:
    """A metric of a model, which the controller of one target observes.

    Args:
        name: The target.
        controller: The controller.
        metric: The metric as the user gives it.
        model: The model.
    """

    def __init__(self, name: str, controller: Controller, metric: MetricName, model: Any) -> None:
        self.name = name
        self.controller = controller
        self.model = model
        with under(name):
            self.metric = find_metric(model, metric)
        self.observed: float | None = None
        """The newest value that the controller has observed, for the log."""
        self._updates = 0
        self._counted = model._n_updates
        self._may_be_late = False

    def start(self, *, resumed: bool, callbacks: Iterable[BaseCallback]) -> None:
        """Start to watch the metric; in a resumed run, continue from the state that is stored in the model."""
        self._may_be_late = self.metric.may_be_late(callbacks)
        self.metric.attach()
        state = getattr(self.model, STATES, {}).get(self.name)
        if resumed and state is not None:
            self.metric.waiting = state.get("waiting")
            # A controller of another type continues with the scale, so that the value does not jump.
            start = self.controller.init()
            kept = start.keys() & state if state.get("controller") == self.controller.type else {"scale"} & state.keys()
            with under(STATES, self.name):
                self.controller.load_state_dict({**start, **{name: state[name] for name in kept}})
        self.remember()

    def stop(self) -> None:
        """Stop watching the metric."""
        self.metric.detach()

    def observe(self, progress: float) -> None:
        """Pass the new value of the metric to the controller, if there is one."""
        value = self.metric.take()
        if value is not None:
            self._observe(value, progress)
        elif not self._may_be_late:
            self._miss()

    def _observe(self, value: Any, progress: float) -> None:
        self._may_be_late = True  # it has had a value; an update without one is normal
        try:
            self.observed = to_number(value)
        except TypeError:
            raise ScheduleConfigError.at((self.name, "metric"), value, "must be a number") from None
        self.controller.observe(self.observed, progress)
        self.remember()

    def _miss(self) -> None:
        if self.model._n_updates == self._counted:
            return
        self._updates, self._counted = self._updates + 1, self.model._n_updates
        # Off-policy updates happen every few steps, so wait longer for values that are logged at the end of an episode.
        episodes = self.model._episode_num if hasattr(self.model, "train_freq") else PATIENCE
        is_of_updates = str(self.metric.name).startswith("train/")
        if self._updates >= PATIENCE and (is_of_updates or episodes >= PATIENCE):
            logged = self.metric.keys | self.model.logger.name_to_value.keys()
            keys = sorted(key for key in logged if not key.startswith(("schedule/", "time/")))
            hint = did_you_mean(self.metric.name, keys)
            message = f"has had no value in {self._updates} updates{hint} Logged keys: {', '.join(keys)}"
            raise ScheduleConfigError.at((self.name, "metric"), self.metric.name, message)

    def remember(self) -> None:
        """Store the state in the model, for a later `learn` and for saves."""
        state: dict[str, Any] = {"controller": self.controller.type, "metric": _text(self.metric.name)}
        state |= self.controller.state_dict()
        if (waiting := self.metric.look()) is not None:
            state["waiting"] = float(waiting)
        # A new mapping, so that one that a user has read from the model does not change.
        setattr(self.model, STATES, {**getattr(self.model, STATES, {}), self.name: state})


def forget(model: Any, names: Iterable[str]) -> None:
    """Delete the states of targets that have no controller any more from the model."""
    states = getattr(model, STATES, {})
    kept = {name: state for name, state in states.items() if name not in set(names)}
    if len(kept) < len(states):
        setattr(model, STATES, kept)


def _text(metric: MetricName) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
