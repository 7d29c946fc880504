"""from_log: turn a value that a run has logged into a short schedule.

Notation: a row is a pair (step, value).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lr_schedule.errors import Keys, ScheduleConfigError, did_you_mean
from lr_schedule.fields import Value, is_numeral, read_number
from lr_schedule.kinds.staircase import PiecewiseLinearLRSchedule
from lr_schedule.numeric.points import Tolerance, fewest_points
from lr_schedule.steps import read_total_steps

STEPS = (
    "total_timesteps", "num_timesteps", "timesteps", "timesteps_total", "num_env_steps_sampled_lifetime",
    "env_steps", "global_step", "step", "_step", "steps", "update", "updates", "iteration", "iterations", "epoch",
)  # fmt: skip
"""Names of a column of steps, after its last slash and in lower case; the first one that the file has is used."""

TIMES = ("wall time", "time", "_timestamp", "_runtime", "time_elapsed", "fps")
"""Columns with the time at which a row was written; they are never the value."""

RATES = ("learning_rate", "learning rate", "lr", "value")
"""Columns that are used if there are several columns and no key."""


class Cell(NamedTuple):
    """The content of a cell of a log, and the path and the words that name its place."""

    text: Any
    path: Keys
    place: str = ""

    def read(self) -> float:
        """Return the number, or raise an error that says what is allowed."""
        try:
            return read_number(Value, self.text, "value")
        except ScheduleConfigError as error:
            raise self.error(error.problems[0].message) from None

    def error(self, message: str) -> ScheduleConfigError:
        """Return an error about this cell."""
        return ScheduleConfigError.at(self.path, self.text, self.place + message)


Rows = Iterator[tuple[Cell, Cell]]


def from_log(
    source: Any, key: str | None = None, tolerance: float = 1e-2, total_steps: float | None = None
) -> PiecewiseLinearLRSchedule:
    """Turn a logged value into a schedule of a few straight lines.

    Use it to repeat a curve that a controller, a population-based search or a person has produced in a run, or to
    share it as a few numbers.

    Formula:
        Lines between a few points that are within ``tolerance * max(values)`` of every row. Before the first row and
        after the last one, the value is constant.

    Args:
        source: A list or array of pairs (step, value); the path of a CSV file with a header (as Stable-Baselines3,
            TensorBoard and Weights & Biases write it) or with two columns and no header; or the path of a TensorBoard
            file or its folder, which needs the package tensorboard. Steps must ascend, and values must be finite and
            not negative. Rows of a file without the value are skipped.
        key: Column or tag of the value. You can omit it if the source has only one, or only one learning rate.
        tolerance: Largest distance from a row, as a fraction of the largest value. Must be in [1e-9, 1).
        total_steps: Length of the run in the steps of the log, at least its last step. The default is the last step.

    Returns:
        A schedule of type ``piecewise_linear``. Its config contains fractions of the run, so you can use it for a run
        of any length.

    Raises:
        ScheduleConfigError: The source cannot be read, or a row or an argument is wrong; the message says which one.
        ModuleNotFoundError: The source needs tensorboard, which is not installed.

    Example:
        >>> from_log([(0, 0.001), (50, 0.0005), (100, 0.0), (200, 0.0)])
        PiecewiseLinearLRSchedule(points=((0.0, 0.001), (0.5, 0.0), (1.0, 0.0)))
    """
    import numpy as np

    share = read_number(Tolerance, tolerance, "tolerance")
    steps, values = _in_order(_rows_of(source, key))
    total = steps[-1] if total_steps is None else read_total_steps(total_steps)
    if total == 0.0:
        raise ScheduleConfigError.at("total_steps", None, "required, because the only row is at step 0")
    if total < steps[-1]:
        message = f"must be at least the last step of the log, {steps[-1]:.10g}"
        raise ScheduleConfigError.at("total_steps", total_steps, message)
    points = fewest_points(np.asarray(steps), np.asarray(values), share * max(values))
    return PiecewiseLinearLRSchedule(points=[(step / total, value) for step, value in points])


def _in_order(rows: Rows) -> tuple[list[float], list[float]]:
    steps: list[float] = []
    values: list[float] = []
    for step_cell, value_cell in rows:
        step, value = step_cell.read(), value_cell.read()
        if steps and (step, value) == (steps[-1], values[-1]):
            continue
        if steps and step <= steps[-1]:
            raise step_cell.error(f"must be above the step before it, which is {steps[-1]}")
        steps.append(step)
        values.append(value)
    if not steps:
        raise ScheduleConfigError.at("series", [], "must have at least one row with a value")
    return steps, values


def _rows_of(source: Any, key: str | None) -> Rows:
    if not isinstance(source, (str, Path)):
        return _rows_of_series(source)
    path = Path(source)
    if not path.exists():
        raise ScheduleConfigError.at("source", str(source), "no such file or folder")
    return _rows_of_events(path, key) if path.is_dir() or "tfevents" in path.name else _rows_of_csv(path, key)


def _rows_of_series(source: Any) -> Rows:
    rows = source.tolist() if hasattr(source, "tolist") else source
    if not isinstance(rows, Iterable):
        message = "must be a list of (step, value), or the path of a CSV or TensorBoard file"
        raise ScheduleConfigError.at("source", source, message)
    for n, row in enumerate(rows):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 2:
            raise ScheduleConfigError.at(("series", n), row, "must be a pair (step, value)")
        yield Cell(row[0], ("series", n, 0)), Cell(row[1], ("series", n, 1))


def _rows_of_csv(path: Path, key: str | None) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        lines = [(reader.line_num, line) for line in reader if line]
    if not lines:
        raise ScheduleConfigError.at("source", str(path), "has no rows")
    names = lines[0][1]
    if len(names) == 2 and all(is_numeral(name) for name in names):
        names = ["step", "value"]
    else:
        lines = lines[1:]
    step_name = _step_column(path, names)
    value_name = _chosen(key, [name for name in names if not _is_step(name)] if key is None else names, "column")
    for number, line in lines:
        found = dict(zip(names, line, strict=False))
        step, value = (
            Cell(found.get(name, ""), ("source",), f"line {number}, column {name!r}: ")
            for name in (step_name, value_name)
        )
        if step.text.strip() and value.text.strip():
            yield step, value


def _step_column(path: Path, names: Sequence[str]) -> str:
    for wanted in STEPS:
        for name in names:
            if _last_word(name) == wanted:
                return name
    message = f"has no column for the step; its columns: {', '.join(names)}; allowed names: {', '.join(STEPS)}"
    raise ScheduleConfigError.at("source", str(path), message)


def _chosen(key: str | None, names: Sequence[str], called: str) -> str:
    """Return the name of the value: the given one, the only one, or the only learning rate."""
    if key in names:
        return str(key)
    listed = ", ".join(names)
    if key is not None:
        raise ScheduleConfigError.at("key", key, f"no such {called}{did_you_mean(key, names)} Allowed: {listed}")
    values = [name for name in names if _last_word(name) not in TIMES]
    found = values if len(values) == 1 else [name for name in values if _last_word(name) in RATES]
    if len(found) != 1:
        raise ScheduleConfigError.at("key", key, f"must be one of the {called}s: {listed}")
    return found[0]


def _is_step(name: str) -> bool:
    return _last_word(name) in STEPS


def _last_word(name: str) -> str:
    return name.rpartition("/")[2].strip().lower()


def _rows_of_events(path: Path, key: str | None) -> Rows:
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from tensorboard.util.tensor_util import make_ndarray
    except ModuleNotFoundError:
        message = "reading a TensorBoard file needs tensorboard, which is not installed: pip install tensorboard"
        raise ModuleNotFoundError(message, name="tensorboard") from None

    events = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    tags: dict[str, Any] = events.Tags()
    found = [*tags["scalars"], *tags["tensors"]]
    if not found:
        inner = sorted(each.name for each in path.iterdir() if each.is_dir()) if path.is_dir() else []
        hint = f"; give the folder of one run, such as {inner[0]}" if inner else ""
        raise ScheduleConfigError.at("source", str(path), f"has no values of TensorBoard{hint}")
    tag = _chosen(key, found, "tag")
    is_scalar = tag in tags["scalars"]
    for event in events.Scalars(tag) if is_scalar else events.Tensors(tag):
        value = event.value if is_scalar else make_ndarray(event.tensor_proto).item()
        place = f"tag {tag!r}, step {event.step}: "
        yield Cell(event.step, ("source",), place), Cell(value, ("source",), place)
