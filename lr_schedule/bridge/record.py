"""The values of a source for each step: each is computed when it is first needed, and then kept.

Notation: ``k`` is a step, from 0 at the start of the run to ``total_steps`` at its end.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lr_schedule.fields import to_number

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UNKNOWN = array("d", [math.nan])
INFINITY = math.inf

MOST_KEPT = 2**24
"""The values of a function are not kept for runs of this many steps or more: they would use more than 128 MiB."""


_records: weakref.WeakSet[Record] = weakref.WeakSet()


def _unlock_after_fork() -> None:
    for record in list(_records):
        record.unlock_after_fork()


if hasattr(os, "register_at_fork"):  # there is no fork on Windows
    os.register_at_fork(after_in_child=_unlock_after_fork)


class Record:
    """The values of a source at steps 0, 1, 2, ...: each is computed when it is first needed, and kept in eight bytes.

    Args:
        value_at: Function that returns the value at a step.
        last_step: The last step of the run.
        in_order: Whether `value_at` must be called for 0, 1, 2, ... in this order, once each, as for a scheduler.
        name: Name of the source in messages.
    """

    __slots__ = (
        "__weakref__",
        "_failure",
        "_found",
        "_keeps",
        "_last_step",
        "_lock",
        "_value_at",
        "in_order",
        "known",
        "name",
    )

    def __init__(self, value_at: Callable[[int], Any], last_step: int, *, in_order: bool, name: str) -> None:
        self.known = array("d")  # NaN where a value is not known yet
        self.in_order = in_order
        self.name = name
        self._value_at = value_at
        self._last_step = last_step
        self._keeps = in_order or last_step < MOST_KEPT
        self._found = 0
        self._failure: ValueError | None = None
        self._lock = threading.RLock()
        _records.add(self)

    def unlock_after_fork(self) -> None:
        """Make a new lock if a thread that the forked process does not have was holding the old one."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
            return
        self._lock = threading.RLock()
        if self.in_order:  # the source was in the middle of a step, and its state is unknown
            reason = "another thread was computing it when the process was forked"
            self._failure = ValueError(f"{self.name} failed at step {self._found}: {reason}")

    def value(self, step: int) -> float:
        """Return the value at `step`; compute it if it is new, after those before it if their order matters."""
        known = self.known
        if step < len(known) and known[step] == known[step]:
            return known[step]
        with self._lock:
            if self._failure is not None and step >= self._found:
                raise self._failure.with_traceback(None)
            if self._keeps and step >= len(known):
                room = min(max(step + 1, 2 * len(known)), self._last_step + 1)
                known.extend(UNKNOWN * (room - len(known)))
            k = self._found if self.in_order else step
            value = math.nan
            try:
                while k <= step:
                    value = self._value_at(k)
                    if type(value) is not float:
                        value = to_number(value)
                    if not 0.0 <= value < INFINITY:
                        raise ValueError(f"{value} is not a finite number >= 0")  # noqa: TRY301
                    if self._keeps:
                        known[k] = value
                    k += 1
            except BaseException as error:
                failure = ValueError(f"{self.name} failed at step {k}: {type(error).__name__}: {error}")
                self._failure = failure if self.in_order else None  # the state after a failed step is unknown
                if isinstance(error, Exception):
                    raise failure from error
                raise
            finally:
                self._found = k
            return known[step] if self._keeps else value

    def between(self, first: int, last: int) -> npt.NDArray[np.float64]:
        """Return the values at all steps from `first` to `last`."""
        import numpy as np

        if self.in_order:
            self.value(last)
            return np.asarray(self.known[first : last + 1])
        return np.asarray([self.value(step) for step in range(first, last + 1)])


def all_values(record: Record, last_step: int, framework: str = "numpy") -> Any:
    """Return the values of the whole run, also in a traced computation, which must not trace the source."""
    if framework.endswith("torch"):
        import torch

        return torch.from_numpy(record.between(0, last_step))
    if framework.startswith("jax"):
        import jax

        with jax.ensure_compile_time_eval():
            return record.between(0, last_step)
    return record.between(0, last_step)


all_values._dynamo_marked_constant = True  # type: ignore[attr-defined]  # what torch.compiler.assume_constant_result sets
