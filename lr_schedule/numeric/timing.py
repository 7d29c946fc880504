"""The warmup and the early end that are added to every curve."""

from __future__ import annotations

import math
from typing import Any

from lr_schedule.numeric import floats
from lr_schedule.numeric.progress import require_value


class InTime:
    """Adds a warmup and an early end to a curve; a schedule defines the curve and the fields."""

    __slots__ = ()

    warmup_fraction: float
    warmup_start_factor: float
    warmup_shape: str
    end_fraction: float

    _trusted: bool
    """Whether the curve always gives finite values that are not negative, so that calls do not check them."""
    _timed: bool
    """Whether there is a warmup or an early end."""
    _stop: float
    """progress_remaining at the end of the curve."""
    _span: float
    """The fraction of the run for the curve."""
    _peak: float
    """The value at the end of the warmup."""
    _curve: Any
    """The curve, as a function of its own progress and an array namespace."""

    def _set_time(self) -> None:
        put = object.__setattr__
        put(self, "_timed", self.warmup_fraction > 0.0 or self.end_fraction < 1.0)
        put(self, "_stop", 1.0 - self.end_fraction)
        put(self, "_span", 1.0 - self.warmup_fraction - self._stop)

    def _set_peak(self) -> None:
        first = self._curve(1.0, floats) if self.warmup_fraction > 0.0 else 0.0
        object.__setattr__(self, "_peak", first if self._trusted else require_value(first, 1.0, self))

    def _evaluate(self, progress: Any, xp: Any = floats) -> Any:
        """Return the value at a progress in [0, 1]; check it if the curve is not trusted."""
        value = self._in_time(progress, xp) if self._timed else self._curve(progress, xp)
        if self._trusted:
            return value
        if xp is floats:
            return require_value(value, progress, self)
        from lr_schedule.numeric import arrays

        return arrays.as_values(value, progress, xp, self)

    def _in_time(self, progress: Any, xp: Any = floats) -> Any:
        """Return the value of the warmup, or of the curve, which ends at `end_fraction`."""
        inner = (progress - self._stop) / self._span
        if xp is not floats:
            return xp.where(inner > 1.0, self._warmup(progress, xp), self._curve(xp.clip(inner, 0.0, 1.0), xp))
        if inner > 1.0:
            return self._warmup(progress, xp)
        return self._curve(inner if inner > 0.0 else 0.0, xp)

    def elapsed(self, progress_remaining: Any) -> Any:
        """Return the elapsed fraction of the run since the end of the warmup, for the progress of the curve."""
        return (1.0 - progress_remaining) * self._span

    def _warmup(self, progress: Any, xp: Any) -> Any:
        return self._ramp((1.0 - progress) / (self.warmup_fraction or 1.0), xp)

    def _ramp(self, warmed: Any, xp: Any) -> Any:
        """Return the value when the fraction `warmed` of the warmup is over."""
        start = self.warmup_start_factor
        if self.warmup_shape == "exponential":
            return self._peak * start ** (1.0 - warmed)
        if self.warmup_shape == "cosine":
            sine = xp.sin(math.pi / 2.0 * warmed)
            warmed = sine * sine
        return self._peak * (start + (1.0 - start) * warmed)
