"""Runs of Stable-Baselines3, sb3-contrib and SBX for `compare` on the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lr_schedule.compare.candidates import Parts, for_task, split
from lr_schedule.compare.environments import action_noise, import_packages, make_env, refuse_unknown_env
from lr_schedule.errors import ScheduleConfigError, needs_extra, under
from lr_schedule.zoo.checks import refuse_mistakes
from lr_schedule.zoo.hyperparams import load_hyperparams, preview_section
from lr_schedule.zoo.keys import find_algorithm

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv

Report = Callable[[int, float], None]

SEED_OF_EVALUATION = 1_000_000
"""Offset of the seed for the episodes of evaluations, which are the same for all candidates."""


@dataclass(frozen=True)
class Trainer:
    """Trains a run with the hyperparameters of a candidate, and evaluates it at fixed timesteps.

    Args:
        algo: Name of the algorithm in the Zoo: ``ppo``, ``sac``, ``sbx ppo``.
        n_timesteps: Length of a run, at least 1.
        base: Hyperparameters that all candidates share, in the form of a candidate. A candidate overrides them.
        evaluations: Number of evaluations of a run, at least 1. The last one is at its end.
        episodes: Number of episodes in an evaluation, at least 1.
        device: Device of the networks.
        packages: Modules to import because they register environments.
    """

    algo: str
    n_timesteps: int
    base: Mapping[str, Any] = field(default_factory=dict)
    evaluations: int = 10
    episodes: int = 10
    device: str = "auto"
    packages: tuple[str, ...] = ()

    def settings(self) -> dict[str, Any]:
        """Return the settings that the scores depend on, besides candidate, task and seed."""
        return {
            "algo": self.algo,
            "n_timesteps": self.n_timesteps,
            "base": dict(self.base),
            "evaluations": self.evaluations,
            "episodes": self.episodes,
        }

    def __call__(self, candidate: Any, task: str, seed: int, report: Report) -> None:
        """Train one run."""
        with _one_thread():
            run = self._build(candidate, task, seed)
            try:
                callbacks = [*run.callbacks, _evaluating(self, run, report)]
                run.model.learn(self.n_timesteps, callback=callbacks)
                report(self.n_timesteps, self.evaluate(run))
            finally:
                run.close()

    def check(self, candidate: Any, task: str) -> None:
        """Raise an error if a candidate is wrong for a task, without training."""
        run = self._build(candidate, task, 0)
        try:
            # As in `learn` before training: callbacks check their targets with the model.
            run.model._setup_learn(self.n_timesteps, run.callbacks)
        finally:
            run.close()

    def warnings(self, candidate: Any, task: str) -> tuple[str, ...]:
        """Return what `preview` warns about in a run of a candidate, such as a last update that learns nothing."""
        parts = self._parts(candidate, task)
        section = {**parts.section, "n_timesteps": self.n_timesteps}
        model, zoo = load_hyperparams(section, task, self.n_timesteps)
        try:
            return preview_section(model, zoo, find_algorithm(self.algo), parts.scheduled).warnings
        except ScheduleConfigError as error:
            # Where updates follow whole episodes, only the training shows when they are.
            if error.problems[0].path == ("episode_length",):
                return ()
            raise

    def evaluate(self, run: Run) -> float:
        """Return the mean return of a run's policy, over the same episodes each time."""
        from stable_baselines3.common.vec_env import sync_envs_normalization

        evaluate: Any
        if "Maskable" in type(run.model).__name__:
            from sb3_contrib.common.maskable.evaluation import evaluate_policy as evaluate
        else:
            from stable_baselines3.common.evaluation import evaluate_policy as evaluate
        sync_envs_normalization(run.env, run.of_evaluation)
        run.of_evaluation.seed(SEED_OF_EVALUATION + run.seed)
        mean, _ = evaluate(run.model, run.of_evaluation, n_eval_episodes=self.episodes, deterministic=True)
        return float(mean)

    def _build(self, candidate: Any, task: str, seed: int) -> Run:
        with needs_extra("compare"):
            import stable_baselines3  # noqa: F401

        import_packages(self.packages)
        algorithm = find_algorithm(self.algo)
        parts = self._parts(candidate, task)
        section = {"policy": next(iter(algorithm.policy_aliases)), **parts.section, "n_timesteps": self.n_timesteps}
        refuse_mistakes(section, algorithm, may_import=lambda name: True)
        model, zoo = load_hyperparams(section, task, self.n_timesteps)
        env = make_env(task, zoo, seed, model.get("gamma"), for_training=True)
        of_evaluation = make_env(task, zoo, SEED_OF_EVALUATION + seed, model.get("gamma"), for_training=False)
        keywords = {**model, **action_noise(zoo, env), "seed": seed, "device": self.device, "verbose": 0}
        built = algorithm(env=env, **keywords)
        return Run(built, env, of_evaluation, self._callbacks(zoo, parts), seed)

    def _parts(self, candidate: Any, task: str) -> Parts:
        """Return the shared hyperparameters, overridden by those of a candidate."""
        base, own = split(self.base, task) if self.base else Parts({}, {}), split(candidate, task)
        given = for_task(candidate, task)
        section = {key: value for key, value in base.section.items() if key not in given}
        scheduled = {key: value for key, value in base.scheduled.items() if key not in given}
        return Parts({**section, **own.section}, {**scheduled, **own.scheduled})

    def _callbacks(self, zoo: Mapping[str, Any], parts: Parts) -> list[Any]:
        found = []
        if zoo.get("callback"):
            with needs_extra("compare"):
                from rl_zoo3.utils import get_callback_list

            found = get_callback_list(dict(zoo))
        if parts.scheduled:
            from lr_schedule.sb3 import ScheduleCallback

            found.append(ScheduleCallback(parts.scheduled))
        return found


@dataclass(frozen=True)
class Run:
    """A model, its environments, and the callbacks of its candidate."""

    model: BaseAlgorithm
    env: VecEnv
    of_evaluation: VecEnv
    callbacks: list[Any]
    seed: int

    def close(self) -> None:
        """Close the environments."""
        self.env.close()
        self.of_evaluation.close()


def _evaluating(trainer: Trainer, run: Run, report: Report) -> Any:
    """Return the callback that evaluates at fixed timesteps, except at the end, before the last update."""
    from stable_baselines3.common.callbacks import BaseCallback

    due = [trainer.n_timesteps * number // trainer.evaluations for number in range(1, trainer.evaluations)]

    class Evaluating(BaseCallback):
        def _on_step(self) -> bool:
            while due and self.num_timesteps >= due[0]:
                report(due.pop(0), trainer.evaluate(run))
            return True

    return Evaluating()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Return a context in which torch has one thread, because sums in another order would change the scores."""
    with needs_extra("compare"):
        import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_all(trainer: Trainer, candidates: Mapping[str, Any], tasks: tuple[str, ...]) -> None:
    """Raise an error for the first mistake in any candidate on any task, before anything is trained."""
    for task in tasks:
        refuse_unknown_env(task, trainer.packages)
    for name, candidate in candidates.items():
        for task in tasks:
            with under(name):
                try:
                    trainer.check(candidate, task)
                except (TypeError, ValueError, AssertionError, RuntimeError) as error:
                    if isinstance(error, ScheduleConfigError):
                        raise
                    # The message of SB3 about a hyperparameter that it does not accept.
                    raise ScheduleConfigError.at((), task, " ".join(str(error).split())) from None
