"""The RL Zoo's own command line, with schedules: ``python -m lr_schedule.zoo train | enjoy | record_video``."""

from __future__ import annotations

import argparse
import importlib
import runpy
import sys
import traceback
import types
from collections.abc import Sequence
from functools import partial
from typing import Any, TextIO

from lr_schedule.config.yaml_files import parse_yaml, read_yaml
from lr_schedule.errors import ScheduleConfigError, how_to_install, under
from lr_schedule.tune import TYPES, suggest
from lr_schedule.zoo.checks import misplaced
from lr_schedule.zoo.expressions import read_expression
from lr_schedule.zoo.sections import SCHEDULE_KEYS, is_section

SEARCH_HELP = "types of schedule that -optimize tries for the learning rate, separated by commas (default: %(default)s)"
MORE_HELP = (
    "with --trained-agent, train for another n_timesteps and start each schedule again, as the stock Zoo does; "
    "without this option, n_timesteps is the length of the whole run, and the schedules continue where they stopped"
)


def train() -> None:
    """Run ``rl_zoo3.train`` with schedules in YAML, in Python configs, in ``-params`` and in ``-optimize``."""
    own = _take_own_options()
    searched: list[str] = own.search_types.split(",")
    _patch_zoo(searched, train_more=own.train_more)
    from rl_zoo3.train import train as zoo_train

    zoo_train()


def _take_own_options() -> argparse.Namespace:
    """Remove the options of this package from ``sys.argv``, and return them."""
    # Without abbreviations, because the Zoo completes them among all of its options.
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--search-types", default=",".join(TYPES), metavar="TYPE,...", help=SEARCH_HELP)
    parser.add_argument("--train-more", action="store_true", help=MORE_HELP)
    own, rest = parser.parse_known_args(sys.argv[1:])
    if {"-h", "--help"} & set(rest):
        # The Zoo prints its own help below this, without these options.
        print(parser.format_help())
    sys.argv[1:] = rest
    return own


def _patch_zoo(searched: Sequence[str], *, train_more: bool) -> None:
    """Replace four names in the Zoo's train command, which has no plugins, by versions that support schedules."""
    import yaml

    from lr_schedule.zoo.manager import ScheduleExperimentManager

    # Imported as Any, because type checkers reject assignments to the names of a module.
    exp_manager: Any = importlib.import_module("rl_zoo3.exp_manager")
    zoo_train: Any = importlib.import_module("rl_zoo3.train")

    # Without this, -optimize searches for a constant learning rate.
    samplers = exp_manager.HYPERPARAMS_SAMPLER
    with under("--search-types"):
        samplers.update({algo: suggest(sampler, types=searched) for algo, sampler in samplers.items()})

    # Without this, the Zoo rejects the config.yml that it has saved (tags of Python objects, no section for the
    # environment), and reads 3e-4 as a string. Only this module gets another `yaml`; it stays the same for all others.
    exp_manager.yaml = types.SimpleNamespace(**{**vars(yaml), "safe_load": load_sections})

    # Without this, a mapping at learning_rate raises "Invalid value for learning_rate". `train` has imported the class
    # by name, so the name must be replaced there.
    zoo_train.ExperimentManager = partial(ScheduleExperimentManager, train_more=train_more)

    # Without this, -params runs the text after the colon as Python code, where cosine_3e-4 is an unknown name.
    zoo_train.StoreDict = store_schedules(zoo_train.StoreDict)


def enjoy() -> None:
    """Run ``rl_zoo3.enjoy``."""
    from rl_zoo3.enjoy import enjoy as zoo_enjoy

    zoo_enjoy()


def record_video() -> None:
    """Run ``rl_zoo3.record_video``."""
    # The Zoo has no function for it: all its code is under ``if __name__ == "__main__"``.
    runpy.run_module("rl_zoo3.record_video", run_name="__main__")


def load_sections(stream: TextIO) -> Any:
    """Return the sections of an open YAML file; a saved ``config.yml`` has none, and applies to every environment."""
    data = read_yaml(stream.name).data
    return {"default": data, "atari": data} if isinstance(data, dict) and is_section(data) else data


def store_schedules(store: type[argparse.Action]) -> type[argparse.Action]:
    """Return an action for ``-params`` that reads schedules without running them."""

    class StoreSchedules(store):  # type: ignore[misc, valid-type]
        def __call__(self, parser: Any, namespace: Any, values: list[str], option_string: str | None = None) -> None:
            read: dict[str, Any] = {}
            for text in values:
                key, _, value = text.partition(":")
                if key in SCHEDULE_KEYS:
                    read[key] = read_text(value, key)
                    continue
                # The Zoo runs the values of all other keys as Python.
                try:
                    super().__call__(parser, namespace, [text], option_string)
                except Exception as error:
                    message = misplaced(key, value) or f"cannot be run as Python ({error}); put a string in quotes"
                    raise ScheduleConfigError.at(key, value, message) from None
                read.update(getattr(namespace, self.dest))
            setattr(namespace, self.dest, read)

    return StoreSchedules


def read_text(text: str, name: str = "<text>") -> Any:
    """Return the value of a text: a Python literal (``dict(type='cosine')``) or otherwise YAML (``cosine_3e-4``)."""
    try:
        return read_expression(text)
    except ScheduleConfigError:
        return parse_yaml(text, f"-params {name}").data


SAYS_WHAT_IS_WRONG = ("rl_zoo3", "huggingface_sb3")
"""Packages whose error messages are meant for the user."""

COMMANDS = {"train": train, "enjoy": enjoy, "record_video": record_video}
USAGE = f"usage: python -m lr_schedule.zoo {{{','.join(COMMANDS)}}} [options of the RL Zoo]\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the Zoo; for a mistake in a schedule or a file, print one line and return exit status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in COMMANDS:
        sys.stderr.write(USAGE)
        return 0 if given[:1] in (["-h"], ["--help"]) else 2
    command = given.pop(0)
    try:
        # Imported here, because an ImportError during a command has another cause.
        import rl_zoo3  # noqa: F401
        import yaml
    except ImportError:
        sys.stderr.write(f"error: {how_to_install('rl_zoo3')}\n")
        return 1
    # The Zoo reads its options from sys.argv, and prints the first word there as its name.
    sys.argv = [f"{sys.argv[0]} {command}", *given]
    try:
        COMMANDS[command]()
    except ScheduleConfigError as error:
        sys.stderr.write("".join(f"error: {problem}\n" for problem in error.problems))
        return 1
    except (ValueError, AssertionError, ImportError, yaml.YAMLError) as error:
        # The messages of the Zoo about a wrong option, such as the name of an environment, are meant for the user. So
        # are those about an agent's config.yml, which the Zoo reads, and about a download.
        if not str(error) or not (isinstance(error, yaml.YAMLError) or _package_of(error) in SAYS_WHAT_IS_WRONG):
            raise
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 1
    return 0


def _package_of(error: BaseException) -> str:
    """Return the name of the package whose code raised an error."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


if __name__ == "__main__":
    sys.exit(main())
