"""The RL Zoo's experiment manager, with schedules as first-class values of its hyperparameters."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import optuna
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from rl_zoo3.exp_manager import ExperimentManager
from stable_baselines3.common.base_class import BaseAlgorithm

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.yaml_files import SUFFIXES, Document, read_yaml
from lr_schedule.errors import Keys, Problems, ScheduleConfigError
from lr_schedule.tune import restore_schedules
from lr_schedule.zoo.expressions import write_expression
from lr_schedule.zoo.hyperparams import EXPRESSION_KEYS
from lr_schedule.zoo.sections import find_schedules_in_section, find_section, refuse_strays


class ScheduleExperimentManager(ExperimentManager):
    """The Zoo's manager, which makes schedules of what a config says, saves what it said, and continues a run."""

    def read_hyperparameters(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read the section as the Zoo does, and check its schedules; what is saved of it is plain data."""
        document: Document | None = None
        section: Keys = ()
        if self.config.endswith(SUFFIXES):
            document = read_yaml(self.config)
            with document.located():
                section = find_section(document.data, self.env_name.gym_id)
        hyperparams, saved = super().read_hyperparameters()
        try:
            _check(hyperparams, self.n_timesteps)
        except ScheduleConfigError as error:
            # What was typed behind -params stands in no file, nor does what a Python config made.
            typed = self.custom_hyperparams or {}
            if document is None or any(problem.path[0] in typed for problem in error.problems):
                raise
            raise document.locate(error, section) from None
        return hyperparams, _without_python_tags(_plain(saved))

    def _preprocess_schedules(  # type: ignore[override]  # a static method in the Zoo, which calls it on self
        self, hyperparams: dict[str, Any]
    ) -> dict[str, Any]:
        total = _run_length(hyperparams, self.n_timesteps)
        # Schedules deeper than at a key of the section belong to a callback, which makes them itself.
        given = {
            str(found.path[0]): found for found in find_schedules_in_section(hyperparams, total) if len(found.path) == 1
        }
        numbers = {key: found.cfg for key, found in given.items() if isinstance(found.cfg, (int, float))}
        made = {key: found.create() for key, found in given.items() if key not in numbers}
        # Numbers are left to the Zoo, which makes functions of those for which the algorithms ask for one.
        return {**hyperparams, **super()._preprocess_schedules(numbers), **made}

    def load_trial(
        self, storage: str, study_name: str, trial_id: int | None = None, convert: bool = True
    ) -> dict[str, Any]:
        """Return the hyperparameters of a trial, with the schedules that it chose as their configs."""
        params: dict[str, Any] = super().load_trial(storage, study_name, trial_id, convert)
        backend: Any = storage
        if storage.endswith(".log"):
            backend = JournalStorage(JournalFileBackend(storage))
        study = optuna.load_study(storage=backend, study_name=study_name)
        trial = study.best_trial if trial_id is None else study.trials[trial_id]
        return restore_schedules(params, trial.user_attrs) if convert else params

    def _create_sampler(self, sampler_method: str) -> Any:
        if sampler_method != "tpe":
            return super()._create_sampler(sampler_method)
        # Which parameters a schedule has depends on its type; with `group`, TPE models those of each type together.
        startup = self.n_startup_trials
        return optuna.samplers.TPESampler(n_startup_trials=startup, seed=self.seed, multivariate=True, group=True)

    def learn(self, model: BaseAlgorithm) -> None:
        """Train; a trained agent goes on from where it stopped, up to n_timesteps in all, and so do its schedules."""
        if not self.continue_training:
            super().learn(model)
            return
        done, total = model.num_timesteps, self.n_timesteps
        if done >= total:
            message = f"must be more than the {done} that the trained agent has behind it; give -n a larger number"
            raise ScheduleConfigError.at("n_timesteps", total, message)
        print(f"Continuing after {done} of {total} timesteps")
        # SB3 adds what is done to what it is asked for, where it does not count from 0.
        self.n_timesteps = total - done
        # The Zoo's learn() calls model.learn(n_timesteps, ...), which counts from 0 again, and it takes no argument to
        # change that. So it is handed an object that has the three things it uses of a model, with another `learn`.
        continued: Any = SimpleNamespace(env=model.env, policy=model.policy)
        continued.learn = partial(model.learn, reset_num_timesteps=False)
        super().learn(continued)


def _run_length(hyperparams: Mapping[str, Any], n_timesteps: int) -> float | None:
    return n_timesteps if n_timesteps > 0 else hyperparams.get("n_timesteps")


def _check(hyperparams: Mapping[str, Any], n_timesteps: int) -> None:
    """Raise the error that lists every problem of the schedules in a section, those that cannot be saved included."""
    total = _run_length(hyperparams, n_timesteps)
    problems = Problems()
    with problems.gathered():
        refuse_strays(hyperparams)
    for found in find_schedules_in_section(hyperparams, total):
        with problems.gathered():
            found.create().to_config()
    problems.raise_any()


def _plain(value: Any) -> Any:
    """Return hyperparameters as they are to be saved: schedules as their configs, mappings as plain dicts."""
    if isinstance(value, BaseLRSchedule):
        return value.to_config()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _without_python_tags(hyperparams: dict[str, Any]) -> dict[str, Any]:
    """Return hyperparameters with classes, such as the activation function of a trial, in the Zoo's string form."""
    texts = {key: _without_python_tag(hyperparams[key]) for key in EXPRESSION_KEYS if key in hyperparams}
    return {**hyperparams, **texts}


def _without_python_tag(value: Any) -> Any:
    try:
        yaml.safe_dump(value)
    except yaml.representer.RepresenterError:
        # What has no string form either stays as it is: the Zoo then writes it with a tag, as it does by itself.
        with contextlib.suppress(ScheduleConfigError):
            return write_expression(value)
    return value
