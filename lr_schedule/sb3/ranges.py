"""Ranges of the values that a target accepts, said in the words of config keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from lr_schedule.fields import Fraction, Number, NumberRule, PositiveNumber, Value, bounds_of, describe_number


@dataclass(frozen=True)
class Range:
    """The values that a target accepts.

    Args:
        kind: A number of `lr_schedule.fields` with its bounds, as it stands in the annotation of a config key.
    """

    kind: Any

    @cached_property
    def _bounds(self) -> list[tuple[Any, Callable[[Any, Any], bool]]]:
        # Kept, as every value that is set is compared with them.
        return [(limit, holds) for _, limit, holds in bounds_of(self.kind)]

    def __contains__(self, value: float) -> bool:
        # No all(...) over a generator: that would take twice the time, and a run is checked at 10,000 points.
        for limit, holds in self._bounds:
            if not holds(value, limit):
                return False
        return math.isfinite(value)

    def __str__(self) -> str:
        return describe_number(self.kind)

    def up_to(self, largest: float) -> Range:
        """Return the range without what is above `largest`."""
        return Range(Annotated[self.kind, NumberRule(le=largest)])


ANY = Range(Number)
POSITIVE = Range(PositiveNumber)
NOT_NEGATIVE = Range(Value)
FRACTION = Range(Fraction)
AT_LEAST_1 = Range(Annotated[float, NumberRule(ge=1)])
