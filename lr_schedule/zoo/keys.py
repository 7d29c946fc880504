"""The keys of a section: those of each algorithm, those of the Zoo, and unknown ones."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.zoo.sections import SCHEDULE_KEYS

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
"""The keys of a section that are for the Zoo and not for the algorithm."""

GIVEN_BY_THE_ZOO = ("env", "tensorboard_log", "verbose", "seed", "device")
"""Arguments of an algorithm that the Zoo passes, so that a section must not have them too."""

NOT_GIVEN = ("_init_setup_model", "supported_action_spaces")
"""Arguments of an algorithm that are for its subclasses."""

SURE = 0.9
"""Similarity above which a key counts as a misspelled known one even if the algorithm is unknown."""


def find_algorithm(name: str) -> type[Any]:
    """Return the class of an algorithm by its name in the Zoo (``ppo``, ``ppo_lstm``) or its own, in any case."""
    from lr_schedule.sb3 import algorithms

    known = {one.lower(): one for one in algorithms.ALL} | {"ppo_lstm": "RecurrentPPO"}
    if name.lower() not in known:
        message = f"unknown algorithm{did_you_mean(name.lower(), known)} Allowed: {', '.join(known)}"
        raise ScheduleConfigError.at("--algo", name, message)
    return algorithms.find(known[name.lower()])


def keywords_of(algo: type[Any]) -> list[str]:
    """Return the keys of a section that are arguments of an algorithm, in the order of its signature."""
    # Without the first parameter, `self`.
    names = [*inspect.signature(algo.__init__).parameters][1:]
    return [name for name in names if name not in (*GIVEN_BY_THE_ZOO, *NOT_GIVEN)]


def _takes_any(algo: type[Any]) -> bool:
    kinds = [one.kind for one in inspect.signature(algo.__init__).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def wrong_key(key: Any, algo: type[Any] | None = None) -> str:
    """Return the message for a wrong key of a section, or an empty string.

    Args:
        key: The key, as in a file.
        algo: The algorithm of the section (None: unknown; a key is then wrong only if it is very similar to one that
            every section may have).
    """
    return _missing_space(key) or (_nearly_known(key) if algo is None else _not_taken(key, algo))


def wrong_policy(key: Any, value: Any, algo: type[Any] | None) -> str:
    """Return the message for a wrong name of a policy; an empty string for other keys and for a user's own policy."""
    known = [*getattr(algo, "policy_aliases", {})]
    if key != "policy" or not known or not isinstance(value, str) or "." in value or value in known:
        return ""
    return f"{algo.__name__ if algo else ''} has no such policy{did_you_mean(value, known)} Allowed: {', '.join(known)}"


def _missing_space(key: Any) -> str:
    word, colon, _ = str(key).partition(":")
    is_joined = colon and word in (*SCHEDULE_KEYS, *ZOO_KEYS)
    return f"unknown key; did you mean {word!r}? A space must follow its colon." if is_joined else ""


def _nearly_known(key: Any) -> str:
    known = (*SCHEDULE_KEYS, *ZOO_KEYS)
    if key in known or not difflib.get_close_matches(str(key)[:100], known, n=1, cutoff=SURE):
        return ""
    return f"unknown key{did_you_mean(key, known)}"


def _not_taken(key: Any, algo: type[Any]) -> str:
    known = [*keywords_of(algo), *ZOO_KEYS]
    if key in known or _takes_any(algo):
        return ""
    if key in GIVEN_BY_THE_ZOO:
        return "the Zoo itself passes this to the algorithm; remove it, and use the option of the Zoo's command line"
    return f"{algo.__name__} has no such key{did_you_mean(key, known)} Allowed: {', '.join(known)}"
