"""Keys of the log that SB3 would print in the same way."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_KEY = 33
"""Number of characters of a log key that SB3 prints; it raises an error if two keys would look the same."""


def outputs_without(name: str, names: Iterable[str]) -> tuple[str, ...] | None:
    """Return the outputs that cannot show a name, because they would truncate it to the same text as another one."""
    if len(name) <= LONGEST_KEY:
        return None
    alike = [other for other in names if other[: LONGEST_KEY - 3] == name[: LONGEST_KEY - 3]]
    return ("stdout", "log") if len(alike) > 1 else None
