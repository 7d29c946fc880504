"""The studies behind the page on which schedule to choose: `make evidence`; what is complete is not run again.

Use: python docs/evidence/study.py [--jobs N] [--seeds N] [--runs FOLDER] [--measure] [STUDY ...]

A study is an algorithm on a task at one learning rate. Runs are kept in a folder that git ignores; what they show is
written beside this file, as JSON and pictures, from which docs/generate.py makes the tables of the page.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_schedule.compare import Comparison, compare
from lr_schedule.compare.progress import Shown
from lr_schedule.compare.training import Trainer, check_all

HERE = Path(__file__).parent
RUNS = HERE.parents[1] / "runs" / "evidence"
SEEDS = 10
TOO_HIGH = 3.0
TARGET_KL = 0.01


@dataclass(frozen=True)
class Task:
    """An algorithm on an environment, at a learning rate that is known to be good for it."""

    algo: str
    env: str
    rate: float
    n_timesteps: int
    hyperparameters: Mapping[str, Any]
    evaluations: int = 5
    episodes: int = 5


TASKS = (
    Task(
        *("ppo", "CartPole-v1", 1e-3, 40_000),
        {"n_envs": 8, "n_steps": 64, "batch_size": 256, "n_epochs": 10, "gae_lambda": 0.8, "gamma": 0.98},
    ),
    Task(
        *("ppo", "Acrobot-v1", 1e-3, 40_000),
        {"n_envs": 16, "n_steps": 64, "batch_size": 256, "n_epochs": 4, "gae_lambda": 0.94, "normalize": True},
    ),
    Task(
        *("ppo", "Pendulum-v1", 1e-3, 100_000),
        {"n_envs": 8, "n_steps": 256, "batch_size": 256, "n_epochs": 10, "gae_lambda": 0.95, "gamma": 0.9},
        episodes=10,
    ),
    Task(
        *("sac", "Pendulum-v1", 1e-3, 5_000),
        {"learning_starts": 500, "buffer_size": 5_000, "batch_size": 128, "policy_kwargs": {"net_arch": [64, 64]}},
        episodes=10,
    ),
)
"""Hyperparameters after those of the RL Zoo; runs short enough for all studies to fit into two hours of two cores."""


def candidates(rate: float, algo: str) -> dict[str, Any]:
    """Return the candidates at a peak rate; the first is the baseline."""
    found: dict[str, Any] = {
        "constant": rate,
        "linear to 0": {"type": "linear", "initial_value": rate},
        "linear to 10 %": {"type": "linear", "initial_value": rate, "final_ratio": 0.1},
        "cosine": {"type": "cosine", "initial_value": rate},
        "cosine with warmup": {"type": "cosine_warmup", "initial_value": rate, "warmup_fraction": 0.1},
        "WSD": {
            "type": "warmup_stable_decay",
            "initial_value": rate,
            "warmup_fraction": 0.05,
            "decay_fraction": 0.2,
        },
    }
    if algo == "ppo":
        found["KL controller"] = {"controller": "kl", "schedule": rate, "target_kl": TARGET_KL}
    return found


def studies() -> dict[str, tuple[Task, float]]:
    """Return task and rate of each study, by its name."""
    return {
        f"{task.algo}-{task.env}-{name}": (task, rate)
        for task in TASKS
        for name, rate in (("good-rate", task.rate), ("high-rate", TOO_HIGH * task.rate))
    }


def trainer_of(task: Task) -> Trainer:
    """Return what trains the runs of a task."""
    return Trainer(task.algo, task.n_timesteps, task.hyperparameters, task.evaluations, task.episodes, device="cpu")


def run_study(name: str, runs: Path, seeds: int, jobs: int) -> Comparison:
    """Run what is left of a study, and write what it shows beside this file."""
    task, rate = studies()[name]
    trainer, given = trainer_of(task), candidates(rate, task.algo)
    check_all(trainer, given, (task.env,))
    with Shown(jobs) as progress:
        found = compare(
            *(given, trainer),
            tasks=[task.env],
            seeds=seeds,
            storage=runs / name,
            jobs=jobs,
            settings=trainer.settings(),
            on_progress=progress,
        )
    found.to_json(HERE / f"{name}.json")
    found.plot(HERE / f"{name}.svg")
    return found


def measure(names: Sequence[str]) -> None:
    """Train one run of each study, and print how long it takes one core."""
    total = 0.0
    for name in names:
        task, rate = studies()[name]
        points: list[tuple[int, float]] = []
        started = time.process_time()
        trainer_of(task)(rate, task.env, 0, lambda timestep, score, to=points: to.append((timestep, score)))
        took = time.process_time() - started
        of_study = took * SEEDS * len(candidates(rate, task.algo))
        total += of_study
        scores = ", ".join(f"{score:.0f}" for _, score in points)
        print(f"{name}: {took:.1f} s a run, {of_study / 60:.0f} min of one core in all; scores {scores}", flush=True)
    print(f"all: {total / 3600:.1f} h of one core, {total / 7200:.1f} h of two")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all studies, or those that are named."""
    parser = argparse.ArgumentParser(description="Run the studies behind the page on which schedule to choose.")
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=", ".join(studies()))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--runs", type=Path, default=RUNS, help="where runs are kept")
    parser.add_argument("--measure", action="store_true", help="train one run of each study, and say how long it takes")
    given = parser.parse_args(arguments)
    names = given.studies or list(studies())
    for name in names:
        if name not in studies():
            parser.error(f"no study {name!r}; there are {', '.join(studies())}")
    if given.measure:
        measure(names)
        return
    for name in names:
        print(name, flush=True)
        print(run_study(name, given.runs, given.seeds, given.jobs).table(), flush=True)


if __name__ == "__main__":
    main()
