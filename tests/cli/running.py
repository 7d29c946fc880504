"""The command line in this process, and in one of its own where the promise is about the process."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from typing import Any, NamedTuple

from lr_schedule.cli.main import main

GOOD = """\
CartPole-v1:
  n_timesteps: 10000
  policy: MlpPolicy
  learning_rate: {type: cosine_warmup, warmup_steps: 500}
  clip_range: {type: linear, initial_value: 0.2, final_value: 0.1}
  callback:
    - lr_schedule.sb3.ScheduleCallback:
        schedules: {ent_coef: lin_0.01}
Acrobot-v1:
  n_timesteps: 10000
  learning_rate: 1e-3
"""
BAD = """\
CartPole-v1: &base
  n_timesteps: 100
  learning_rate: {type: cosin}
  clip_range:
    type: linear
    final_valu: 0.1
Acrobot-v1:
  <<: *base
  ent_coef: {type: linear}
  callback:
    lr_schedule.sb3.ScheduleCallback:
      schedules: {gamma: {type: linear, initial_value: -1}}
"""


class Result(NamedTuple):
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


def run(*arguments: object) -> Result:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Result(status, out.getvalue(), err.getvalue())


def run_process(*arguments: object, environment: dict[str, str] | None = None) -> Result:
    """Run a command as a user does, in a process of its own."""
    command = [sys.executable, "-m", "lr_schedule.cli", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    return Result(result.returncode, result.stdout, result.stderr)
