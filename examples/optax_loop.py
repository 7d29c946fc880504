"""Fit a small network in JAX, with the schedule inside the compiled update."""

import jax
import jax.numpy as jnp
import optax

from lr_schedule import BaseLRSchedule

UPDATES = 400
SCHEDULE = BaseLRSchedule.create(
    {"type": "warmup_stable_decay", "initial_value": 2e-2, "warmup_steps": 40, "decay_fraction": 0.5}, UPDATES
)

# This is all you need: a function of optax's step count, which JAX compiles into the update.
rate_at = SCHEDULE.to_steps(UPDATES)
optimizer = optax.adam(rate_at)

inputs = jnp.linspace(-3.0, 3.0, 256)[:, None]
targets = jnp.sin(inputs)


def first_weights() -> dict[str, jax.Array]:
    first, second = jax.random.split(jax.random.PRNGKey(0))
    return {
        "in": jax.random.normal(first, (1, 32)),
        "bias": jnp.zeros(32),
        "out": 0.1 * jax.random.normal(second, (32, 1)),
    }


def loss_of(weights: dict[str, jax.Array]) -> jax.Array:
    predicted = jnp.tanh(inputs @ weights["in"] + weights["bias"]) @ weights["out"]
    return jnp.mean((predicted - targets) ** 2)


@jax.jit
def update(weights: dict[str, jax.Array], state: optax.OptState) -> tuple[dict[str, jax.Array], optax.OptState]:
    changes, state = optimizer.update(jax.grad(loss_of)(weights), state)
    return optax.apply_updates(weights, changes), state


def main() -> None:
    weights = first_weights()
    # optax's step count is in `state`. The schedule has no state, so save the weights and `state` to resume.
    state = optimizer.init(weights)
    for count in range(UPDATES):
        if count % 50 == 0:
            print(f"update {count:3}  learning rate {rate_at(count):.6f}  loss {loss_of(weights):.6f}")
        weights, state = update(weights, state)
    print(f"update {UPDATES}  learning rate {rate_at(UPDATES):.6f}  loss {loss_of(weights):.6f}")


if __name__ == "__main__":
    main()
