"""The storage of a study, a folder with a journal or a database, and the workers that are alive in it."""

from __future__ import annotations

import os
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, TYPE_CHECKING, Any, Protocol

from lr_schedule.errors import ScheduleConfigError, did_you_mean, needs_extra

with needs_extra("compare"):
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

Place = str | os.PathLike[str]

JOURNAL, WORKERS = "journal.log", "workers"
DATABASES = ("sqlite", "postgresql", "mysql")

HEARTBEAT = 15
GRACE = 90
"""Seconds between two heartbeats of a worker in a database, and seconds without one until its run is started again."""

SQLITE_WAIT = 60
"""Seconds that a writer waits for others to finish with an SQLite file; the default, 5, is too short for slow disks."""


class Storage(Protocol):
    """The storage of a study."""

    backend: BaseStorage

    def worker(self) -> Any:
        """Return a context with the name of a new worker, in which others can see that it is alive."""

    def beating(self, trial_id: int) -> Any:
        """Return a context in which a run sends heartbeats."""

    def fail_dead(self, study: optuna.Study) -> None:
        """Mark the runs of dead workers as failed."""


def open_storage(place: Place) -> Storage:
    """Open a folder or the URL of a database; create it if it does not exist."""
    text = os.fspath(place)
    if "://" not in text:
        return Folder(Path(text))
    return Database(text)


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    """Lock an open file for this process, until the file is closed or the process ends in any way."""
    try:
        import fcntl
    except ImportError:
        message = "this system does not have the necessary file locks; give --storage sqlite:///compare.db"
        raise ScheduleConfigError.at("storage", file.name, message) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


class JournalLock(JournalFileOpenLock):
    """The lock of a journal: it ends with its process, and removes an incomplete last line.

    Optuna's own lock can outlive its process, and all others then wait for half a minute. An incomplete line, for
    example after a power cut, would damage the next one.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self.journal = journal
        self._held: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Wait for the lock, and remove an incomplete last line."""
        held = self.journal.with_suffix(".lock").open("ab")
        _lock(held, wait=True)
        self._held = held
        _cut_half_line(self.journal)
        return True

    def release(self) -> None:
        """Let others write."""
        if self._held is not None:
            self._held.close()
            self._held = None


def _cut_half_line(journal: Path) -> None:
    with journal.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            file.seek(end - 1)
            if file.read(1) == b"\n":
                break
            end -= 1
        if end < size:
            file.truncate(end)
            file.flush()
            os.fsync(file.fileno())


class Folder:
    """A folder with a journal of Optuna. Each worker has a file there, and keeps it locked while it is alive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / WORKERS).mkdir(parents=True, exist_ok=True)
            journal = folder / JOURNAL
            journal.touch()
        except OSError as error:
            raise ScheduleConfigError.at(
                "storage", str(folder), f"is not a writable folder: {error.strerror}"
            ) from None
        lock = JournalLock(journal)
        lock.acquire()
        lock.release()
        try:
            self.backend: BaseStorage = optuna.storages.JournalStorage(JournalFileBackend(str(journal), lock_obj=lock))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ScheduleConfigError.at("storage", str(journal), f"is not a journal of Optuna: {error}") from None

    @contextmanager
    def worker(self) -> Iterator[str]:
        """Return a context with the name of a new worker, in which its file is locked."""
        name = uuid.uuid4().hex
        path = self.folder / WORKERS / name
        with path.open("wb") as held:
            _lock(held, wait=True)
            try:
                yield name
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def beating(self, trial_id: int) -> Iterator[None]:
        """Do nothing, because the lock of the worker shows that it is alive."""
        yield

    def fail_dead(self, study: optuna.Study) -> None:
        """Mark each run whose worker has no lock any more as failed."""
        for trial in _running(study):
            path = self.folder / WORKERS / str(trial.user_attrs.get("worker"))
            if self._is_free(path):
                _fail(self.backend, study, trial)
                path.unlink(missing_ok=True)

    @staticmethod
    def _is_free(path: Path) -> bool:
        try:
            with path.open("r+b") as file:
                return _lock(file, wait=False)
        except FileNotFoundError:
            return True


class Database:
    """A database, with the heartbeats of Optuna."""

    def __init__(self, url: str) -> None:
        dialect = url.partition("://")[0].partition("+")[0]
        if dialect not in DATABASES:
            message = f"unknown type of database{did_you_mean(dialect, DATABASES)} Allowed: {', '.join(DATABASES)}"
            raise ScheduleConfigError.at("storage", without_password(url), message)
        waiting = {"connect_args": {"timeout": SQLITE_WAIT}} if dialect == "sqlite" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            try:
                self.backend: BaseStorage = optuna.storages.RDBStorage(
                    url, engine_kwargs=waiting, heartbeat_interval=HEARTBEAT, grace_period=GRACE
                )
            except Exception as error:
                # The error classes of the driver are unknown here, and all of them have the same meaning.
                said = " ".join(str(error.__cause__ or error).split())
                raise ScheduleConfigError.at(
                    "storage", without_password(url), f"cannot be opened: {said[:300]}"
                ) from None
        self._first_seen: dict[int, float] = {}

    @contextmanager
    def worker(self) -> Iterator[str]:
        """Return a context with the name of a new worker; its runs send the heartbeats."""
        yield uuid.uuid4().hex

    @contextmanager
    def beating(self, trial_id: int) -> Iterator[None]:
        """Record a heartbeat of the run every few seconds."""
        self._beat(trial_id)
        self.backend.set_trial_user_attr(trial_id, "beats", True)
        stop = Event()

        def beat() -> None:
            while not stop.wait(HEARTBEAT):
                # The run continues even if the database cannot be reached for a while.
                with suppress(Exception):
                    self._beat(trial_id)

        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _beat(self, trial_id: int) -> None:
        backend: Any = self.backend
        backend.record_heartbeat(trial_id)

    def fail_dead(self, study: optuna.Study) -> None:
        """Mark each run without a heartbeat for a while as failed."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(study)
        # Optuna ignores a run whose worker died before its first heartbeat.
        for trial in _running(study):
            first = self._first_seen.setdefault(trial.number, time.monotonic())
            if not trial.user_attrs.get("beats") and time.monotonic() - first > GRACE:
                _fail(self.backend, study, trial)


def _running(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))


def _fail(backend: BaseStorage, study: optuna.Study, trial: FrozenTrial) -> None:
    trial_id = backend.get_trial_id_from_study_id_trial_number(
        backend.get_study_id_from_name(study.study_name), trial.number
    )
    # Another worker may have marked it just now.
    with suppress(optuna.exceptions.UpdateFinishedTrialError):
        backend.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)


def may_hold_a_study(place: Place) -> bool:
    """Tell whether a place may have a study, without creating anything: a folder with a study has a journal."""
    text = os.fspath(place)
    return "://" in text or (Path(text) / JOURNAL).is_file()


def shown_place(place: Place) -> str:
    """Return a folder, or a URL without its password."""
    text = os.fspath(place)
    if "://" not in text:
        return text
    return without_password(text)


def without_password(url: str) -> str:
    """Return a URL without its password."""
    scheme, _, rest = url.partition("://")
    account, at, host = rest.rpartition("@")
    return f"{scheme}://{account.partition(':')[0]}{at}{host}"
