"""A script that trains with Sample Factory, and writes down the rate of every step of an optimizer.

Use: python -m tests.libraries.sample_factory.script RECORD [ARGUMENTS of Sample Factory]. Each process of a training
runs all but the last lines of it, as it does with a script of a user.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from sample_factory.algo.learning import learner_worker
from sample_factory.cfg.arguments import parse_full_cfg, parse_sf_args
from sample_factory.envs.env_utils import register_env
from sample_factory.train import run_rl
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

from tests.libraries.running import run_page

RECORD = "RECORD_OF_STEPS"
"""Variable of the environment that names the record to all processes."""


class Point(gymnasium.Env[Any, Any]):
    """A point that stays where it is."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    age = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.age = 0
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> Any:
        self.age += 1
        return np.zeros(2, np.float32), float(action), self.age >= 8, False, {}


def make_env(name: str, cfg: Any, env_config: Any, render_mode: str | None = None) -> Point:
    return Point()


learners: list[Any] = []


def write_down(optimizer: Optimizer, *_: Any) -> None:
    (learner,) = learners
    step = [learner.env_steps, optimizer.param_groups[0]["lr"], learner.cfg.exploration_loss_coeff]
    with Path(os.environ[RECORD]).open("a", encoding="utf-8") as record:
        record.write(json.dumps(step) + "\n")


register_env("point", make_env)
register_optimizer_step_post_hook(write_down)
# As a part of this script, so that the class of the page is found again in another process.
ScheduledLearner = run_page("sample_factory", __name__="__main__")["ScheduledLearner"]


class RecordedLearner(learner_worker.Learner):  # type: ignore[misc]  # the one of the page
    def init(self) -> Any:
        learners[:] = [self]
        return super().init()


learner_worker.Learner = RecordedLearner


def main() -> None:
    os.environ[RECORD], *arguments = sys.argv[1:]
    parser, _ = parse_sf_args(arguments)
    sys.exit(run_rl(parse_full_cfg(parser, arguments)))


if __name__ == "__main__":
    main()
