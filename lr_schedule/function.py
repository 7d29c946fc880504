"""Python functions of progress in the place of a schedule."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from lr_schedule.base import BaseLRSchedule


class FunctionLRSchedule(BaseLRSchedule):
    """A Python function of progress as a schedule; `create` makes it, and it cannot be written down in a config."""

    omitted_fields = ("initial_value",)
    trusted = False

    function: Callable[[float], float]

    def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
        return self.function(progress_remaining)

    def written_fields(self) -> Any:
        """Return the function itself, which is all there is to this schedule."""
        return self.function

    def __repr__(self) -> str:
        return f"BaseLRSchedule.create({self.function!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return BaseLRSchedule.create, (self.function,)

    def _key(self) -> Hashable:
        return self.function
