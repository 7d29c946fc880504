"""What a user reads when a configuration is wrong: the path, the value received, what is allowed, the nearest match."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Keys = tuple[str | int, ...]
"""Where something stands in nested data: the keys and indices that lead to it."""


def format_path(path: Keys) -> str:
    """Return ``("parts", 1, "final_value")`` as ``parts[1].final_value``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str], likeness: float = 0.5) -> str:
    """Return ``"; did you mean 'cosine'?"`` for the known word nearest to `word`, or ``"."`` where none is near.

    Args:
        word: What was written.
        known: What may be written.
        likeness: How much of the two words has to be alike (in (0, 1); 0.5).
    """
    # What is no word is near to none: null would be taken for cosine, by the letters of None.
    near = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=likeness) if isinstance(word, str) else []
    return f"; did you mean {near[0]!r}?" if near else "."


def shown(received: Any) -> str:
    """Return what was received on one short line; a date, which YAML makes of 2024-01-01, as it was written."""
    return str(received) if hasattr(type(received), "isoformat") else reprlib.repr(received)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration: where, what was received, and what is allowed there."""

    path: Keys
    received: Any
    message: str

    def __str__(self) -> str:
        where = format_path(self.path) or "schedule"
        return f"{where}: {self.message} (received {shown(self.received)})"


class ScheduleConfigError(ValueError):
    """A config that cannot be used; the message names the path, the value received and what is allowed.

    Attributes:
        problems: Every `Problem` found, in the order of the config.

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
        """Return the error for one problem at `key`, ready to be raised."""
        path = key if isinstance(key, tuple) else (key,)
        return cls([Problem(path, received, message)])

    def below(self, path: Keys) -> ScheduleConfigError:
        """Return the same error for a config that contains this one at `path`."""
        return ScheduleConfigError([replace(problem, path=path + problem.path) for problem in self.problems])


class Problems:
    """Gathers what is wrong with several parts of a configuration, so that one error lists all of it.

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
        """Return a context that adds the problems of an error raised in it, which is at `path`, and goes on."""
        return Gathering(self, path)

    def raise_any(self) -> None:
        """Raise the error that lists every problem, where there is one."""
        if self.found:
            raise ScheduleConfigError(self.found) from self.cause


class Gathering:
    """The context that `Problems.gathered` returns."""

    # A class and no generator: reading a config enters such a context for every part, at a third of the cost.
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
    """Raise a plain ValueError, as a user's own `check` may raise it, as one of a configuration."""
    if not isinstance(error, ScheduleConfigError):
        raise ScheduleConfigError.at((), received, str(error)) from error


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
"""The extra of this package that brings a package which is needed in some places only."""


def how_to_install(package: str, extra: str | None = None) -> str:
    """Return the sentence that says what is missing, and the command that brings it and all else of its extra."""
    extra = extra or EXTRAS[package]
    return f"needs {package}, which is not installed; in the clone of lr_schedule: pip install '.[{extra}]'"


class needs_extra:  # noqa: N801  # reads as a keyword: with needs_extra(): import torch
    """A context in which a failed import of a package that an extra brings says how to install it.

    Args:
        extra: The extra of the feature that needs the package (None: the smallest one that brings the package).

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
