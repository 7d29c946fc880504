"""Hyperparameters in the form of the RL Zoo, with their schedules found, checked and made into schedule objects."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from lr_schedule.base import BaseLRSchedule
from lr_schedule.config.registry import parse_string, registry
from lr_schedule.config.yaml_files import Document, read_yaml
from lr_schedule.errors import Keys, Problems, ScheduleConfigError, did_you_mean, under
from lr_schedule.fields import PositiveNumber, is_numeral, read_number
from lr_schedule.zoo.expressions import read_expression

SCHEDULE_KEYS = ("learning_rate", "clip_range", "clip_range_vf", "delta_std", "qf_learning_rate")
"""Hyperparameters whose value may be a schedule; any other is scheduled by a ScheduleCallback under ``callback``."""

ZOO_KEYS = (
    "n_envs",
    "n_timesteps",
    "normalize",
    "frame_stack",
    "env_wrapper",
    "vec_env_wrapper",
    "callback",
    "monitor_kwargs",
    "env_kwargs",
    "noise_type",
    "noise_std",
)
"""What a section holds for the Zoo rather than for the algorithm."""

EXPRESSION_KEYS = ("policy_kwargs", "replay_buffer_class", "replay_buffer_kwargs")
SECTION_MARKS = ("policy", "n_timesteps", "callback", *SCHEDULE_KEYS)
CALLBACK = "ScheduleCallback"
OFF_WHEN_NEGATIVE = ("clip_range", "clip_range_vf")


class Hyperparams(NamedTuple):
    """One section of a hyperparameter file, split by who takes what.

    Attributes:
        model: Keywords of the algorithm, as in ``PPO(env=env, **model)``; schedules are `BaseLRSchedule` objects.
        zoo: The rest, which the Zoo uses itself: ``n_timesteps``, ``n_envs``, ``normalize``, ``callback`` and so on.

    Example:
        >>> load_hyperparams({"n_envs": 8, "n_steps": 32, "learning_rate": 3e-4})
        Hyperparams(model={'n_steps': 32, 'learning_rate': 0.0003}, zoo={'n_envs': 8})
    """

    model: dict[str, Any]
    zoo: dict[str, Any]


class FoundSchedule(NamedTuple):
    """A schedule's config, its place, and the length of the run that it belongs to (None where none is stated)."""

    path: Keys
    cfg: Any
    total_timesteps: float | None

    def create(self) -> BaseLRSchedule:
        """Return the schedule, or raise the error that names its place."""
        with under(*self.path):
            return BaseLRSchedule.create(self.cfg, self.total_timesteps)


def load_hyperparams(
    source: str | os.PathLike[str] | Mapping[str, Any], env_id: str | None = None, total_timesteps: float | None = None
) -> Hyperparams:
    """Read hyperparameters in the RL Zoo's format, with every schedule in them ready to be called.

    Use it to train from a Zoo file without the Zoo. Schedules (mappings, lists of phases, strings such as
    ``cosine_3e-4``) are made at ``learning_rate``, ``clip_range``, ``clip_range_vf``, ``delta_std``,
    ``qf_learning_rate`` and in a ScheduleCallback under ``callback``; numbers stay numbers.

    Args:
        source: A YAML file, or a mapping (OmegaConf's too), with one section per environment or with the
            hyperparameters themselves, as in the ``config.yml`` that the Zoo saves. It is not changed.
        env_id: The section; ``atari`` or ``default`` serve where it has none of its own (None: the only section).
        total_timesteps: Length of the run, for the ``*_steps`` keys (> 0; None: ``n_timesteps`` of the section).

    Returns:
        The keywords of the algorithm, and what is for the Zoo.

    Raises:
        ScheduleConfigError: The file, the section or a schedule cannot be used; every problem names its line.

    Example:
        >>> model, zoo = load_hyperparams({"n_timesteps": 1e5, "policy": "MlpPolicy", "learning_rate": "lin_3e-4"})
        >>> model["learning_rate"](0.5), zoo
        (0.00015, {'n_timesteps': 100000.0})
    """
    if isinstance(source, Mapping):
        try:
            document = Document("", _copy(source), None)
        except RecursionError:
            raise ScheduleConfigError.at((), "...", "nested too deeply, or contains itself") from None
    else:
        document = read_yaml(os.fspath(source))
    # What was handed over as data has no lines to name, but the same paths.
    placed = document.located if document.file else under
    with placed():
        path = find_section(document.data, env_id)
    with placed(*path):
        return _read_section(document.data[path[0]] if path else document.data, total_timesteps)


def find_section(data: Any, env_id: str | None) -> Keys:
    """Return the path of the section for `env_id`: empty where `data` are the hyperparameters themselves."""
    if not isinstance(data, Mapping) or not data:
        raise ScheduleConfigError.at((), data, "must be a mapping with a section for each environment")
    if is_section(data):
        return ()
    names = [str(name) for name in data]
    if env_id is None:
        if len(names) > 1:
            raise ScheduleConfigError.at((), env_id, f"env_id must name a section; there are {', '.join(names)}")
        env_id = names[0]
    fallbacks = ["atari"] if _is_atari(env_id) else ["default"]
    for name in [env_id, *fallbacks]:
        if name in data:
            if isinstance(data[name], Mapping):
                return (name,)
            raise ScheduleConfigError.at(name, data[name], "must be a mapping of hyperparameters")
    message = f"no such section, and no {fallbacks[0]!r}{did_you_mean(env_id, names)} Sections: {', '.join(names)}"
    raise ScheduleConfigError.at(env_id, env_id, message)


def is_section(data: Mapping[Any, Any]) -> bool:
    """Tell whether a mapping holds hyperparameters themselves, rather than sections that do."""
    return any(key in data for key in SECTION_MARKS) or not any(isinstance(value, Mapping) for value in data.values())


def _is_atari(env_id: str) -> bool:
    if env_id.startswith("ALE/") or "NoFrameskip" in env_id:
        return True
    try:
        import gymnasium
    except ImportError:
        return False
    spec = gymnasium.envs.registration.registry.get(env_id)
    return spec is not None and "AtariEnv" in str(spec.entry_point)


def _read_section(section: Mapping[str, Any], total_timesteps: float | None) -> Hyperparams:
    """Return the section with its schedules made; those of a callback are put into its lists and mappings."""
    made = dict(section)
    total = _run_length(section) if total_timesteps is None else total_timesteps
    problems = Problems()
    with problems.gathered():
        refuse_strays(section)
    for found in found_in(section, total):
        with problems.gathered():
            _put(made, found.path, _read_schedule(found))
    for key in EXPRESSION_KEYS:
        if isinstance(section.get(key), str):
            with problems.gathered(key):
                made[key] = read_expression(section[key])
    problems.raise_any()
    if isinstance(made.get("train_freq"), list):
        made["train_freq"] = tuple(made["train_freq"])
    if total_timesteps is not None:
        made["n_timesteps"] = total_timesteps
    zoo = {key: value for key, value in made.items() if key in ZOO_KEYS}
    return Hyperparams({key: value for key, value in made.items() if key not in ZOO_KEYS}, zoo)


def schedules_in(section: Mapping[Any, Any]) -> dict[Keys, Any]:
    """Return every schedule of one section by its path, numbers included; ``None`` and "no clipping" are left out."""
    found: dict[Keys, Any] = {}
    for key in SCHEDULE_KEYS:
        cfg = section.get(key)
        is_off = key in OFF_WHEN_NEGATIVE and isinstance(cfg, (int, float)) and cfg < 0
        if key in section and not is_off and (cfg is not None or key != "clip_range_vf"):
            found[(key,)] = cfg
    for path, entry in _items("callback", section.get("callback")):
        for name, keywords in entry.items() if isinstance(entry, Mapping) else ():
            schedules = keywords.get("schedules") if isinstance(keywords, Mapping) else None
            if str(name).rpartition(".")[2] == CALLBACK and isinstance(schedules, Mapping):
                found |= {(*path, name, "schedules", key): cfg for key, cfg in schedules.items()}
    return found


def found_in(section: Mapping[Any, Any], total_timesteps: float | None) -> list[FoundSchedule]:
    """Return every schedule of one section with the length of its run, which a callback may set for its own."""
    found = []
    for path, cfg in schedules_in(section).items():
        holder: Any = section
        for step in path[:-2]:
            holder = holder[step]
        own = _run_length(holder) if len(path) > 1 else None
        found.append(FoundSchedule(path, cfg, own or total_timesteps))
    return found


def _items(key: str, value: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(value, list):
        yield from (((key, index), item) for index, item in enumerate(value))
    else:
        yield (key,), value


def refuse_strays(section: Mapping[Any, Any]) -> None:
    """Raise for each schedule that stands at a key of a section where neither SB3 nor the Zoo takes one."""
    problems = Problems()
    for key, value in section.items():
        if key not in (*SCHEDULE_KEYS, "callback") and not str(key).endswith("_kwargs") and _looks_scheduled(value):
            message = f"takes no schedule; give it to lr_schedule.sb3.ScheduleCallback(schedules={{{key!r}: ...}})"
            problems.add(key, value, f"{message} under callback")
    problems.raise_any()


def _looks_scheduled(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _names_type(value)
    if not isinstance(value, str) or is_numeral(value):
        return False
    try:
        return bool(parse_string(value))
    except ScheduleConfigError:
        return False


def _names_type(value: Mapping[Any, Any]) -> bool:
    return isinstance(value.get("type"), str) and value["type"] in registry


def find_schedules(data: Any, path: Keys = (), total: float | None = None) -> Iterator[FoundSchedule]:
    """Yield every schedule in data of any shape: a schedule itself, a Zoo file, any nesting of mappings and lists."""
    if isinstance(data, Mapping):
        if _names_type(data) if path else "type" in data and not any(key in data for key in SECTION_MARKS):
            yield FoundSchedule(path, data, total)
            return
        total = _run_length(data) or total
        here = found_in(data, total)
        yield from (found._replace(path=(*path, *found.path)) for found in here)
        taken = {found.path[0] for found in here} | {"callback"}
        for key, value in data.items():
            if key not in taken:
                yield from find_schedules(value, (*path, key), total)
    elif isinstance(data, list):
        if not path and data and all(isinstance(item, Mapping) for item in data):
            yield FoundSchedule(path, data, total)
            return
        for index, item in enumerate(data):
            yield from find_schedules(item, (*path, index), total)


def _run_length(section: Mapping[Any, Any]) -> float | None:
    for key in ("n_timesteps", "total_timesteps"):
        # What is no length is left for those who use it to complain about: the Zoo, or ScheduleCallback.
        with suppress(ScheduleConfigError):
            return read_number(PositiveNumber, section.get(key), key)
    return None


def _copy(value: Any) -> Any:
    """Return containers of any kind as new dicts and lists; what they hold stays the same objects."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, tuple)):
        return [_copy(item) for item in value]
    return value


def _read_schedule(found: FoundSchedule) -> Any:
    schedule = found.create()
    return found.cfg if isinstance(found.cfg, (int, float)) else schedule


def _put(data: Any, path: Keys, value: Any) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value
