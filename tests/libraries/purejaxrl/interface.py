"""The place where PureJaxRL reads its learning rate: an optimizer in a scan over updates, epochs and mini-batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def make_train(config: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that fits a line, with the optimizer, the counts and the result of PureJaxRL's `make_train`."""
    updates = config["TOTAL_TIMESTEPS"] // config["NUM_STEPS"] // config["NUM_ENVS"]
    steps = int(updates * config["UPDATE_EPOCHS"] * config["NUM_MINIBATCHES"])

    def linear_schedule(count: Any) -> Any:
        made = count // (config["NUM_MINIBATCHES"] * config["UPDATE_EPOCHS"])
        return config["LR"] * (1.0 - made / updates)

    def train(rng: Any) -> dict[str, Any]:
        rate = linear_schedule if config["ANNEAL_LR"] else config["LR"]
        transformation = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(rate, eps=1e-5))
        params = {"slope": jax.random.normal(rng), "offset": jnp.zeros(())}
        create: Any = TrainState.create
        state = create(apply_fn=None, params=params, tx=transformation)

        def update_minibatch(state: Any, x: Any) -> Any:
            gradients = jax.grad(lambda line: (line["slope"] * x + line["offset"] - 2.0 * x) ** 2)(state.params)
            return state.apply_gradients(grads=gradients), None

        state, _ = jax.lax.scan(update_minibatch, state, jnp.linspace(-1.0, 1.0, steps))
        return {"runner_state": (state,)}

    return train
