"""The errors about a wrong config: the path, the value received, what is allowed, and the nearest match."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Keys = tuple[str | int, ...]
"""A place in nested data: the keys and indices that lead to it."""


def format_path(path: Keys) -> str:
    """Return ``("parts", 1, "final_value")`` as ``parts[1].final_value``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str], likeness: float = 0.5) -> str:
    """Return ``"; did you mean 'cosine'?"`` for the known word nearest to `word`, or ``"."`` if none is similar.

    Args:
        word: The word in the config.
        known: The allowed words.
        likeness: Smallest similarity of the two words, in (0, 1).
    """
    # A value that is no string has no match: None would match cosine because of its letters.
    near = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=likeness) if isinstance(word, str) else []
    return f"; did you mean {near[0]!r}?" if near else "."


def shown(received: Any) -> str:
    """Return the received value on one short line; a date, which YAML makes from 2024-01-01, as it was written."""
    return str(received) if hasattr(type(received), "isoformat") else reprlib.repr(received)


@dataclass(frozen=True)
class Problem:
    """A mistake in a config: its path, the value received, and what is allowed."""

    path: Keys
    received: Any
    message: str

    def __str__(self) -> str:
        where = format_path(self.path) or "schedule"
        return f"{where}: {self.message} (received {shown(self.received)})"


class ScheduleConfigError(ValueError):
    """A config is wrong. The message names the path, the value received and what is allowed.

    Catch it to show the mistakes in a config to your own users. Your own types raise it with `at`.

    Attributes:
        problems: All problems, in the order of the config. Each has a ``path``, a ``received`` and a ``message``.

    Example:
        >>> BaseLRSchedule.create({"type": "linear", "final_valu": 0.1})
        Traceback (most recent call last):
        ...
        lr_schedule.errors.ScheduleConfigError: final_valu: unknown key; did you mean 'final_value'? ...
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        return f"{len(self.problems)} problems in the schedule:{lines}"

    @classmethod
    def at(cls, key: str | int | Keys, received: Any, message: str) -> ScheduleConfigError:
        """Return the error for one problem at `key`, for you to raise."""
        path = key if isinstance(key, tuple) else (key,)
        return cls([Problem(path, received, message)])

    def below(self, path: Keys) -> ScheduleConfigError:
        """Return the same error for a config that contains this one at `path`."""
        return ScheduleConfigError([replace(problem, path=path + problem.path) for problem in self.problems])


class Problems:
    """Collects the problems of several parts of a config, so that one error lists them all.

    Example:
        >>> problems = Problems()
        >>> for name in ("power", "k"):
        ...     with problems.gathered(name):
        ...         raise ScheduleConfigError.at((), -1, "must be > 0")
        >>> problems.raise_any()
        Traceback (most recent call last):
        ...
        lr_schedule.errors.ScheduleConfigError: 2 problems in the schedule:
          power: must be > 0 (received -1)
          k: must be > 0 (received -1)
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.cause: BaseException | None = None

    def add(self, key: str | int | Keys, received: Any, message: str) -> None:
        """Add one problem at `key`."""
        self.found.append(Problem(key if isinstance(key, tuple) else (key,), received, message))

    def gathered(self, *path: str | int) -> Gathering:
        """Return a context that catches an error raised in it, and adds its problems at `path`."""
        return Gathering(self, path)

    def raise_any(self) -> None:
        """Raise an error that lists all problems, if there are any."""
        if self.found:
            raise ScheduleConfigError(self.found) from self.cause


class Gathering:
    """The context that `Problems.gathered` returns."""

    # A class instead of a generator takes a third of the time; reading a config enters this context for every part.
    __slots__ = ("path", "problems")

    def __init__(self, problems: Problems, path: Keys) -> None:
        self.problems = problems
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, ScheduleConfigError):
            return False
        self.problems.found += error.below(self.path).problems
        self.problems.cause = self.problems.cause or error.__cause__
        return True


class under:  # noqa: N801  # reads as a keyword: with under("parts", 1): ...
    """A context that puts a path in front of every problem of an error raised in it.

    Example:
        >>> with under("parts", 1):
        ...     BaseLRSchedule.create({"initial_value": -1})
        Traceback (most recent call last):
        ...
        lr_schedule.errors.ScheduleConfigError: parts[1].initial_value: must be a finite number >= 0 (received -1)
    """

    __slots__ = ("path",)

    def __init__(self, *path: str | int) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if self.path and isinstance(error, ScheduleConfigError):
            raise error.below(self.path) from error.__cause__


def refuse_plain_error(error: ValueError, received: Any) -> None:
    """Raise a plain ValueError, such as one from a user's `check`, as a ScheduleConfigError."""
    if not isinstance(error, ScheduleConfigError):
        raise ScheduleConfigError.at((), received, str(error)) from error


NO_ARRAY_AS_FACTOR = (
    "a schedule can be multiplied by a number or by a schedule, not by an array; call it first: schedule(progress). "
    "Stable-Baselines3 accepts a schedule only as learning_rate, clip_range and clip_range_vf; for other "
    "hyperparameters, use ScheduleCallback"
)
"""SB3 multiplies a schedule that a user gives as ``ent_coef``, ``vf_coef`` or ``gamma`` by an array."""

EXTRAS = {
    "jax": "jax",
    "matplotlib": "plot",
    "optax": "jax",
    "optuna": "tune",
    "rl_zoo3": "zoo",
    "sb3_contrib": "contrib",
    "sbx": "sbx",
    "scipy": "compare",
    "stable_baselines3": "sb3",
    "torch": "torch",
}
"""The extra of lr_schedule that installs each optional package."""


def how_to_install(package: str, extra: str | None = None) -> str:
    """Return the sentence that names the missing package, and the command that installs its extra."""
    extra = extra or EXTRAS[package]
    return f"needs {package}, which is not installed; in the clone of lr_schedule: pip install '.[{extra}]'"


class needs_extra:  # noqa: N801  # reads as a keyword: with needs_extra(): import torch
    """A context in which a failed import of an optional package says how to install it.

    Args:
        extra: The extra of the feature that needs the package (None: the smallest extra that has the package).

    Example:
        >>> with needs_extra():
        ...     raise ModuleNotFoundError("No module named 'sbx'", name="sbx")
        Traceback (most recent call last):
        ...
        ModuleNotFoundError: needs sbx, which is not installed; in the clone of lr_schedule: pip install '.[sbx]'
    """

    __slots__ = ("extra",)

    def __init__(self, extra: str | None = None) -> None:
        self.extra = extra

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, ModuleNotFoundError) and (package := str(error.name).partition(".")[0]) in EXTRAS:
            raise ModuleNotFoundError(how_to_install(package, self.extra), name=error.name) from None
