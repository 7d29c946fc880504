"""``lr-schedule preview``: show the values that a run will use with the schedules of one section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lr_schedule.cli.grammar import add_command, add_json, add_total_timesteps, length
from lr_schedule.cli.output import print_json

if TYPE_CHECKING:
    from lr_schedule.errors import ScheduleConfigError

EXAMPLES = """
  lr-schedule preview ppo.yml --env CartPole-v1 --algo ppo"""


@dataclass(frozen=True)
class PreviewOptions:
    """The options of ``lr-schedule preview``."""

    file: str
    env: str | None
    algo: str
    episode_length: float | None
    total_timesteps: float | None
    json: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    summary = "show the values of the schedules for each update of a run, and warn about mistakes"
    parser = add_command(commands, "preview", PreviewOptions, run, summary, EXAMPLES)
    parser.add_argument("file", help="a hyperparameter file of the RL Zoo")
    parser.add_argument("--env", metavar="ID", help="the section of the file, usually an environment")
    parser.add_argument("--algo", required=True, metavar="NAME", help="the algorithm, such as ppo or sac")
    parser.add_argument(
        "--episode-length",
        type=length,
        metavar="N",
        help="length of an episode in steps, for algorithms that update after whole episodes",
    )
    add_total_timesteps(parser)
    add_json(parser)


def run(options: PreviewOptions) -> int:
    """Print the result of `lr_schedule.sb3.preview` for the schedules of one section."""
    from lr_schedule.errors import ScheduleConfigError
    from lr_schedule.zoo.hyperparams import load_hyperparams, preview_section
    from lr_schedule.zoo.keys import find_algorithm

    model, zoo = load_hyperparams(options.file, options.env, options.total_timesteps)
    if "n_timesteps" not in zoo:
        raise ValueError(f"{options.file}: the section has no n_timesteps; add it, or use --run-timesteps")
    algo = find_algorithm(options.algo)
    others: dict[str, Any] = {} if options.episode_length is None else {"episode_length": int(options.episode_length)}
    try:
        table = preview_section(model, zoo, algo, **others)
    except ScheduleConfigError as error:
        raise _in_file(error, options) from None
    if options.json:
        values = {name: column.tolist() for name, column in table.values.items()}
        clock = {"timesteps": table.timesteps.tolist(), "progress": table.progress.tolist()}
        print_json({"algorithm": table.algorithm, **clock, "values": values, "warnings": table.warnings})
    else:
        print(table)
    return 0


def _in_file(error: ScheduleConfigError, options: PreviewOptions) -> ScheduleConfigError:
    """Return an error of `preview`, which knows only the names of hyperparameters, with their positions in the file."""
    from lr_schedule.config.yaml_files import read_yaml
    from lr_schedule.errors import Problems
    from lr_schedule.zoo.sections import find_schedules_in_section, find_section

    document = read_yaml(options.file)
    path = find_section(document.data, options.env)
    section = document.data[path[0]] if path else document.data
    places = {str(found.path[-1]): found.path for found in find_schedules_in_section(section)}
    problems = Problems()
    for problem in error.problems:
        name, *below = problem.path or ("",)
        place = places.get(str(name), (name,) if name in section else ())
        one = type(error).at((*path, *place, *below), problem.received, problem.message)
        problems.found += document.locate(one).problems if place else [problem]
    return type(error)(problems.found)
