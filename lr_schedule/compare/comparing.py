"""compare and read_study: train candidates, and return the comparison."""

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
    """Train each candidate on each task with each seed, and test which candidates are better than the first.

    Use it to find out whether a schedule helps. It works with any library, because it calls your own function
    for each run. Complete runs are stored, so you can stop the study and continue it with the same call, and several
    processes or machines can share it.

    Formula:
        Interquartile means with 95 % stratified bootstrap intervals. A difference counts if at most 5 % of the ways
        to swap runs with the same seed between the two candidates give a difference as large (with Holm's correction
        for several candidates).

    Args:
        candidates: Mapping from names to configs, which are schedules or plain data. At least two.
        train: Function ``train(candidate, task, seed, report)`` that trains one run with the config of the candidate,
            and calls ``report(timestep, score)`` at rising timesteps. The last score is the final one. If `jobs` is
            above 1, it must be a function of a module.
        tasks: Names of tasks, which are passed to `train`. By default, there is one task, called ``task``.
        seeds: Number of seeds, at least 2, or a list of seeds. All candidates share them.
        storage: A folder for the runs, or the URL of a database (``sqlite:///...``, ``postgresql+psycopg://...``).
        jobs: Number of processes on this machine, at least 1.
        study: Name of the study in the storage.
        settings: Other data that the scores depend on, as plain data. It is stored with the study, and must not change.
        baseline: The candidate that all others are compared with. By default, the first.
        normalize: Scaling of the scores of several tasks: ``minmax`` (0 and 1 are the lowest and the highest final
            score of each task), ``none``, or a mapping from tasks to the two scores that become 0 and 1.
        on_progress: Function that is called from time to time with the `Progress` of the study.

    Returns:
        The comparison, with ``table()``, ``plot()`` and ``to_json()``.

    Raises:
        ScheduleConfigError: An argument is wrong, the storage has another study, or a candidate has changed since its
            runs started. Nothing is trained then. An error in `train` is not raised: after three errors, the run counts
            as failed, and the comparison lists it.

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
        import scipy  # noqa: F401  # now, not after the training
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
    """Return the comparison of a study so far, without training.

    Use it to look at a study that is not finished, or at a study from another machine.

    Args:
        storage: A folder, or the URL of a database.
        study: Name of the study in the storage.
        baseline: The candidate that all others are compared with. By default, the first.
        normalize: Scaling of the scores of several tasks, as in `compare`.

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
    nothing = ScheduleConfigError.at("storage", shown_place(storage), f"has no study called {study!r}")
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
