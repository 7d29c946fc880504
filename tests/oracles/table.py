"""The shape of a row: what another library calls a schedule, and the config of ours that is the same curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

TOTAL_STEPS = 1000


class Row(NamedTuple):
    """One schedule of another library over 1,000 steps, and ours."""

    call: str
    """How a user of that library makes it; `optimizer` stands for one with a learning rate of 0.1."""
    config: str
    """Our config for the same curve, as YAML."""
    differs: str = ""
    """What the original does that ours does not do, or does elsewhere."""
    last: int = TOTAL_STEPS
    """The last step at which both are the same."""
    total_steps: int = TOTAL_STEPS
    """The length of the run for our config."""


class Oracle(NamedTuple):
    """A row with the library that it speaks of."""

    library: str
    row: Row
    values: Callable[[str, int], Sequence[float]]
    """Makes the values of the original, from its call, at the steps from 0 to a last one."""


Formula = Callable[[int], float]
"""A value by the number of steps."""


def values_of(*formulas: Callable[..., Formula]) -> Callable[[str, int], list[float]]:
    """Return the `values` of a library that is not installed, from its formulas as they are documented."""
    names = {formula.__name__: formula for formula in formulas}

    def values(call: str, last: int) -> list[float]:
        formula = eval(call, names.copy())
        return [formula(step) for step in range(last + 1)]

    return values
