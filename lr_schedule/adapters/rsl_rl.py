"""Schedules in rsl_rl: set hyperparameters of the algorithm of a runner in each iteration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from lr_schedule.adapters.hyperparameters import (
    KL,
    RATE_OF_OPTIMIZER,
    SAVED,
    WHOLE_AT_LEAST_1,
    Hyperparameters,
    write_to,
)
from lr_schedule.config.group_keys import LR
from lr_schedule.control.create import MetricName
from lr_schedule.control.ranges import FRACTION, NOT_NEGATIVE, POSITIVE
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.fields import at_least, read_number

__all__ = ["schedule_hyperparameters"]

Runner = TypeVar("Runner")

RANGES = {
    "learning_rate": NOT_NEGATIVE,
    "clip_param": NOT_NEGATIVE,
    "value_loss_coef": NOT_NEGATIVE,
    "gamma": FRACTION,
    "lam": FRACTION,
    "max_grad_norm": POSITIVE,
    "desired_kl": POSITIVE,
    "num_learning_epochs": WHOLE_AT_LEAST_1,
    "num_mini_batches": WHOLE_AT_LEAST_1,
}
"""The ranges of the attributes of PPO."""

ATTACHED = "lr_schedule_following"
"""Attribute of a runner with the schedules and controllers of its algorithm."""


def schedule_hyperparameters(runner: Runner, schedules: Mapping[str, Any], total_iterations: int) -> Runner:
    """Let hyperparameters of rsl_rl follow schedules and controllers in every `learn` of a runner.

    Use it after you make the runner. To continue controllers from a checkpoint, call it before `load`.

    Formula:
        ``schedule(p)`` with ``p = 1 - it / total_iterations``, where ``it`` is the iteration that rsl_rl logs. The
        value is set before the rollout of the iteration, and stays the same until its update is done.

    Args:
        runner: An `OnPolicyRunner` or a subclass.
        schedules: Mapping from names to schedules: a config, a schedule, or a function of progress_remaining. A name is
            that of a number of the algorithm (``runner.alg``), such as ``learning_rate``, ``entropy_coef``,
            ``clip_param`` or ``symmetry.mirror_loss_coeff``, or ``optimizer.<key>`` and ``optimizer[<group>].<key>``
            for a key of the param groups, such as ``optimizer.betas[0]``. A config with the key ``controller`` is a
            controller, which scales a schedule by a metric. Its ``metric`` is ``kl`` (the mean over all mini-batches of
            an update; the default for the controller ``kl``), a name in the result of the algorithm's `update`
            (``entropy``, ``value``, ``surrogate``), or a function of the runner. The schedules replace those of an
            earlier call. An empty mapping removes them.
        total_iterations: Length of the whole run in iterations, including resumed parts. Must be at least 1.

    Returns:
        The runner itself. Its checkpoints contain the states of controllers.

    Raises:
        ScheduleConfigError: A config is wrong, the algorithm has no such number, a value leaves its range anywhere in
            the run, or the adaptive schedule of rsl_rl sets the learning rate too. Nothing is set then. An unknown
            metric raises it in the first update.

    Example:
        ```python
        runner = OnPolicyRunner(env, config, log_dir, device="cuda:0")
        schedule_hyperparameters(runner, {"entropy_coef": "lin_0.01", "clip_param": "lin_0.2"}, total_iterations=1500)
        runner.learn(1500)
        ```
    """
    following = _Following(runner, schedules, read_number(at_least(1), total_iterations, "total_iterations"))
    earlier = vars(runner).get(ATTACHED)
    if earlier is not None:
        earlier.detach()
    if schedules:
        following.attach()
    return runner


class _Following:
    """The schedules and controllers of a runner's algorithm, and the current iteration.

    rsl_rl has no callbacks, so some methods of this runner and of its algorithm are wrapped.
    """

    def __init__(self, runner: Any, schedules: Mapping[str, Any], total: float) -> None:
        self.runner, self.algorithm = runner, runner.alg
        self.hyperparameters = Hyperparameters(
            schedules, self.algorithm, total, RANGES, own={"learning_rate": self._write_learning_rate}
        )
        self._refuse_own_schedule()
        self._hears_kl = any(metric in KL for _, _, metric in self.hyperparameters.fed())
        if self._hears_kl and not hasattr(_policy_of(self.algorithm), "get_kl_divergence"):
            message = "the policy has no get_kl_divergence, which needs rsl-rl-lib 5.0 or later; give another metric"
            raise ScheduleConfigError.at("metric", "kl", message)
        # None: the next rollout starts with the current iteration of the runner.
        self.iteration: int | None = None
        self._is_set = False
        self._replaced: list[tuple[Any, str, Any]] = []

    def _refuse_own_schedule(self) -> None:
        names = [item.name for item in self.hyperparameters.items]
        names = [name for name in names if name == "learning_rate" or RATE_OF_OPTIMIZER.fullmatch(name)]
        adapts = getattr(self.algorithm, "schedule", None) == "adaptive" and self.algorithm.desired_kl is not None
        if names and adapts:
            message = (
                "the adaptive schedule of rsl_rl sets the learning rate too; write schedule: fixed in the config of "
                "the algorithm, or schedule desired_kl"
            )
            raise ScheduleConfigError.at((names[0],), "schedule: adaptive", message)

    def _write_learning_rate(self, value: float) -> None:
        self.algorithm.learning_rate = value  # what is logged; the optimizer does not read it
        write_to(self.algorithm.optimizer.param_groups, LR)(value)

    def attach(self) -> None:
        """Wrap the methods that show the progress of training."""
        for holder, name in (
            (self.runner, "learn"),
            (self.algorithm, "act"),
            (self.algorithm, "update"),
            (self.algorithm, "save"),
            (self.algorithm, "load"),
        ):
            original = getattr(holder, name, None)
            if original is not None:  # before rsl-rl-lib 4.0, the runner saves and loads without the algorithm
                self._replaced.append((holder, name, original))
                setattr(holder, name, _around(getattr(self, f"_{name}"), original))
        setattr(self.runner, ATTACHED, self)

    def detach(self) -> None:
        """Restore the methods."""
        for holder, name, _ in self._replaced:
            delattr(holder, name)
        delattr(self.runner, ATTACHED)

    def _learn(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.iteration, self._is_set = None, False
        return original(*args, **kwargs)

    def _act(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._is_set:
            self._set()
        return original(*args, **kwargs)

    def _set(self) -> None:
        iteration = self._iteration()
        self.hyperparameters.set(self.hyperparameters.progress(iteration))
        self._is_set = True
        # In rsl-rl-lib 2, the runner itself is the logger. Without a folder for the log, there is no writer.
        writer = getattr(getattr(self.runner, "logger", self.runner), "writer", None)
        if writer is not None:
            for name, value in self.hyperparameters.values.items():
                writer.add_scalar(f"Schedule/{name}", value, iteration)

    def _iteration(self) -> int:
        if self.iteration is None:
            self.iteration = int(self.runner.current_learning_iteration)
        return self.iteration

    def _update(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._is_set:
            self._set()  # for a loop that collects its rollouts in another way
        divergences: list[Any] = []
        if self._hears_kl:
            with _hearing_kl(self.algorithm, divergences, self.hyperparameters.write_again):
                returned = original(*args, **kwargs)
        else:
            returned = original(*args, **kwargs)
        self._observe(divergences, returned)
        self.iteration, self._is_set = self._iteration() + 1, False
        return returned

    def _observe(self, divergences: list[Any], returned: Any) -> None:
        progress = self.hyperparameters.progress(self._iteration())
        for item, controller, metric in self.hyperparameters.fed():
            number = self._measure(item.name, metric, divergences, returned)
            controller.observe(_mean_over_processes(number, self.algorithm), progress)

    def _measure(self, name: str, metric: MetricName, divergences: list[Any], returned: Any) -> Any:
        if callable(metric):
            return metric(self.runner)
        if metric in KL:
            if not divergences:
                raise ScheduleConfigError.at((name, "metric"), metric, "the algorithm computes no KL in its update")
            return float(sum(divergences)) / len(divergences)
        if metric not in returned:
            known = ["kl", *returned]
            message = f"is not in the result of an update{did_you_mean(metric, known)} Allowed: {', '.join(known)}"
            raise ScheduleConfigError.at((name, "metric"), metric, message)
        return returned[metric]

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        saved = original(*args, **kwargs)
        states = self.hyperparameters.states()
        return {**saved, SAVED: states} if states else saved

    def _load(self, original: Callable[..., Any], loaded: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        self.hyperparameters.load_states(loaded.get(SAVED, {}))
        return original(loaded, *args, **kwargs)


def _around(method: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: method(original, *args, **kwargs)


def _policy_of(algorithm: Any) -> Any:
    return algorithm.get_policy() if hasattr(algorithm, "get_policy") else None


@contextmanager
def _hearing_kl(algorithm: Any, divergences: list[Any], write_again: Callable[[], None]) -> Iterator[None]:
    """Collect the mean KL divergence of each mini-batch of an update, as rsl_rl computes it.

    rsl_rl computes it only for its adaptive schedule. So this schedule is switched on with a goal of NaN: every
    comparison is false, and the rate does not change. But rsl_rl then writes this rate into all param groups, rounded
    to 32 bits for other processes, so every value is written again before it is used.
    """
    policy = _policy_of(algorithm)
    compute, before = policy.get_kl_divergence, (algorithm.schedule, algorithm.desired_kl)

    def compute_and_gather(*args: Any, **kwargs: Any) -> Any:
        divergence = compute(*args, **kwargs)
        divergences.append(divergence.mean())
        return divergence

    policy.get_kl_divergence = compute_and_gather
    algorithm.schedule, algorithm.desired_kl = "adaptive", math.nan
    hook = algorithm.optimizer.register_step_pre_hook(lambda *_: write_again())
    try:
        yield
    finally:
        hook.remove()
        algorithm.schedule, algorithm.desired_kl = before
        del policy.get_kl_divergence


def _mean_over_processes(metric: Any, algorithm: Any) -> Any:
    """Return the mean of a metric over all processes of a distributed run, each of which has its own environments."""
    if not getattr(algorithm, "is_multi_gpu", False) or metric is None:
        return metric
    import torch

    total = torch.tensor(metric, dtype=torch.float64, device=algorithm.device)
    torch.distributed.all_reduce(total)
    return total.item() / algorithm.gpu_world_size
