"""Make a formula for one float work for arrays too."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lr_schedule.numeric import floats
from lr_schedule.numeric.progress import require_value


def pointwise(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return `func` as a method ``(self, progress, xp)``; without `xp`, it is called for each point of an array."""
    if "xp" in inspect.signature(func).parameters:
        return func

    def for_each_point(self: Any, progress: Any, xp: Any = floats) -> Any:
        if xp is floats:
            return func(self, progress)
        from lr_schedule.numeric import arrays
        from lr_schedule.numeric.places import array_like

        if arrays.is_traced(progress, xp):
            message = "accepts one float at a time; add an argument xp=floats to use it with traced arrays"
            raise TypeError(f"{func.__qualname__} {message}")
        values = [require_value(func(self, point), point, self) for point in map(float, progress.reshape(-1))]
        return xp.reshape(array_like(progress, values, xp), progress.shape)

    return for_each_point
