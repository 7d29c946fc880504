"""The RL Zoo's own command line, with schedules: ``python -m lr_schedule.zoo train | enjoy | record_video``."""

from __future__ import annotations

import argparse
import importlib
import runpy
import sys
import types
from collections.abc import Sequence
from typing import Any, TextIO

from lr_schedule.config.registry import find_class
from lr_schedule.config.yaml_files import parse_yaml, read_yaml
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.tune import TYPES, suggest
from lr_schedule.zoo.expressions import read_expression
from lr_schedule.zoo.hyperparams import SCHEDULE_KEYS, is_section

COMMANDS = ("train", "enjoy", "record_video")
USAGE = f"usage: python -m lr_schedule.zoo {{{','.join(COMMANDS)}}} [options of the RL Zoo]\n"
SEARCH_HELP = "types of schedule that -optimize tries for the learning rate, separated by commas"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the Zoo's commands; a mistake in a schedule or in a file is one line and exit status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in COMMANDS:
        sys.stderr.write(USAGE)
        return 0 if given[:1] in (["-h"], ["--help"]) else 2
    command = given.pop(0)
    try:
        import rl_zoo3
    except ImportError:
        sys.stderr.write("error: needs the RL Zoo: pip install 'lr-schedule[zoo]'\n")
        return 1
    del rl_zoo3
    sys.argv = [f"{sys.argv[0]} {command}", *given]
    try:
        globals()[command]()
    except ScheduleConfigError as error:
        sys.stderr.write("".join(f"error: {problem}\n" for problem in error.problems))
        return 1
    return 0


def train() -> None:
    """Run ``rl_zoo3.train`` with schedules in YAML, in Python configs, in ``-params`` and in ``-optimize``."""
    import yaml

    from lr_schedule.zoo.manager import ScheduleExperimentManager

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--search-types", default=",".join(TYPES), metavar="TYPE,...", help=SEARCH_HELP)
    own, rest = parser.parse_known_args(sys.argv[1:])
    searched = own.search_types.split(",")
    for name in searched:
        find_class(name)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())
    sys.argv[1:] = rest
    exp_manager: Any = importlib.import_module("rl_zoo3.exp_manager")
    zoo_train: Any = importlib.import_module("rl_zoo3.train")
    samplers = exp_manager.HYPERPARAMS_SAMPLER
    samplers.update({algo: suggest(sampler, types=searched) for algo, sampler in samplers.items()})
    exp_manager.yaml = types.SimpleNamespace(**{**vars(yaml), "safe_load": load_sections})
    zoo_train.ExperimentManager = ScheduleExperimentManager
    zoo_train.StoreDict = store_schedules(zoo_train.StoreDict)
    zoo_train.train()


def enjoy() -> None:
    """Run ``rl_zoo3.enjoy``."""
    from rl_zoo3.enjoy import enjoy as zoo_enjoy

    zoo_enjoy()


def record_video() -> None:
    """Run ``rl_zoo3.record_video``."""
    runpy.run_module("rl_zoo3.record_video", run_name="__main__")


def load_sections(stream: TextIO) -> Any:
    """Return the sections of an open YAML file; a saved ``config.yml``, which has none, serves every environment."""
    data = read_yaml(stream.name).data
    return {"default": data, "atari": data} if isinstance(data, dict) and is_section(data) else data


def store_schedules(store: type[argparse.Action]) -> type[argparse.Action]:
    """Return the Zoo's action behind ``-params``, which reads schedules without running them."""

    class StoreSchedules(store):  # type: ignore[misc, valid-type]
        def __call__(self, parser: Any, namespace: Any, values: list[str], option_string: str | None = None) -> None:
            pairs = [(value.partition(":")[0], value) for value in values]
            super().__call__(parser, namespace, [value for key, value in pairs if key not in SCHEDULE_KEYS])
            scheduled = {key: read_text(value.partition(":")[2], key) for key, value in pairs if key in SCHEDULE_KEYS}
            getattr(namespace, self.dest).update(scheduled)

    return StoreSchedules


def read_text(text: str, name: str = "<text>") -> Any:
    """Return what a text stands for: Python literals (``dict(type='cosine')``) or else YAML (``cosine_3e-4``)."""
    try:
        return read_expression(text)
    except ScheduleConfigError:
        return parse_yaml(text, f"-params {name}").data


if __name__ == "__main__":
    sys.exit(main())
