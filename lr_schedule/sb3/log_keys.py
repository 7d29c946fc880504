"""Keys of the log that SB3 would print alike."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_KEY = 33
"""Characters of a log key that SB3 prints; two keys that it would print alike are an error to it."""


def outputs_without(name: str, names: Iterable[str]) -> tuple[str, ...] | None:
    """Return the outputs that cannot show a name, because they cut it to what another one of `names` is cut to."""
    if len(name) <= LONGEST_KEY:
        return None
    alike = [other for other in names if other[: LONGEST_KEY - 3] == name[: LONGEST_KEY - 3]]
    return ("stdout", "log") if len(alike) > 1 else None
