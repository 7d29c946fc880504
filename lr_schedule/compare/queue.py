"""The runs of a study as a queue that any number of workers share.

A trial of Optuna's study is one try at one cell: a candidate on a task with a seed. A storage numbers trials in the
order in which they are made. So if two workers take a cell at the same time, the one with the lower number has it.
Optuna's own queue of waiting trials can give one trial to two workers if the storage is SQLite.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lr_schedule.compare.storage import Place, open_storage
from lr_schedule.errors import needs_extra

with needs_extra("compare"):
    import optuna
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

MOST_ERRORS = 3
"""Number of errors after which a cell counts as failed."""

MOST_DEATHS = 10
"""Number of deaths of its worker after which a cell counts as failed. A cluster may end jobs, but a cell may also use
all memory."""

COMPLETE, RUNNING, FAILED, WAITING = "complete", "running", "failed", "waiting"


class Cell(NamedTuple):
    """One run of a study: which candidate, on which task, with which seed."""

    candidate: str
    task: str
    seed: int


@dataclass(frozen=True)
class Result:
    """The state and the scores of a cell.

    Attributes:
        state: ``complete``, ``running``, ``failed`` or ``waiting``.
        curve: Pairs of timestep and score, in order.
        error: The last error, or an empty string.
        tries: Number of times that the cell was started.
        seconds: Duration of the complete run (0.0 if it is not complete).
    """

    state: str = WAITING
    curve: tuple[tuple[int, float], ...] = ()
    error: str = ""
    tries: int = 0
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """The last score of the curve."""
        return self.curve[-1][1]


class Claim(NamedTuple):
    """A cell that a worker has taken."""

    cell: Cell
    trial_id: int


class Queue:
    """The cells of a study in a storage."""

    def __init__(self, place: Place, study: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage = open_storage(place)
        self._backend = self.storage.backend
        self.study = optuna.create_study(
            storage=self._backend, study_name=study, direction="maximize", load_if_exists=True
        )
        self._study_id = self._backend.get_study_id_from_name(study)

    def results(self, cells: Sequence[Cell]) -> dict[Cell, Result]:
        """Return the result of each cell."""
        tries: dict[Cell, list[FrozenTrial]] = {cell: [] for cell in cells}
        for trial in self.study.get_trials(deepcopy=False):
            if (cell := _cell_of(trial)) in tries:
                tries[cell].append(trial)
        return {cell: _result(trials) for cell, trials in tries.items()}

    @contextmanager
    def worker(self) -> Iterator[str]:
        """Return a context with the name of a new worker; if the worker is interrupted, its cell is free again."""
        with self.storage.worker() as name:
            try:
                yield name
            except BaseException:
                # Not in `running`, because an interruption may come after a cell is taken and before its run starts.
                self._give_back(name)
                raise

    def _give_back(self, worker: str) -> None:
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if trial.user_attrs.get("worker") == worker:
                trial_id = self._backend.get_trial_id_from_study_id_trial_number(self._study_id, trial.number)
                self._note(trial_id, "interrupted", True)
                self._end(trial_id, TrialState.FAIL)

    def claim(self, cells: Sequence[Cell], worker: str) -> Claim | None:
        """Take the first free cell, or return None if there is none."""
        self.storage.fail_dead(self.study)
        for cell, result in self.results(cells).items():
            if result.state == WAITING and (claim := self._take(cell, worker)):
                return claim
        return None

    def _take(self, cell: Cell, worker: str) -> Claim | None:
        made = optuna.trial.create_trial(state=TrialState.RUNNING, user_attrs={**cell._asdict(), "worker": worker})
        trial_id = self._backend.create_new_trial(self._study_id, made)
        if self._has_the_first_try(cell, trial_id):
            return Claim(cell, trial_id)
        self._end(trial_id, TrialState.PRUNED)
        return None

    def _has_the_first_try(self, cell: Cell, trial_id: int) -> bool:
        held = (TrialState.RUNNING, TrialState.COMPLETE)
        tries = [trial for trial in self.study.get_trials(deepcopy=False, states=held) if _cell_of(trial) == cell]
        return min(trial.number for trial in tries) == self._backend.get_trial_number_from_id(trial_id)

    @contextmanager
    def running(self, claim: Claim) -> Iterator[Curve]:
        """Return a context for the run of a cell, which records its end or its error.

        An error belongs to the cell and is not raised. An interruption belongs to the worker.
        """
        curve = Curve(self, claim.trial_id)
        try:
            with self.storage.beating(claim.trial_id):
                yield curve
            curve.require_a_score()
        except Exception as error:  # any error of a user's function
            self._note(claim.trial_id, "error", _said(error))
            self._note(claim.trial_id, "traceback", traceback.format_exc()[-4_000:])
            self._end(claim.trial_id, TrialState.FAIL)
        else:
            self._end(claim.trial_id, TrialState.COMPLETE, curve.last)

    def report(self, trial_id: int, timestep: int, score: float) -> None:
        """Record one point of a curve."""
        with suppress(UpdateFinishedTrialError):
            self._backend.set_trial_intermediate_value(trial_id, timestep, score)

    def _note(self, trial_id: int, key: str, value: Any) -> None:
        with suppress(UpdateFinishedTrialError):
            self._backend.set_trial_user_attr(trial_id, key, value)

    def _end(self, trial_id: int, state: TrialState, score: float | None = None) -> None:
        # If this worker was considered dead, another one has the cell, and the result of that one counts.
        with suppress(UpdateFinishedTrialError):
            self._backend.set_trial_state_values(trial_id, state, None if score is None else [score])


class Curve:
    """Records the scores of one run, as ``report(timestep, score)``."""

    def __init__(self, queue: Queue, trial_id: int) -> None:
        self._queue = queue
        self._trial_id = trial_id
        self._timestep = -1
        self.last = math.nan

    def __call__(self, timestep: int, score: float) -> None:
        """Record the score at a timestep, a whole number >= 0 above the one in the last call."""
        if int(timestep) != timestep or timestep <= self._timestep:
            raise ValueError(f"timestep must be a whole number above the last one, {self._timestep}, not {timestep}")
        if not math.isfinite(score):
            raise ValueError(f"the score at timestep {timestep} is {score}, not a finite number")
        self._timestep, self.last = int(timestep), float(score)
        self._queue.report(self._trial_id, self._timestep, self.last)

    def require_a_score(self) -> None:
        """Raise an error if no score was reported."""
        if self._timestep < 0:
            raise ValueError("the run reported no score; call report(timestep, score)")


def _cell_of(trial: FrozenTrial) -> Cell | None:
    found = trial.user_attrs
    return Cell(found["candidate"], found["task"], found["seed"]) if "candidate" in found else None


def _result(trials: Sequence[FrozenTrial]) -> Result:
    tries = [trial for trial in trials if trial.state is not TrialState.PRUNED]
    errors = [trial.user_attrs["error"] for trial in tries if "error" in trial.user_attrs]
    dead = [t for t in tries if t.state is TrialState.FAIL and not {"error", "interrupted"} & t.user_attrs.keys()]
    error = errors[-1] if errors else ""
    for trial in tries:
        if trial.state is TrialState.COMPLETE:
            seconds = trial.duration.total_seconds() if trial.duration else 0.0
            return Result(COMPLETE, _curve(trial), error, len(tries), seconds)
    for trial in tries:
        if trial.state is TrialState.RUNNING:
            return Result(RUNNING, _curve(trial), error, len(tries))
    if len(errors) >= MOST_ERRORS:
        return Result(FAILED, (), error, len(tries))
    if len(dead) >= MOST_DEATHS:
        return Result(FAILED, (), f"its process was ended {len(dead)} times; is there enough memory?", len(tries))
    return Result(WAITING, (), error, len(tries))


def _curve(trial: FrozenTrial) -> tuple[tuple[int, float], ...]:
    return tuple(sorted(trial.intermediate_values.items()))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:2_000]
