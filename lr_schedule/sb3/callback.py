"""ScheduleCallback: schedules for any hyperparameter of a Stable-Baselines3 model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stable_baselines3.common.callbacks import BaseCallback

from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import at_least, read_number
from lr_schedule.sb3 import claims, guard, misuse
from lr_schedule.sb3.clock import Clock, clock_for
from lr_schedule.sb3.config_checks import check_configs
from lr_schedule.sb3.controlled import Feed, forget
from lr_schedule.sb3.log_keys import outputs_without
from lr_schedule.sb3.made_with import schedule_own_targets, warn_of_unread_learning_rate
from lr_schedule.sb3.scheduled import Moment, ScheduledTarget, schedule_targets
from lr_schedule.steps import length_given

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


class ScheduleCallback(BaseCallback):
    """Sets hyperparameters of a model to the values of schedules while it trains.

    Use it for hyperparameters for which SB3 accepts no schedule (the entropy coefficient, gamma, tau, the noise, a
    separate learning rate of the critic), for values that follow a metric, and for schedules over a long run of several
    `learn` calls. The progress comes from the step count of the model.

    Formula:
        ``schedule(p)`` with ``p = 1 - steps / run_timesteps``, clamped to [0, 1]

    Args:
        schedules: Mapping from targets to schedules: a config, a schedule, or a function of progress_remaining (1.0 at
            the start, 0.0 at the end). If the algorithm does not have a target, the error lists those that it has.
            ``<part>.learning_rate`` sets the learning rate of one optimizer (``actor``, ``critic``, ``ent_coef``,
            ``policy``) or of a part of the network (``policy.features_extractor``). Any other number of the optimizer
            is possible too, such as ``<part>.weight_decay`` or ``<part>.betas[0]``. ``env.<attribute>`` and
            ``env.<method>()`` set a value in the environments. With the keys ``sign: -1`` or ``range: [first, last]``
            in its config, a schedule gives values of any sign. A config with the key ``controller`` is a controller,
            which scales a schedule by a metric (see `lr_schedule.control`). Its key ``metric`` is a key of the model's
            log, ``kl`` (PPO: the mean over all mini-batches), or a function of the model; the default for the
            controller ``kl`` is ``train/approx_kl``. Each new value of the metric is observed once.
        run_timesteps: Length of the whole run in timesteps, at least 1. The schedules, including those that the model
            was made with, then follow the whole run through any sequence of `learn` calls, saves and loads. By
            default, each `learn` is a separate run.
        verbose: 0 for no output. With 1, the log lists targets and schedules at the start of training.
        override_auto: Whether ``ent_coef`` may be scheduled if the model learns it (``ent_coef="auto"``).
        timesteps_done: Number of timesteps of the run that are done when the first `learn` starts. By default, the
            model knows it. With 0, a model that has completed a run starts a new one.
        total_timesteps: Another name for `run_timesteps`.

    Raises:
        ScheduleConfigError: An argument is wrong, or a value is out of the range of its target anywhere in the run.
            Some mistakes raise it when `learn` starts, before anything changes: in a function or a key in steps, an
            unknown target, a run that is complete, a target that another callback sets, or a callback that another
            model uses. A metric without any value raises it after three updates.

    Example:
        >>> from stable_baselines3 import PPO
        >>> model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, ent_coef=0.01, device="cpu")
        >>> callback = ScheduleCallback({"ent_coef": {"type": "linear", "initial_value": 0.01}})
        >>> model.learn(128, callback=callback).ent_coef
        0.01
    """

    def __init__(
        self,
        schedules: Mapping[str, Any],
        run_timesteps: int | None = None,
        verbose: int = 0,
        *,
        override_auto: bool = False,
        timesteps_done: int | None = None,
        total_timesteps: int | None = None,
    ) -> None:
        super().__init__(verbose)
        if not isinstance(schedules, Mapping):
            message = "must be a mapping from targets to schedules, such as {'ent_coef': {'type': 'linear'}}"
            raise ScheduleConfigError.at("schedules", schedules, message)
        name, length = length_given(run_timesteps, total_timesteps)
        self.run_timesteps = _whole_number(length, name, smallest=1)
        check_configs(schedules, self.run_timesteps)
        self.schedules = dict(schedules)
        self.override_auto = override_auto
        self._timesteps_done = _whole_number(timesteps_done, "timesteps_done", smallest=0)
        if timesteps_done is not None and self.run_timesteps is None:
            raise ScheduleConfigError.at("timesteps_done", timesteps_done, "needs run_timesteps")
        self._attached_to: BaseAlgorithm | None = None
        self._scheduled: list[ScheduledTarget] = []
        self._at: dict[Moment, list[ScheduledTarget]] = {}
        self._feeds: list[Feed] = []
        # Replaced when `learn` has a model with a step count.
        self._clock = Clock(1)

    def init_callback(self, model: BaseAlgorithm) -> None:
        """Use this callback for a model, unless another model is training with it."""
        if self._attached_to is not None:
            misuse.require_free(model, self._attached_to)
        super().init_callback(model)

    def _init_callback(self) -> None:
        """Check everything, and change nothing; SB3 calls this for all callbacks before training starts."""
        misuse.require_top_level(self)
        misuse.require_run(self.model, self.run_timesteps)
        # Before reading anything: this first restores the values that a failed `learn` has left in the model.
        claims.claims_of(self.model)
        self._clock = clock_for(self.model, self.run_timesteps, self._timesteps_done)
        total = self._clock.total
        scheduled = schedule_targets(self.schedules, self.model, total, override_auto=self.override_auto)
        claims.claim(self.model, self, [item.name for item in scheduled])
        self._sort(scheduled)
        guard.watch_callbacks(self.model, self)

    def on_training_start(self, locals_: dict[str, Any], globals_: dict[str, Any]) -> None:
        """Start to set the values of the model that `learn` trains."""
        misuse.require_model(self)
        # Another `learn`, in another thread, may use this callback now.
        misuse.require_free(locals_.get("self", self.model), self.model)
        super().on_training_start(locals_, globals_)

    def _on_training_start(self) -> None:
        # Again, because a CallbackList sets the parent of its members only after their _init_callback.
        misuse.require_top_level(self)
        guard.attach(self.model, self)
        self._attached_to = self.model
        self._adopt()
        for item in self._scheduled:
            for place in item.places:
                place.attach()
        forget(self.model, [item.name for item in self._scheduled if item.feed is None])
        resumed, callbacks = self._clock.elapsed(self.model) > 0, guard.callbacks_of(self)
        for feed in self._feeds:
            feed.start(resumed=resumed, callbacks=callbacks)
        # It counts only for the first `learn`; after that, the model has the number.
        self._timesteps_done = None
        self._set(self._scheduled)
        self.record()
        if self.verbose > 0:
            start, total = self._clock.elapsed(self.model), self._clock.total
            for item in self._scheduled:
                self.logger.info(f"{item.name} follows {item.schedule!r} from timestep {start} of {total:.10g}")

    def _adopt(self) -> None:
        """Make the model's own schedules follow the whole run too, except if a callback sets their target."""
        # Not in _init_callback: only now, all callbacks of this `learn` have made their claims.
        if "learning_rate" not in claims.claims_of(self.model):
            warn_of_unread_learning_rate(self.model)
        if self._clock.whole_run:
            own = list(schedule_own_targets(self.model, self._clock.total, claims.claims_of(self.model)))
            claims.claim(self.model, self, [item.name for item in own])
            self._sort([*self._scheduled, *own])

    def _sort(self, scheduled: list[ScheduledTarget]) -> None:
        self._scheduled = scheduled
        self._feeds = [item.feed for item in scheduled if item.feed is not None]
        self._at = {moment: [item for item in scheduled if item.moment is moment] for moment in Moment}

    def on_step(self) -> bool:
        """Set the targets that are read at every step."""
        misuse.require_start(self, self._attached_to)
        return super().on_step()

    def _on_rollout_start(self) -> None:
        misuse.require_start(self, self._attached_to)
        self._observe()
        self._set(self._at[Moment.BEFORE_COLLECTING])

    def _on_rollout_end(self) -> None:
        misuse.require_start(self, self._attached_to)
        self._observe()
        self._set(self._at[Moment.BEFORE_UPDATING])

    def _on_step(self) -> bool:
        self._set(self._at[Moment.EVERY_STEP])
        self._clock.record(self.model)
        return True

    def _observe(self) -> None:
        """Pass the metric of the last update to each controller."""
        for feed in self._feeds:
            feed.observe(self._clock.progress(self.model))

    def _set(self, scheduled: list[ScheduledTarget]) -> None:
        # Most steps set nothing, and then need no progress.
        progress = self._clock.progress(self.model) if scheduled else 0.0
        for item in scheduled:
            value = item.value(progress)
            item.write(value)
            self._log(item.name, value)
            if item.feed is not None:
                self._log(f"{item.name}_scale", item.feed.controller.scale)
                if item.feed.observed is not None:
                    self._log(f"{item.name}_metric", item.feed.observed)

    def _log(self, name: str, value: float) -> None:
        self.logger.record(f"schedule/{name}", value, exclude=outputs_without(name, self._logged()))

    def _logged(self) -> Iterator[str]:
        yield from (item.name for item in self._scheduled)
        yield from (f"{feed.name}_{what}" for feed in self._feeds for what in ("scale", "metric"))

    def _on_training_end(self) -> None:
        # Observe the last update now, because the next one may be in another process.
        self._observe()
        guard.release(self.model, self)

    def record(self) -> None:
        """Store the state of the run and of its controllers in the model."""
        self._clock.record(self.model)
        for feed in self._feeds:
            feed.remember()

    def detach(self) -> None:
        """Restore all values of the model that this callback has set."""
        self._attached_to = None
        # In reverse order, because two places may be the same attribute: the first value is restored last.
        for feed in self._feeds:
            feed.stop()
        for item in reversed(self._scheduled):
            for place in reversed(item.places):
                place.detach()


def _whole_number(received: Any, name: str, smallest: int) -> int | None:
    return None if received is None else int(read_number(at_least(smallest), received, name))
