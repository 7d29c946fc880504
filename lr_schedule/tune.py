"""Search for a schedule with Optuna: for its type, and for the values of its keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from numbers import Real
from typing import TYPE_CHECKING, Any, cast, get_args

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import fields_of
from lr_schedule.config.registry import find_class
from lr_schedule.config.schema import own_fields
from lr_schedule.config.twins import allowed_keys
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.fields import bounds_of, to_number

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

TYPES = ("constant", "linear", "cosine", "cosine_warmup")
"""The types to choose from by default."""

SPACE: dict[str, Any] = {
    "initial_value": (1e-5, 1e-2, "log"),
    "final_ratio": (0.0, 0.2),
    "warmup_fraction": (0.01, 0.2),
    "decay_rate": (1e-3, 1.0, "log"),
    "power": (0.5, 4.0),
}
"""The default ranges of keys. A key without a range keeps its default value."""

TYPE_SPACE: dict[str, dict[str, Any]] = {
    # final_ratio is above 0, because an exponential decay never reaches 0. It is not logarithmic: the types share the
    # parameters of a trial, and Optuna rejects a parameter that is logarithmic in only some trials of a study.
    "tri_stage": {"final_ratio": (1e-3, 0.2), "hold_fraction": (0.1, 0.4), "decay_fraction": (0.1, 0.4)},
    "warmup_stable_decay": {"decay_fraction": (0.1, 0.4)},
}
"""The default ranges of some types, instead of those in `SPACE`; with them, all stages fit into the run."""

STAGES = ("warmup_fraction", "hold_fraction", "decay_fraction")
"""Fields of the types in `TYPE_SPACE` for stages that follow each other in the run."""

_SCALES: tuple[list[str], ...] = ([], ["log"])

ATTRIBUTE = "{name}.config"
Sampler = Callable[[Any, int, int, dict[str, Any]], dict[str, Any]]


def suggest_schedule(
    trial: BaseTrial,
    name: str = "learning_rate",
    types: Sequence[str] = TYPES,
    total_steps: float | None = None,
    **space: Any,
) -> dict[str, Any]:
    """Let a trial choose a schedule: a type, and a value for each key of the type that has a range.

    Use it in an Optuna objective instead of ``trial.suggest_float``. The trial chooses values only for the keys of the
    chosen type, so create a TPE sampler with ``multivariate=True, group=True``.

    Args:
        trial: An Optuna trial. Its parameters are ``<name>.type`` and ``<name>.<key>``; its user attribute
            ``<name>.config`` is the result.
        name: Name of the scheduled hyperparameter.
        types: The types to choose from. By default, constant, linear, cosine and cosine_warmup.
        total_steps: Length of the run, for keys that end in ``_steps``. Must be above 0.
        **space: The range of each config key: ``(low, high)`` for a number between them, ``(low, high, "log")`` for the
            same on a logarithmic scale, a list for one of its items, anything else for a fixed value. `SPACE` and
            `TYPE_SPACE` are the default ranges. A range applies to all types that have the key.

    Returns:
        The config of the chosen schedule as plain data, with every key.

    Raises:
        ScheduleConfigError: A type or a key is unknown, or a choice is not a valid schedule.

    Example:
        >>> import optuna
        >>> trial = optuna.trial.FixedTrial({"learning_rate.initial_value": 0.001, "learning_rate.final_ratio": 0.1})
        >>> config = suggest_schedule(trial, types=["linear"], initial_value=(1e-4, 1e-2, "log"))
        >>> config == {"type": "linear", "initial_value": 0.001, "final_value": 0.0001}
        True
    """
    _refuse_unknown(types, space)
    chosen = types[0] if len(types) == 1 else trial.suggest_categorical(f"{name}.type", list(types))
    cls = find_class(chosen)
    given = {key: choices for key, choices in space.items() if key in allowed_keys(cls)}
    ranges = {**_own_ranges(cls, given, total_steps), **given}
    values = {key: _suggest(trial, f"{name}.{key}", choices, _is_whole(cls, key)) for key, choices in ranges.items()}
    config = BaseLRSchedule.create({"type": chosen, **values}, total_steps).to_config()
    trial.set_user_attr(ATTRIBUTE.format(name=name), config)
    return config


def suggest(sampler: Sampler, name: str = "learning_rate", types: Sequence[str] = TYPES, **space: Any) -> Sampler:
    """Return a sampler of the RL Zoo that searches for a schedule instead of the number that `sampler` searches for.

    Use it for an entry of ``rl_zoo3.hyperparams_opt.HYPERPARAMS_SAMPLER``. The number becomes the initial_value of the
    schedule, and keeps its name among the parameters of a trial. If `sampler` already searches for this schedule, the
    new search replaces the old one.

    Args:
        sampler: A function ``(trial, n_actions, n_envs, additional_args) -> hyperparameters``.
        name: Name of the hyperparameter.
        types: The types to choose from, as in `suggest_schedule`.
        **space: The range of each key, as in `suggest_schedule`.

    Returns:
        A function of the same form; its result has a `BaseLRSchedule` under `name`.

    Raises:
        ScheduleConfigError: A type or a key is unknown, or values from the middle of the ranges are not a valid
            schedule.

    Example:
        >>> from rl_zoo3.hyperparams_opt import HYPERPARAMS_SAMPLER
        >>> HYPERPARAMS_SAMPLER["ppo"] = suggest(HYPERPARAMS_SAMPLER["ppo"], types=["linear", "cosine"])
    """
    _refuse_unknown(types, space)
    for kind in types:  # now, because a config that is no schedule would end a study at some later trial
        own = {key: choices for key, choices in space.items() if key in allowed_keys(find_class(kind))}
        suggest_schedule(cast("BaseTrial", _Middle()), name, [kind], **own)
    if getattr(sampler, "searches", None) == name:
        sampler = sampler.__wrapped__  # type: ignore[attr-defined]

    @wraps(sampler)
    def scheduled(trial: Any, n_actions: int, n_envs: int, additional_args: dict[str, Any]) -> dict[str, Any]:
        sampled = sampler(trial, n_actions, n_envs, additional_args)
        peak = {"initial_value": sampled[name]} if name in sampled else {}
        return {**sampled, name: BaseLRSchedule.create(suggest_schedule(trial, name, types, **{**peak, **space}))}

    scheduled.searches = name  # type: ignore[attr-defined]
    return scheduled


class _Middle:
    """A trial that chooses the middle of each range, and stores nothing."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return math.sqrt(low * high) if log else (low + high) / 2

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return int(low + high) // 2

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return choices[len(choices) // 2]

    def set_user_attr(self, key: str, value: Any) -> None:
        pass


def restore_schedules(params: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a trial, with the config of each schedule instead of its single parameters.

    Use it to train with the best trial of a study.

    Args:
        params: ``trial.params``, or hyperparameters made from them.
        attributes: ``trial.user_attrs``, where `suggest_schedule` stores the config.

    Example:
        >>> logged = {"learning_rate.config": {"type": "linear", "initial_value": 0.1}}
        >>> restore_schedules({"gamma": 0.99, "learning_rate.initial_value": 0.1}, logged)
        {'gamma': 0.99, 'learning_rate': {'type': 'linear', 'initial_value': 0.1}}
    """
    suffix = ATTRIBUTE.format(name="")
    logged = {key.removesuffix(suffix): config for key, config in attributes.items() if key.endswith(suffix)}
    kept = {key: value for key, value in params.items() if key.rpartition(".")[0] not in logged}
    return {**kept, **logged}


def _refuse_unknown(types: Sequence[str], space: Mapping[str, Any]) -> None:
    if isinstance(types, str) or not types:
        raise ScheduleConfigError.at("types", types, "must be a list of at least one type")
    known = {key for name in types for key in allowed_keys(find_class(name))}
    for key, choices in space.items():
        if key not in known:
            message = f"none of the types has this key{did_you_mean(key, known)} Allowed: {', '.join(sorted(known))}"
            raise ScheduleConfigError.at(key, choices, message)
        if isinstance(choices, (tuple, list)):
            for name in types:
                _refuse_no_range(key, choices, fields_of(find_class(name)).get(key))


def _refuse_no_range(key: str, choices: Sequence[Any], annotation: Any) -> None:
    """Reject an empty range, or one outside of the range of its key; the errors of Optuna do not name the key."""
    if isinstance(choices, list):
        if not choices:
            raise ScheduleConfigError.at(key, choices, "must be a list of at least one choice")
        return
    low: Any
    high: Any
    low, high, *scale = choices if len(choices) > 1 else (None, None)
    if not (_is_finite(low) and _is_finite(high)) or scale not in _SCALES:
        raise ScheduleConfigError.at(
            key, choices, "must be (low, high) or (low, high, 'log'), both of them finite numbers"
        )
    if not low <= high or (scale and low <= 0):
        raise ScheduleConfigError.at(key, choices, "must be (low, high) with low <= high, and low > 0 with 'log'")
    kinds = list(_plain_kinds(annotation))
    if int in kinds and not (float(low).is_integer() and float(high).is_integer()):
        raise ScheduleConfigError.at(key, choices, "must be a range of whole numbers")
    for sign, limit, holds in (bound for kind in kinds for bound in bounds_of(kind)):
        # The limit itself may be an end even if it is not a value of the key, because no trial draws it.
        if not all(end == limit or holds(end, limit) for end in (low, high)):
            raise ScheduleConfigError.at(key, choices, f"must be a range of numbers {sign} {limit}")


def _is_finite(number: Any) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)


def _own_ranges(cls: type[Frozen], given: Mapping[str, Any], total_steps: float | None) -> dict[str, Any]:
    """Return the default ranges for the keys of a type, except those for which `given` has a range."""
    space = {**SPACE, **TYPE_SPACE.get(cls.type, {})}
    own = [key for key, field in allowed_keys(cls).items() if field in own_fields(cls)]
    ranges = {key: space[key] for key in own if key in space and not _is_set_by(cls, key, given)}
    stages = [key for key in STAGES if key in ranges]
    if cls.type not in TYPE_SPACE or not stages:
        return ranges
    # The stages that the caller gave shorten the others. Every draw must fit, so the ends of the ranges count, not the
    # drawn values: a sampler needs the same range in all trials.
    left = _left_beside(cls, given, total_steps)
    scale = min(1.0, left / sum(ranges[key][1] for key in stages))
    return {**ranges, **{key: (ranges[key][0] * scale, ranges[key][1] * scale) for key in stages if 0.0 < scale < 1.0}}


def _left_beside(cls: type[Frozen], given: Mapping[str, Any], total_steps: float | None) -> float:
    """Return the fraction of the run that is left when the given stages are as long as possible."""
    left = 1.0
    for key, choices in given.items():
        field = allowed_keys(cls)[key]
        ends = choices[:2] if isinstance(choices, tuple) else choices if isinstance(choices, list) else [choices]
        # `create` reports a value that is not a number.
        with suppress(TypeError):
            fractions = [to_number(end) / (1.0 if key == field else total_steps or 1.0) for end in ends]
            left -= max(fractions) if field in STAGES else 1.0 - min(fractions) if field == "end_fraction" else 0.0
    return left


def _is_set_by(cls: type[Frozen], key: str, space: Mapping[str, Any]) -> bool:
    """Tell whether `space` gives `key` or another key for the same field."""
    keys = allowed_keys(cls)
    return any(keys.get(given) == keys[key] for given in space)


def _is_whole(cls: type[Frozen], key: str) -> bool:
    return any(kind is int for kind in _plain_kinds(fields_of(cls).get(key)))


def _plain_kinds(annotation: Any) -> Iterator[Any]:
    """Yield the annotation, and each annotation inside it, such as the options of a union."""
    yield annotation
    for option in get_args(annotation):
        yield from _plain_kinds(option)


def _suggest(trial: BaseTrial, name: str, choices: Any, whole: bool) -> Any:
    if isinstance(choices, list):
        return trial.suggest_categorical(name, choices)
    if not isinstance(choices, tuple):
        return choices
    low, high, *scale = choices
    log = bool(scale)
    return trial.suggest_int(name, low, high, log=log) if whole else trial.suggest_float(name, low, high, log=log)
