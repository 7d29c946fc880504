"""``lr-schedule check``: list all mistakes in the schedules and sections of YAML files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_schedule.cli.grammar import add_command, add_json, add_total_timesteps
from lr_schedule.cli.output import print_json
from lr_schedule.errors import Problems, format_path

if TYPE_CHECKING:
    from lr_schedule.config.yaml_files import FileProblem

EXAMPLES = """
  lr-schedule check ppo.yml --algo ppo
  lr-schedule check hyperparams/ --json"""


@dataclass(frozen=True)
class CheckOptions:
    """The options of ``lr-schedule check``."""

    paths: list[Path]
    algo: str | None
    total_timesteps: float | None
    json: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(commands, "check", CheckOptions, run, "check every schedule in YAML files", EXAMPLES)
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="YAML files, folders with YAML files, or - for the standard input",
    )
    parser.add_argument(
        "--algo", metavar="NAME", help="the algorithm, such as ppo; also check every key and callback of each section"
    )
    add_total_timesteps(parser)
    add_json(parser)


def run(options: CheckOptions) -> int:
    """Print all problems of all schedules in files and folders."""
    from lr_schedule.cli.sources import read_source
    from lr_schedule.config.yaml_files import FileProblem
    from lr_schedule.zoo.checks import notes_on, problems_in
    from lr_schedule.zoo.keys import find_algorithm
    from lr_schedule.zoo.sections import find_schedules

    algo = None if options.algo is None else find_algorithm(options.algo)
    problems = Problems()
    files = [file for path in options.paths for file in _yaml_files(path, problems)]
    noted: list[str] = []
    count = 0
    # A file that cannot be read is one problem; the files after it are checked too.
    for file in files:
        with problems.gathered():
            document = read_source(file)
            count += sum(1 for _ in find_schedules(document.data))
            problems.found += problems_in(document, options.total_timesteps, algo)
            noted += notes_on(document, options.total_timesteps)
    located = [problem for problem in problems.found if isinstance(problem, FileProblem)]
    notes = list(dict.fromkeys(noted))
    if options.json:
        found = [_as_data(problem) for problem in located]
        print_json({"files": len(files), "schedules": count, "problems": found, "notes": notes})
    else:
        for line in (*map(str, located), *notes):
            print(line)
        counts = (_counted(len(files), "file"), _counted(count, "schedule"), _counted(len(located), "problem"))
        print(", ".join(counts))
    return 1 if located else 0


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _yaml_files(path: Path, problems: Problems) -> list[Path]:
    """Return the YAML files of a path; a folder without any is a problem."""
    from lr_schedule.config.yaml_files import SUFFIXES, FileProblem

    if not path.is_dir():
        return [path]
    found = sorted(file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}") if file.is_file())
    if not found:
        problems.found.append(FileProblem((), None, f"no {' or '.join(SUFFIXES)} file in this folder", str(path)))
    return found


def _as_data(problem: FileProblem) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line, "column": problem.column}
    return {**place, "path": format_path(problem.path), "message": problem.message, "received": repr(problem.received)}
