"""A schedule in other forms: as sampled values, as a function of the step, as a few points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lr_schedule.numeric.points import points_of
from lr_schedule.steps import StepFunction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Sampled:
    """The methods of a schedule that need only `__call__`."""

    __slots__ = ()

    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining`."""
        raise NotImplementedError

    def sample(self, n: int) -> npt.NDArray[np.float64]:
        """Return the values at `n` evenly spaced points from the start of training to its end, as a float64 array."""
        import numpy as np

        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"n must be a whole number >= 1, not {n!r}")
        return np.asarray(self(np.linspace(1.0, 0.0, n)))

    def to_steps(self, total_steps: float) -> StepFunction:
        """Return the schedule as a function of the step, for optax, ``LambdaLR`` and loops that count steps.

        Args:
            total_steps: Length of the run in these steps. Must be above 0, and may be fractional.
        """
        return StepFunction(self, total_steps)

    def to_points(self, total_steps: float, tolerance: float = 1e-3) -> list[tuple[float, float]]:
        """Return a short list of (step, value) pairs; straight lines between them follow the schedule.

        Use it for programs that accept points, such as RLlib and rl_games, and for JSON configs. The lines are within
        the tolerance at every whole step; in a run of more than 2**20 steps, at 2**20 steps and on both sides of each
        jump. A jump becomes two points, at the steps before and after it.

        Args:
            total_steps: Length of the run in these steps. Must be above 0, and may be fractional.
            tolerance: Largest distance from the schedule, as a fraction of its largest value. Must be in [1e-9, 1).

        Returns:
            The pairs in ascending order, the first at step 0 and the last at `total_steps`.

        Raises:
            ScheduleConfigError: total_steps or tolerance is out of range.

        Example:
            >>> BaseLRSchedule.create("lin_3e-4").to_points(total_steps=1_000_000)
            [(0, 0.0003), (1000000, 0.0)]
        """
        return points_of(self, total_steps, tolerance)
