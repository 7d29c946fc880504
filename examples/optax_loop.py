"""Fit a small network in JAX with a schedule of lr_schedule inside the compiled update, and go on from a checkpoint."""

import jax
import jax.numpy as jnp
import optax

from lr_schedule import BaseLRSchedule

UPDATES = 400
SCHEDULE = BaseLRSchedule.create(
    {"type": "warmup_stable_decay", "initial_value": 2e-2, "warmup_steps": 40, "decay_fraction": 0.5}, UPDATES
)

# Here is all there is to it: a function of optax's own step count, traced into the update.
rate_at = SCHEDULE.to_steps(UPDATES)
optimizer = optax.adam(rate_at)

inputs = jnp.linspace(-3.0, 3.0, 256)[:, None]
targets = jnp.sin(inputs)


def predict(weights: dict, x: jax.Array) -> jax.Array:
    return jnp.tanh(x @ weights["in"] + weights["bias"]) @ weights["out"]


def loss_of(weights: dict) -> jax.Array:
    return jnp.mean((predict(weights, inputs) - targets) ** 2)


@jax.jit
def update(weights: dict, state: optax.OptState) -> tuple[dict, optax.OptState, jax.Array]:
    loss, gradients = jax.value_and_grad(loss_of)(weights)
    changes, state = optimizer.update(gradients, state)
    return optax.apply_updates(weights, changes), state, loss


def main() -> None:
    first, second = jax.random.split(jax.random.PRNGKey(0))
    weights = {
        "in": jax.random.normal(first, (1, 32)),
        "bias": jnp.zeros(32),
        "out": 0.1 * jax.random.normal(second, (32, 1)),
    }
    state = optimizer.init(weights)
    checkpoint = None
    for k in range(UPDATES):
        if k % 50 == 0:
            print(f"update {k:3}  learning rate {rate_at(k):.6f}  loss {loss_of(weights):.6f}")
        if k == UPDATES // 2:
            checkpoint = weights, state
        weights, state, _ = update(weights, state)
    print(f"update {UPDATES}  learning rate {rate_at(UPDATES):.6f}  loss {loss_of(weights):.6f}")

    resumed, state = checkpoint  # optax keeps the count, the schedule keeps nothing: a resumed run is the same run
    for _ in range(UPDATES - UPDATES // 2):
        resumed, state, _ = update(resumed, state)
    if not all(bool((weights[name] == resumed[name]).all()) for name in weights):
        raise SystemExit("the resumed run differs from the whole one")
    print("Resumed from the checkpoint in the middle: the weights are equal to those of the whole run, bit for bit")


if __name__ == "__main__":
    main()
