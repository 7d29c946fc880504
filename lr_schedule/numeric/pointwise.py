"""A formula that is written for one float, as a formula for arrays too."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lr_schedule.numeric import floats
from lr_schedule.numeric.progress import require_value


def pointwise(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return `func` as a method ``(self, progress, xp)``; one without `xp` is asked for each point of an array."""
    if "xp" in inspect.signature(func).parameters:
        return func

    def for_each_point(self: Any, progress: Any, xp: Any = floats) -> Any:
        if xp is floats:
            return func(self, progress)
        from lr_schedule.numeric import arrays
        from lr_schedule.numeric.places import array_like

        if arrays.is_traced(progress, xp):
            message = "takes one float at a time; give it an argument xp=floats to run on traced arrays"
            raise TypeError(f"{func.__qualname__} {message}")
        values = [require_value(func(self, point), point, self) for point in map(float, progress.reshape(-1))]
        return xp.reshape(array_like(progress, values, xp), progress.shape)

    return for_each_point
