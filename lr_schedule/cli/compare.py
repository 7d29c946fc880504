"""``lr-schedule compare``: find the best of several schedules for a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_schedule.cli.grammar import add_command, add_json, length
from lr_schedule.cli.output import print_json
from lr_schedule.errors import ScheduleConfigError, needs_extra

if TYPE_CHECKING:
    from lr_schedule.compare import Comparison
    from lr_schedule.compare.training import Trainer

EXAMPLES = """
  lr-schedule compare constant.yml linear.yml --algo ppo --env CartPole-v1 --seeds 10 -n 50000 --study runs/compare
  lr-schedule compare --candidate 3e-4 --candidate cosine_3e-4 --base ppo.yml --algo ppo --env CartPole-v1 -n 50000
  lr-schedule compare --study runs/compare      (shows a study, finished or not, and trains nothing)"""

PICTURES = ("compare.png", "compare.svg")


@dataclass(frozen=True)
class CompareOptions:
    """The options of ``lr-schedule compare``."""

    files: list[str]
    candidate: list[str]
    base: str | None
    algo: str | None
    env: list[str]
    n_timesteps: float | None
    seeds: int
    study: str
    storage: str | None
    jobs: int
    baseline: str | None
    normalize: list[str]
    evaluations: int
    episodes: int
    device: str
    gym_packages: list[str]
    json: bool


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    summary = "train candidates with several seeds, and report which are better"
    parser = add_command(commands, "compare", CompareOptions, run, summary, EXAMPLES)
    many: Any = {"action": "append", "default": []}
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="a candidate: a schedule, targets, or a section of the RL Zoo"
    )
    parser.add_argument(
        "--candidate", metavar="CFG", help="a candidate that is not in a file: cosine_3e-4, '{type: rex}'", **many
    )
    parser.add_argument("--base", metavar="FILE", help="a file with the hyperparameters that all candidates share")
    parser.add_argument("--algo", metavar="NAME", help="the algorithm, such as ppo or sac")
    parser.add_argument("--env", metavar="ID", help="a task; repeat the option for several tasks", **many)
    parser.add_argument("-n", "--n-timesteps", type=length, metavar="N", help="length of each run in timesteps")
    parser.add_argument(
        "--seeds", type=int, default=10, metavar="N", help="number of runs of each candidate on each task (default: 10)"
    )
    parser.add_argument(
        "--study",
        default="runs/compare",
        metavar="FOLDER",
        help="folder for the runs and the report (default: runs/compare)",
    )
    parser.add_argument("--storage", metavar="URL", help="a database for the runs: sqlite:///... or postgresql://...")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="number of processes that train at the same time (default: 1)"
    )
    parser.add_argument(
        "--baseline", metavar="NAME", help="the candidate that all others are compared with (default: the first)"
    )
    parser.add_argument(
        "--normalize",
        metavar="HOW",
        help="scale of the scores of several tasks: minmax (default), none, or ENV=LOW,HIGH for each task",
        **many,
    )
    parser.add_argument(
        "--evaluations", type=int, default=10, metavar="N", help="number of evaluations in each run (default: 10)"
    )
    parser.add_argument(
        "--episodes", type=int, default=10, metavar="N", help="number of episodes in each evaluation (default: 10)"
    )
    parser.add_argument("--device", default="auto", help="device for the networks: auto, cpu or cuda (default: auto)")
    parser.add_argument(
        "--gym-packages", nargs="+", default=[], metavar="MODULE", help="modules to import, which register environments"
    )
    add_json(parser)


def run(options: CompareOptions) -> int:
    """Run the cells that are left in a study, and report the results."""
    _require_packages()
    from lr_schedule.compare import compare, read_study

    where = _where(options)
    shown: dict[str, Any] = {"baseline": options.baseline, "normalize": _normalize(options)}
    if not (options.files or options.candidate):
        _refuse_missing_study(options)
        return _report(read_study(**where, **shown), options)
    trainer = _trainer(options)
    candidates = dict(_candidates(options))
    from lr_schedule.compare.progress import Shown
    from lr_schedule.compare.training import check_all

    check_all(trainer, candidates, tuple(options.env))
    try:
        with Shown(options.jobs, _warnings(trainer, candidates, options.env)) as progress:
            found = compare(
                candidates,
                trainer,
                tasks=options.env,
                seeds=options.seeds,
                jobs=options.jobs,
                settings=trainer.settings(),
                on_progress=progress,
                storage=where["storage"],
                study=where["study"],
                **shown,
            )
    except KeyboardInterrupt:
        _report(read_study(**where, **shown), options)
        raise
    return _report(found, options)


def _warnings(trainer: Trainer, candidates: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """Return the warnings of `preview` about each candidate, once if they are the same for several tasks."""
    found = [
        f"warning: {name}: {text}"
        for name, candidate in candidates.items()
        for task in tasks
        for text in trainer.warnings(candidate, task)
    ]
    return list(dict.fromkeys(found))


def _require_packages() -> None:
    """Raise an error for a missing package now, not after hours of training."""
    with needs_extra("compare"):
        for package in ("matplotlib", "optuna", "scipy", "stable_baselines3"):
            import_module(package)


def _where(options: CompareOptions) -> dict[str, str]:
    """Return the storage and the name of the study; a folder has one study, and a database can have many."""
    if options.storage is None:
        return {"storage": options.study, "study": "compare"}
    return {"storage": options.storage, "study": options.study}


def _refuse_missing_study(options: CompareOptions) -> None:
    from lr_schedule.compare.storage import may_hold_a_study

    if not may_hold_a_study(options.storage or options.study):
        message = "there is no study; to start one, give files with candidates, --algo, --env and -n"
        raise ScheduleConfigError.at("--study", options.study, message)


def _trainer(options: CompareOptions) -> Trainer:
    from lr_schedule.cli.sources import read_source
    from lr_schedule.compare.candidates import read_base
    from lr_schedule.compare.training import Trainer
    from lr_schedule.zoo.keys import find_algorithm

    required = {"--algo": options.algo, "--env": options.env, "-n": options.n_timesteps}
    for name, given in required.items():
        if not given:
            raise ScheduleConfigError.at(name, given, "is required to train the candidates")
    algo, steps = str(options.algo), int(options.n_timesteps or 0)
    find_algorithm(algo)
    for name, number in (("--evaluations", options.evaluations), ("--episodes", options.episodes)):
        if number < 1:
            raise ScheduleConfigError.at(name, number, "must be >= 1")
    if options.evaluations > steps:
        raise ScheduleConfigError.at(
            "--evaluations", options.evaluations, f"must be at most the timesteps of a run, {steps}"
        )
    base = {} if options.base is None else read_base(read_source(options.base), options.env)
    return Trainer(
        algo.lower(),
        steps,
        base,
        options.evaluations,
        options.episodes,
        options.device,
        tuple(options.gym_packages),
    )


def _candidates(options: CompareOptions) -> Iterator[tuple[str, Any]]:
    from lr_schedule.cli.sources import STANDARD_INPUT, read_source
    from lr_schedule.compare.candidates import name_candidates, read_candidate
    from lr_schedule.config.yaml_files import SUFFIXES, parse_yaml

    steps = options.n_timesteps or 0.0
    for file in options.files:
        if Path(file).suffix not in SUFFIXES and file != STANDARD_INPUT and not Path(file).exists():
            raise ScheduleConfigError.at(
                "FILE", file, "there is no such file; to give a config itself, use --candidate"
            )
    documents = [(Path(file).stem, read_source(file)) for file in options.files]
    documents += [(text, parse_yaml(text, "--candidate")) for text in options.candidate]
    named = name_candidates((name, read_candidate(document, options.env, steps)) for name, document in documents)
    return iter(named.items())


def _normalize(options: CompareOptions) -> Any:
    from lr_schedule.compare.scaling import FORM, MINMAX

    if not options.normalize:
        return MINMAX
    if len(options.normalize) == 1 and "=" not in options.normalize[0]:
        return options.normalize[0]
    given = {}
    for text in options.normalize:
        task, _, scores = text.partition("=")
        low, comma, high = scores.partition(",")
        if not comma:
            raise ScheduleConfigError.at("--normalize", text, FORM)
        given[task] = (low, high)
    return given


def _report(found: Comparison, options: CompareOptions) -> int:
    from lr_schedule.compare.page import write_page

    folder = Path(options.study)
    folder.mkdir(parents=True, exist_ok=True)
    found.to_json(folder / "compare.json")
    for name in PICTURES:
        found.plot(folder / name)
    write_page(found, folder / "compare.html")
    if options.json:
        print_json(found.to_dict())
    else:
        print(found.table())
        print(f"wrote compare.json, compare.png, compare.svg and compare.html to {folder}")
    return 1 if found.errors() else 0
