"""The same rules inside jax.jit and lax.scan."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from lr_schedule.control import create_controller

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

CONFIGS: list[dict[str, Any]] = [
    {"controller": "kl", "schedule": {"type": "cosine", "initial_value": 1e-3, "warmup_fraction": 0.1}},
    {
        "controller": "kl",
        "schedule": "lin_0.001",
        "on_zero": "raise",
        "target_kl": {"type": "linear", "initial_value": 0.02},
    },
    {"controller": "plateau", "schedule": 0.1, "patience": 1, "smoothing": 2, "cooldown": 1, "maximum": 1.0},
    {"controller": "target", "schedule": 0.1, "goal": 0.05, "direction": "up"},
]


@pytest.mark.parametrize("cfg", CONFIGS, ids=str)
def test_a_scan_gives_the_values_of_the_loop_in_python(cfg: dict[str, Any]) -> None:
    controller = create_controller(cfg)
    draw = random.Random(0)
    metrics = [math.exp(draw.uniform(-7.0, -1.0)) for _ in range(200)]
    places = [1.0 - step / 200 for step in range(200)]

    def step(state: Any, observed: Any) -> Any:
        metric, progress = observed
        state = controller.update(state, metric, progress)
        return state, controller.value(state, progress)

    with jax.enable_x64(True):
        scan = jax.jit(lambda pairs: jax.lax.scan(step, controller.init(), pairs))
        values = scan((jnp.asarray(metrics), jnp.asarray(places)))[1].tolist()
    expected = controller.replay(zip(places, metrics, strict=True))
    assert values == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert len(set(values)) > 3
