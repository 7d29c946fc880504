"""What a user reads when a configuration is wrong: the path, the value received, what is allowed, the nearest match."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Path = tuple[str | int, ...]


def format_path(path: Path) -> str:
    """Return ``("parts", 1, "final_value")`` as ``parts[1].final_value``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'cosine'?"`` for the known word nearest to `word`, or ``"."`` where none is near."""
    nearest = difflib.get_close_matches(str(word)[:100], list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else "."


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration: where, what was received, and what is allowed there."""

    path: Path
    received: Any
    message: str

    def __str__(self) -> str:
        where = format_path(self.path) or "schedule"
        return f"{where}: {self.message} (received {reprlib.repr(self.received)})"


class ScheduleConfigError(ValueError):
    """A schedule configuration that cannot be used; the message names path, value received and what is allowed.

    Attributes:
        problems: Every `Problem` found, in the order of the configuration.

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
    def at(cls, key: str | int | Path, received: Any, message: str) -> ScheduleConfigError:
        """Return the error for one problem at `key`, ready to be raised."""
        path = key if isinstance(key, tuple) else (key,)
        return cls([Problem(path, received, message)])

    def below(self, path: Path) -> ScheduleConfigError:
        """Return the same error, seen from a configuration that holds this one at `path`."""
        return ScheduleConfigError([replace(problem, path=path + problem.path) for problem in self.problems])
