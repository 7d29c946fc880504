"""Small trainings of rl_games on a CPU, of which every step of an optimizer is recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from rl_games.common import env_configurations, vecenv
from rl_games.common.ivecenv import IVecEnv
from rl_games.torch_runner import Runner
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

ENVIRONMENTS, EPISODE = 4, 8
MINI_EPOCHS, MINI_BATCHES = 2, 2
EPOCHS = 6


class Points(IVecEnv):  # type: ignore[misc]
    """Points on a line, pushed by the actions, which are to stay at the origin."""

    def __init__(self, actions: gymnasium.Space[Any], with_state: bool) -> None:
        self.actions, self.with_state = actions, with_state
        self.position = np.zeros((ENVIRONMENTS, 1), np.float32)
        self.age = np.zeros(ENVIRONMENTS, int)

    def get_env_info(self) -> dict[str, Any]:
        space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float32)
        state = {"state_space": space} if self.with_state else {}
        return {"observation_space": space, "action_space": self.actions, "agents": 1, "value_size": 1, **state}

    def observe(self) -> Any:
        here = self.position.copy()
        return {"obs": here, "states": here} if self.with_state else here

    def reset(self) -> Any:
        self.position[:], self.age[:] = 0.0, 0
        return self.observe()

    def step(self, actions: Any) -> Any:
        self.position += 0.1 * np.asarray(actions, np.float32).reshape(ENVIRONMENTS, 1)
        self.age += 1
        over, rewards = self.age >= EPISODE, -np.square(self.position[:, 0])
        self.position[over], self.age[over] = 0.0, 0
        return self.observe(), rewards, over, {}


CONTINUOUS, DISCRETE = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32), gymnasium.spaces.Discrete(2)


def _register(name: str, actions: gymnasium.Space[Any], *, with_state: bool = False) -> None:
    vecenv.register(name.upper(), lambda *_, **__: Points(actions, with_state))
    env_configurations.register(name, {"vecenv_type": name.upper(), "env_creator": lambda **_: None})


_register("points", CONTINUOUS)
_register("discrete_points", DISCRETE)
_register("points_with_state", CONTINUOUS, with_state=True)


def make_config(folder: Path, **config: Any) -> dict[str, Any]:
    """Return the config of a training, with further keys of its section ``config``."""
    kind = "discrete" if config.get("env_name") == "discrete_points" else "continuous"
    gaussian = {"mu_activation": "None", "sigma_activation": "None", "fixed_sigma": True}
    gaussian |= {"mu_init": {"name": "default"}, "sigma_init": {"name": "const_initializer", "val": 0}}
    network = {
        "name": "actor_critic",
        "separate": False,
        "space": {"continuous": gaussian} if kind == "continuous" else {"discrete": {}},
        "mlp": {"units": [8], "activation": "elu", "initializer": {"name": "default"}},
    }
    own = {
        "name": "points",
        "env_name": "points",
        "train_dir": str(folder),
        "device": "cpu",
        "torch_compile": False,
        "reward_shaper": {"scale_value": 1.0},
        "num_actors": ENVIRONMENTS,
        "horizon_length": EPISODE,
        "minibatch_size": ENVIRONMENTS * EPISODE // MINI_BATCHES,
        "mini_epochs": MINI_EPOCHS,
        "max_epochs": EPOCHS,
        "learning_rate": 5e-4,
        "lr_schedule": "identity",
        "kl_threshold": 0.008,
        "entropy_coef": 0.0,
        "e_clip": 0.2,
        "clip_value": True,
        "critic_coef": 1.0,
        "bounds_loss_coef": 0.0,
        "gamma": 0.99,
        "tau": 0.95,
        "grad_norm": 1.0,
        "truncate_grads": True,
        "normalize_advantage": True,
        "normalize_input": False,
        "normalize_value": False,
        "save_frequency": 1,
        "print_stats": False,
        **config,
    }
    model = "continuous_a2c_logstd" if kind == "continuous" else "discrete_a2c"
    algo = {"name": f"a2c_{kind}"}
    return {"params": {"seed": 1, "algo": algo, "model": {"name": model}, "network": network, "config": own}}


class Step(NamedTuple):
    """What an optimizer and the algorithm had in a step of the optimizer."""

    epoch: int
    optimizer: Optimizer
    rates: list[float]
    algorithm: dict[str, Any]


def train(observer: Any, config: dict[str, Any], checkpoint: str | None = None) -> list[Step]:
    """Train, and return every step of every optimizer."""
    steps: list[Step] = []

    def add(optimizer: Optimizer, *_: Any) -> None:
        algorithm = observer.algo
        numbers = {name: held for name, held in vars(algorithm).items() if isinstance(held, (int, float))}
        steps.append(Step(algorithm.epoch_num, optimizer, [g["lr"] for g in optimizer.param_groups], numbers))

    recording(lambda: start(observer, config, checkpoint), add)
    return steps


def start(observer: Any, config: dict[str, Any], checkpoint: str | None = None) -> None:
    runner = Runner(observer)
    runner.load(config)
    runner.run({"train": True, "checkpoint": checkpoint})


def recording(run: Callable[[], None], add: Callable[..., None]) -> None:
    hook = register_optimizer_step_post_hook(add)
    try:
        run()
    finally:
        hook.remove()
