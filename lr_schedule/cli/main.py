"""The command line: ``lr-schedule plot | preview | check | schema | types | show``."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lr_schedule.cli import commands
from lr_schedule.config.yaml_files import FileProblem
from lr_schedule.errors import ScheduleConfigError

EXTRAS = {"matplotlib": "plot", "stable_baselines3": "sb3", "sb3_contrib": "contrib", "torch": "sb3"}
INTERRUPTED, BROKEN_PIPE = 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 where the input is wrong, 2 where the command line is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = make_parser().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except ScheduleConfigError as error:
        for problem in error.problems:
            print(problem if isinstance(problem, FileProblem) else f"error: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        extra = EXTRAS.get(str(error.name).partition(".")[0])
        hint = f"; pip install 'lr-schedule[{extra}]'" if extra else ""
        print(f"error: {error}{hint}", file=sys.stderr)
        return 1
    except (ValueError, TypeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return status


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="lr-schedule", description="Schedules of reinforcement learning hyperparameters: see them, check them."
    )
    kinds = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plot = _add(kinds, "plot", commands.plot, "draw schedules, in the terminal and as a picture", PLOT_EXAMPLES)
    plot.add_argument(
        "sources", nargs="+", metavar="FILE_OR_CFG", help="a YAML file, or a schedule: cosine_3e-4, '{type: rex}'"
    )
    plot.add_argument("-o", "--output", type=Path, metavar="OUT", help="write a picture: .png, .svg or .pdf")
    plot.add_argument("--env", metavar="ID", help="the section of a hyperparameter file (default: every section)")
    plot.add_argument("--key", metavar="KEY", help="the hyperparameter in a file (default: learning_rate)")
    plot.add_argument("--log", action="store_true", help="values on a logarithmic axis")
    plot.add_argument("--points", type=int, default=101, metavar="N", help="values in --json, from start to end (101)")

    preview = _add(kinds, "preview", commands.preview, "show what a run will do with its schedules", PREVIEW_EXAMPLES)
    preview.add_argument("file", help="a hyperparameter file of the RL Zoo")
    preview.add_argument("--env", metavar="ID", help="the section of the file")
    preview.add_argument("--algo", required=True, metavar="NAME", help="the algorithm, such as ppo or sac")

    preview.add_argument(
        "--episode-length", type=_length, metavar="N", help="steps of an episode, where updates follow whole episodes"
    )

    check = _add(kinds, "check", commands.check, "check every schedule in YAML files", CHECK_EXAMPLES)
    check.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="YAML files, or folders of them")

    for command in (plot, preview, check):
        command.add_argument(
            "--total-timesteps", type=_length, metavar="N", help="length of the run (default: n_timesteps of the file)"
        )

    schema = _add(kinds, "schema", commands.schema, "print the JSON Schema, for completion in editors", SCHEMA_EXAMPLES)
    schema.add_argument("--zoo", action="store_true", help="of a whole hyperparameter file, not of one schedule")

    types = _add(kinds, "types", commands.types, "list every type of schedule, its keys and its curve", TYPES_EXAMPLES)
    types.add_argument("names", nargs="*", metavar="TYPE", help="only these types")

    show = _add(
        kinds, "show", commands.show, "show the schedules in a saved model, without unpickling it", SHOW_EXAMPLES
    )
    show.add_argument("model", type=Path, metavar="MODEL.zip", help="a model saved by Stable-Baselines3")
    for command in (plot, preview, check, types, show):
        command.add_argument("--json", action="store_true", help="print JSON, for machines")
    return parser


def _length(text: str) -> float:
    number = float(text)
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number > 0, not {text}")
    return number


PLOT_EXAMPLES = """
  lr-schedule plot cosine_3e-4 lin_3e-4
  lr-schedule plot ppo.yml --env CartPole-v1 -o curves.png
  lr-schedule plot '{type: cosine_warmup, warmup_steps: 5000}' --total-timesteps 1e5 --log"""
PREVIEW_EXAMPLES = """
  lr-schedule preview ppo.yml --env CartPole-v1 --algo ppo"""
CHECK_EXAMPLES = """
  lr-schedule check ppo.yml
  lr-schedule check hyperparams/ --json"""
SCHEMA_EXAMPLES = """
  lr-schedule schema > schedule.json
  lr-schedule schema --zoo > hyperparams.json
and, as the first line of a hyperparameter file:
  # yaml-language-server: $schema=hyperparams.json"""
TYPES_EXAMPLES = """
  lr-schedule types
  lr-schedule types cosine one_cycle"""
SHOW_EXAMPLES = """
  lr-schedule show logs/ppo/CartPole-v1_1/CartPole-v1.zip"""


def _add(kinds: Any, name: str, run: Any, summary: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser
