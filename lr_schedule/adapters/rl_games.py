"""Schedules in rl_games: an observer that sets hyperparameters of PPO in each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lr_schedule.adapters.hyperparameters import KL, RATE_OF_OPTIMIZER, SAVED, WHOLE_AT_LEAST_1, Hyperparameters
from lr_schedule.control.ranges import FRACTION, NOT_NEGATIVE, POSITIVE
from lr_schedule.errors import ScheduleConfigError

__all__ = ["ScheduleObserver"]

RANGES = {
    "learning_rate": NOT_NEGATIVE,
    "e_clip": NOT_NEGATIVE,
    "critic_coef": NOT_NEGATIVE,
    "bounds_loss_coef": NOT_NEGATIVE,
    "gamma": FRACTION,
    "tau": FRACTION,
    "grad_norm": POSITIVE,
    "mini_epochs_num": WHOLE_AT_LEAST_1,
}
"""The ranges of the attributes of PPO."""

CONFIG_KEY = "schedules"
"""Key under ``params.config`` in a file of rl_games for the schedules and controllers."""


class ScheduleObserver:
    """Sets hyperparameters of PPO in rl_games to the values of schedules and controllers, before each epoch's updates.

    Use it as the `algo_observer` of a `Runner`. It calls the observer that you would use without it.

    Formula:
        ``schedule(p)`` with ``p = 1 - (epoch - 1) / max_epochs``, where ``epoch`` is the number that rl_games prints.
        If only ``max_frames`` is set, ``p = 1 - frame / max_frames`` with the number of frames before the epoch.

    Args:
        schedules: Mapping from names to schedules: a config, a schedule, or a function of progress_remaining. By
            default, they are those under ``schedules`` in the config, next to ``learning_rate``. A name is
            ``learning_rate``, or the name of a number of the algorithm, such as ``entropy_coef``, ``e_clip``,
            ``critic_coef`` or ``tau``, or ``optimizer.<key>`` for a key of its optimizer. A config with the key
            ``controller`` is a controller, which scales a schedule by a metric. Its ``metric`` is ``kl`` or a function
            of the algorithm. ``kl`` is observed when rl_games calls its own scheduler: after each mini-batch, or with
            ``schedule_type: standard`` after each mini-epoch. The function is called once in an epoch; it may return
            None if there is nothing to observe.
        observer: Another observer to call. The default is the `DefaultAlgoObserver` of rl_games.

    Raises:
        ScheduleConfigError: A config is wrong, the algorithm has no such number, a value leaves its range anywhere in
            the run, the run has no length, or the ``lr_schedule`` of rl_games sets the learning rate too. It is raised
            when the runner makes its algorithm, before anything is set.

    Example:
        ```python
        runner = Runner(ScheduleObserver({"learning_rate": "lin_3e-4", "entropy_coef": "lin_0.01"}))
        runner.load(config)
        runner.run({"train": True})
        ```
    """

    def __init__(self, schedules: Mapping[str, Any] | None = None, observer: Any = None) -> None:
        self.schedules = schedules
        self.observer = _default_observer() if observer is None else observer

    def __getattr__(self, name: str) -> Any:
        if name == "observer":  # not set yet: copy reads it before __init__ runs
            raise AttributeError(name)
        return getattr(self.observer, name)

    def before_init(self, base_name: str, config: dict[str, Any], experiment_name: str) -> None:
        """Read the schedules of the config; rl_games calls this before it makes an algorithm."""
        if self.schedules is None:
            if CONFIG_KEY not in config:
                message = "required; give schedules to ScheduleObserver, or under params.config.schedules in the config"
                raise ScheduleConfigError.at(CONFIG_KEY, None, message)
            self.schedules = config[CONFIG_KEY]
        self.observer.before_init(base_name, config, experiment_name)

    def after_init(self, algo: Any) -> None:
        """Check everything; rl_games calls this after it has made an algorithm."""
        self.observer.after_init(algo)
        self.algorithm = algo
        if not hasattr(algo, "scheduler"):
            message = "only a2c_continuous and a2c_discrete have epochs of updates that schedules can follow"
            raise ScheduleConfigError.at("algo", type(algo).__name__, message)
        own = {"learning_rate": self._write_learning_rate}
        total = self._length_of_run(algo)
        self.hyperparameters = Hyperparameters(self.schedules or {}, algo, total, RANGES, own)
        self._check(algo)
        algo.scheduler.update = partial(self._ask_scheduler, algo.scheduler.update)
        if self.hyperparameters.states():
            algo.get_full_state_weights = partial(self._save, algo.get_full_state_weights)
            algo.set_full_state_weights = partial(self._load, algo.set_full_state_weights)

    def after_steps(self) -> None:
        """Set all values for the updates of this epoch; rl_games calls this when a rollout is complete."""
        for _, controller, metric in self.hyperparameters.fed():
            if callable(metric):
                controller.observe(metric(self.algorithm), self._progress())
        self.hyperparameters.set(self._progress())
        self.observer.after_steps()

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """Log the values; rl_games calls this on its first process when it logs."""
        for name, value in self.hyperparameters.values.items() if self.algorithm.writer is not None else ():
            self.algorithm.writer.add_scalar(f"schedule/{name}", value, frame)
        self.observer.after_print_stats(frame, epoch_num, total_time)

    def _length_of_run(self, algo: Any) -> float:
        if algo.max_epochs > 0:
            return float(algo.max_epochs)
        if algo.max_frames <= 0:
            message = "must be above 0, because it is the length of the run; set it, or max_frames, in params.config"
            raise ScheduleConfigError.at("max_epochs", algo.max_epochs, message)
        if algo.multi_gpu:
            message = "only the first process of a distributed run counts frames; set max_epochs"
            raise ScheduleConfigError.at("max_frames", algo.max_frames, message)
        return float(algo.max_frames)

    def _progress(self) -> float:
        done = self.algorithm.epoch_num - 1 if self.algorithm.max_epochs > 0 else self.algorithm.frame
        return self.hyperparameters.progress(done)

    def _check(self, algo: Any) -> None:
        adapts, falls = algo.is_adaptive_lr, algo.linear_lr
        for name in (item.name for item in self.hyperparameters.items):
            if RATE_OF_OPTIMIZER.fullmatch(name):
                message = "rl_games sets one rate in all param groups after each mini-batch; use the name learning_rate"
                raise ScheduleConfigError.at((name,), name, message)
            if name == "learning_rate" and (adapts or falls):
                own = "adaptive" if adapts else "linear"
                message = (
                    f"rl_games sets it too, because lr_schedule is {own}; write lr_schedule: identity in the config"
                )
                raise ScheduleConfigError.at((name,), f"lr_schedule: {own}", message)
        for item, _, metric in self.hyperparameters.fed():
            if metric not in KL and not callable(metric):
                message = "must be kl, the only metric that rl_games provides, or in Python a function of the algorithm"
                raise ScheduleConfigError.at((item.name, "metric"), metric, message)

    def _write_learning_rate(self, value: float) -> None:
        # Both: the optimizer needs it for the first mini-batch, and after that rl_games writes last_lr into it.
        self.algorithm.last_lr = value
        self.algorithm.update_lr(value)

    def _ask_scheduler(
        self,
        update: Callable[..., tuple[float, float]],
        current_lr: float,
        entropy_coef: float,
        epoch: int,
        frames: int,
        kl_dist: float,
        **kwargs: Any,
    ) -> tuple[float, float]:
        """Replace the `RLScheduler` of the algorithm, which returns the next learning rate and entropy coefficient."""
        rate, coefficient = update(current_lr, entropy_coef, epoch, frames, kl_dist, **kwargs)
        fed = [controller for _, controller, metric in self.hyperparameters.fed() if metric in KL]
        for controller in fed:
            controller.observe(kl_dist, self._progress())
        if fed:
            self.hyperparameters.set(self._progress())
        return self.hyperparameters.values.get("learning_rate", rate), self.hyperparameters.values.get(
            "entropy_coef", coefficient
        )

    def _save(self, get: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return {**get(), SAVED: self.hyperparameters.states()}

    def _load(self, put: Callable[..., None], weights: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        self.hyperparameters.load_states(weights.get(SAVED, {}))
        put(weights, *args, **kwargs)


def _default_observer() -> Any:
    from rl_games.common.algo_observer import DefaultAlgoObserver

    return DefaultAlgoObserver()
