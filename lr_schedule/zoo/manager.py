"""The experiment manager of the RL Zoo, with support for schedules as hyperparameters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from rl_zoo3.exp_manager import ExperimentManager
from rl_zoo3.utils import ALGOS
from stable_baselines3.common.base_class import BaseAlgorithm

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.yaml_files import SUFFIXES, Document, read_yaml
from lr_schedule.control import Controller
from lr_schedule.control.create import is_controlled
from lr_schedule.errors import Keys, Problems, ScheduleConfigError, did_you_mean
from lr_schedule.tune import restore_schedules
from lr_schedule.zoo.callbacks import OWN, import_named
from lr_schedule.zoo.checks import refuse_mistakes
from lr_schedule.zoo.expressions import EXPRESSION_KEYS, read_expressions, write_expression
from lr_schedule.zoo.sections import (
    SCHEDULE_KEYS,
    FoundSchedule,
    callbacks_of,
    find_schedules_in_section,
    find_section,
    stated_length,
)


class ScheduleExperimentManager(ExperimentManager):
    """The manager of the Zoo, which also creates schedules from configs, saves these configs, and continues runs.

    Args:
        train_more: Meaning of n_timesteps for a trained agent. If true, it is the number of timesteps to add, and each
            schedule starts again, as in the stock Zoo. If false, it is the length of the whole run.
    """

    def __init__(self, *args: Any, train_more: bool = False, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.train_more = train_more
        if train_more and not self.continue_training:
            raise ScheduleConfigError.at("--train-more", self.trained_agent, "needs --trained-agent")

    def read_hyperparameters(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read the section as the Zoo does, and check it; only plain data is saved."""
        document: Document | None = None
        section: Keys = ()
        if self.config.endswith(SUFFIXES):
            document = read_yaml(self.config)
            with document.located():
                section = find_section(document.data, self.env_name.gym_id)
        # -params overrides a trial, and a trial overrides the file. The Zoo would ignore a trial with the number 0.
        given = {**self._read_trial(), **(self.custom_hyperparams or {})}
        self.custom_hyperparams, self.trial_id = given, None
        hyperparams, saved = super().read_hyperparameters()
        try:
            _check(hyperparams, self.n_timesteps, ALGOS[self.algo])
        except ScheduleConfigError as error:
            # Values from -params, a trial or a Python config have no position in a file.
            if document is None or any(problem.path[:1] and problem.path[0] in given for problem in error.problems):
                raise
            raise document.locate(error, section) from None
        # Read here, so that no string is left that the Zoo would run as Python.
        read = {**read_expressions(hyperparams), "n_timesteps": _run_length(hyperparams, self.n_timesteps)}
        read.update(_fed_by_a_callback(hyperparams))
        return {**hyperparams, **read}, _without_python_tags(_plain(saved))

    def _read_trial(self) -> dict[str, Any]:
        """Return the hyperparameters of the given trial, or none if no trial is given."""
        if self.trial_id is None:
            return {}
        if not (self.storage and self.study_name):
            raise ScheduleConfigError.at("--trial-id", self.trial_id, "needs --storage and --study-name")
        return self.load_trial(self.storage, self.study_name, self.trial_id)

    def _preprocess_schedules(  # type: ignore[override]  # a static method in the Zoo, which calls it on self
        self, hyperparams: dict[str, Any]
    ) -> dict[str, Any]:
        total = _run_length(hyperparams, self.n_timesteps)
        # Schedules with a longer path belong to a callback, which creates them itself.
        given = {
            str(found.path[0]): found for found in find_schedules_in_section(hyperparams, total) if len(found.path) == 1
        }
        numbers = {key: found.cfg for key, found in given.items() if isinstance(found.cfg, (int, float))}
        made = {key: found.create() for key, found in given.items() if key not in numbers}
        # The Zoo handles numbers: it makes functions of them where the algorithms need one.
        return {**hyperparams, **super()._preprocess_schedules(numbers), **made}

    def load_trial(
        self, storage: str, study_name: str, trial_id: int | None = None, convert: bool = True
    ) -> dict[str, Any]:
        """Return the hyperparameters of a trial, with the schedules that it chose as their configs."""
        trials = _load_study(storage, study_name).trials
        if trial_id is not None and not 0 <= trial_id < len(trials):
            there = f"has the trials 0 to {len(trials) - 1}" if trials else "has no trials yet"
            raise ScheduleConfigError.at("--trial-id", trial_id, f"no such trial; the study {study_name!r} {there}")
        try:
            params: dict[str, Any] = super().load_trial(storage, study_name, trial_id, convert)
        except KeyError as error:
            message = f"the trial has no {error.args[0]!r}; was it for another algorithm than {self.algo}?"
            raise ScheduleConfigError.at("--trial-id", trial_id, message) from None
        if not convert:
            return params
        trial = _load_study(storage, study_name).best_trial if trial_id is None else trials[trial_id]
        return restore_schedules(params, trial.user_attrs)

    def _create_sampler(self, sampler_method: str) -> Any:
        if sampler_method != "tpe":
            return super()._create_sampler(sampler_method)
        # The parameters of a schedule depend on its type; with `group`, TPE models those of each type together.
        startup = self.n_startup_trials
        return optuna.samplers.TPESampler(n_startup_trials=startup, seed=self.seed, multivariate=True, group=True)

    def learn(self, model: BaseAlgorithm) -> None:
        """Train; a trained agent and its schedules continue from the last timestep, up to n_timesteps in total."""
        if not self.continue_training or self.train_more:
            super().learn(model)
            return
        done, total = model.num_timesteps, self.n_timesteps
        if done >= total:
            message = (
                f"must be above the {done} timesteps that the trained agent has done; give -n a larger number, "
                "or --train-more to train for n_timesteps more"
            )
            raise ScheduleConfigError.at("n_timesteps", total, message)
        print(f"Continuing after {done} of {total} timesteps")
        # SB3 adds the timesteps that are done to its argument, unless it counts from 0.
        self.n_timesteps = total - done
        # learn() of the Zoo calls model.learn(n_timesteps, ...), which counts from 0 again, and has no argument to
        # change that. So it gets an object with the three attributes of a model that it uses, and with another `learn`.
        continued: Any = SimpleNamespace(env=model.env, policy=model.policy)
        continued.learn = partial(model.learn, reset_num_timesteps=False)
        super().learn(continued)


def _load_study(storage: str, study_name: str) -> optuna.Study:
    backend: Any = storage
    if storage.endswith(".log"):
        # Optuna would create an empty journal if there is none.
        if not Path(storage).is_file():
            raise ScheduleConfigError.at("--storage", storage, "no such file")
        backend = JournalStorage(JournalFileBackend(storage))
    names = optuna.get_all_study_names(backend)
    if study_name not in names:
        message = f"no such study{did_you_mean(study_name, names)} Studies in {storage}: {', '.join(names)}"
        raise ScheduleConfigError.at("--study-name", study_name, message)
    return optuna.load_study(storage=backend, study_name=study_name)


def _run_length(hyperparams: Mapping[str, Any], n_timesteps: int) -> float | None:
    return n_timesteps if n_timesteps > 0 else stated_length(hyperparams)


def _fed_by_a_callback(hyperparams: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that replace controllers at keys of the algorithm: their schedules, and a callback for them.

    The algorithm is made with the schedules of the controllers, and the configs of the user are saved.
    """
    controlled = {key: hyperparams[key] for key in SCHEDULE_KEYS if is_controlled(hyperparams.get(key))}
    if not controlled:
        return {}
    given = [entry for _, entry in callbacks_of(hyperparams)]
    schedules = {key: cfg["schedule"] for key, cfg in controlled.items()}
    return {**schedules, "callback": [*given, {OWN: {"schedules": controlled}}]}


def _check(hyperparams: Mapping[str, Any], n_timesteps: int, algo: type[Any]) -> None:
    """Raise an error that lists all problems of a section, including schedules that cannot be saved."""
    total = _run_length(hyperparams, n_timesteps)
    problems = Problems()
    with problems.gathered():
        refuse_mistakes(hyperparams, algo, may_import=lambda name: True)
    if hyperparams.get("policy") is None:
        problems.add("policy", None, f"required key is missing, such as {next(iter(algo.policy_aliases))}")
    if hyperparams.get("n_timesteps") is None and n_timesteps <= 0:
        problems.add("n_timesteps", None, "required key is missing; or give -n")
    for key in ("policy", "env_wrapper", "vec_env_wrapper"):
        with problems.gathered(key):
            _refuse_missing_classes(key, hyperparams.get(key))
    for found in find_schedules_in_section(hyperparams, total):
        with problems.gathered(), _naming_both_lengths(found, hyperparams, n_timesteps):
            found.create().to_config()
    problems.raise_any()


def _refuse_missing_classes(key: str, value: Any) -> None:
    """Raise an error for each dotted name of a class that cannot be imported."""
    for entry in value if isinstance(value, list) else [value]:
        name = next(iter(entry), None) if isinstance(entry, Mapping) else entry
        if isinstance(name, str) and ("." in name or key != "policy"):
            import_named(name)


@contextlib.contextmanager
def _naming_both_lengths(found: FoundSchedule, hyperparams: Mapping[str, Any], n_timesteps: int) -> Iterator[None]:
    """Return a context that adds a note to the error if a schedule fits into the run of the file, but not of -n."""
    try:
        yield
    except ScheduleConfigError as error:
        stated = stated_length(hyperparams)
        if n_timesteps <= 0 or stated is None or found.total_timesteps != n_timesteps or not _fits(found, stated):
            raise
        note = f"; it fits into the {stated:.10g} timesteps of the file, but not into the {n_timesteps} of -n"
        raise ScheduleConfigError([replace(one, message=one.message + note) for one in error.problems]) from None


def _fits(found: FoundSchedule, total_timesteps: float) -> bool:
    try:
        found.create(total_timesteps)
    except ScheduleConfigError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Return hyperparameters in the form to save: schedules as their configs, mappings as plain dicts."""
    if isinstance(value, (BaseLRSchedule, Controller)):
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
        # A value without a string form stays the same; the Zoo then writes it with a tag, as usual.
        with contextlib.suppress(ScheduleConfigError):
            return write_expression(value)
    return value
