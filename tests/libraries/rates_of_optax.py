"""The learning rate that an optimizer of optax works with, inside of `jax.jit`, taken from what it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import pytest

ROUNDING = 3e-7
"""How far off a rate of 32 bits may be, as a share of the largest: two roundings of its progress, one of its own."""


class Step(NamedTuple):
    """A step of an optimizer: how many it has made before, and its learning rate."""

    made: int
    rate: float


@contextmanager
def recorded_adam() -> Iterator[list[Step]]:
    """Record the steps of every `optax.adam` that is made meanwhile; they may come in any order."""
    adam, steps = optax.adam, []

    def record(count: Any, rate: Any) -> None:
        steps.append(Step(int(count), float(rate)))

    def recording_adam(learning_rate: Any, *args: Any, **kwargs: Any) -> Any:
        used, unit = adam(learning_rate, *args, **kwargs), adam(1.0, *args, **kwargs)

        def init(params: Any) -> Any:
            return used.init(params), unit.init(params), jnp.zeros([], jnp.int32)

        def update(gradients: Any, state: Any, params: Any = None) -> Any:
            changes, used_state = used.update(gradients, state[0], params)
            unit_changes, unit_state = unit.update(gradients, state[1], params)
            pairs = list(zip(jax.tree.leaves(changes), jax.tree.leaves(unit_changes), strict=True))
            rate = sum(jnp.sum(a * b) for a, b in pairs) / sum(jnp.sum(b * b) for _, b in pairs)
            jax.debug.callback(record, state[2], rate)
            return changes, (used_state, unit_state, state[2] + 1)

        return optax.GradientTransformation(init, update)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optax, "adam", recording_adam)
        yield steps
        wait: Any = jax.effects_barrier
        wait()
