"""From candidates and a training function to a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lr_schedule.compare.plan import VERSIONS, Plan, join_study, make_plan, read_plan
from lr_schedule.compare.queue import Queue
from lr_schedule.compare.result import Comparison
from lr_schedule.compare.scaling import MINMAX, refuse_scales
from lr_schedule.compare.storage import Place, may_hold_a_study, shown_place
from lr_schedule.compare.workers import OnProgress, Train, Work, run_all
from lr_schedule.errors import ScheduleConfigError, did_you_mean, needs_extra

FOLDER, STUDY = "runs/compare", "compare"
Normalize = str | Mapping[str, Sequence[float]]


def compare(  # noqa: PLR0913  # all but two are options by name
    candidates: Mapping[str, Any],
    train: Train,
    *,
    tasks: Sequence[str] | None = None,
    seeds: int | Sequence[int] = 10,
    storage: Place = FOLDER,
    jobs: int = 1,
    study: str = STUDY,
    settings: Mapping[str, Any] | None = None,
    baseline: str | None = None,
    normalize: Normalize = MINMAX,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Train every candidate on every task with every seed, and say which are better than the first.

    Use it to find out whether a schedule helps, with any library: each run is a call of your own function. Runs that
    are complete are kept, so that the same call goes on where another one has stopped, and several processes or
    machines share one study.

    Formula:
        Interquartile means with 95 % stratified bootstrap intervals; a difference counts where fewer than 5 % of the
        ways to swap runs with one seed between the two candidates give as large a one (Holm's correction for several).

    Args:
        candidates: The config of each candidate by its name: schedules or plain data (two at least).
        train: ``train(candidate, task, seed, report)`` trains one run with the config of the candidate, and calls
            ``report(timestep, score)`` at rising timesteps; the last score is the final one. With ``jobs`` above 1 it
            must be a function of a module.
        tasks: Names of tasks, each for `train` to understand (None: one task, called ``task``).
        seeds: How many seeds (>= 2; 10), or which. All candidates share them.
        storage: A folder for the runs, or the URL of a database (``sqlite:///...``, ``postgresql+psycopg://...``).
        jobs: How many processes work at a time on this machine (>= 1; 1).
        study: The name of the study in the storage ("compare").
        settings: What else the scores depend on, as plain data. It is kept, and may not change (None: nothing).
        baseline: The candidate that all others are compared with (None: the first).
        normalize: How scores of several tasks are made comparable: ``minmax`` (0 and 1 are the lowest and the highest
            final score of each task), ``none``, or the two scores of each task that become 0 and 1.
        on_progress: Called now and then with the `Progress` of the study.

    Returns:
        The comparison, with ``table()``, ``plot()`` and ``to_json()``.

    Raises:
        ScheduleConfigError: Something cannot be used, or the storage holds another study, or a candidate has changed
            since its runs began. Nothing has been trained then. An error of `train` is no error here: after three of
            them the run counts as failed, and is named in the comparison.

    Source:
        Agarwal et al. 2021, arXiv 2108.13264

    Example:
        >>> from lr_schedule.compare import compare
        >>> def train(candidate, task, seed, report):
        ...     for step in (100, 200):
        ...         report(step, candidate["rate"] * step + seed)
        >>> comparison = compare({"low": {"rate": 1}, "high": {"rate": 2}}, train, seeds=5, storage="runs")
        >>> comparison.verdict
        'high is better than low, by 200.'
    """
    with needs_extra("compare"):
        import scipy  # noqa: F401  # now, and not when all is trained
    plan = make_plan(candidates, tasks, seeds, settings)
    _refuse(plan, baseline, normalize)
    if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 1:
        raise ScheduleConfigError.at("jobs", jobs, "must be a whole number >= 1")
    if not callable(train):
        raise ScheduleConfigError.at("train", train, "must be a function train(candidate, task, seed, report)")
    queue = Queue(storage, study)
    joined = join_study(queue, plan)
    work = Work(storage, study, dict(candidates), joined.cells(), train)
    run_all(work, jobs, on_progress or (lambda progress: None))
    return read_study(storage, study=study, baseline=baseline, normalize=normalize)


def read_study(
    storage: Place, *, study: str = STUDY, baseline: str | None = None, normalize: Normalize = MINMAX
) -> Comparison:
    """Return what a study shows so far, without training anything.

    Use it to look at a study that is not finished, or at one of another machine.

    Args:
        storage: A folder or the URL of a database.
        study: The name of the study in the storage ("compare").
        baseline: The candidate that all others are compared with (None: the first).
        normalize: How scores of several tasks are made comparable, as in `compare`.

    Returns:
        The comparison.

    Raises:
        ScheduleConfigError: There is no such study.

    Example:
        >>> from lr_schedule.compare import compare
        >>> def train(candidate, task, seed, report):
        ...     report(100, candidate["rate"])
        >>> _ = compare({"low": {"rate": 1}, "high": {"rate": 2}}, train, seeds=5, storage="runs")
        >>> read_study("runs").done
        10
    """
    nothing = ScheduleConfigError.at("storage", shown_place(storage), f"holds no study called {study!r}")
    if not may_hold_a_study(storage):
        raise nothing
    queue = Queue(storage, study)
    plan = read_plan(queue)
    if plan is None:
        raise nothing
    _refuse(plan, baseline, normalize)
    first = next(iter(plan.candidates))
    versions = queue.study.user_attrs.get(VERSIONS, {})
    return Comparison(plan, queue.results(plan.cells()), baseline or first, normalize, versions)


def _refuse(plan: Plan, baseline: str | None, normalize: Normalize) -> None:
    if baseline is not None and baseline not in plan.candidates:
        hint = did_you_mean(baseline, plan.candidates)
        message = f"no such candidate{hint} Candidates: {', '.join(plan.candidates)}"
        raise ScheduleConfigError.at("baseline", baseline, message)
    refuse_scales(normalize, plan.tasks)
