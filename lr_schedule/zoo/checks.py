"""Everything that is wrong with the schedules of a YAML file, each problem once, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lr_schedule.config.yaml_files import Document, FileProblem
from lr_schedule.errors import Keys, Problems, ScheduleConfigError
from lr_schedule.zoo.sections import find_schedules, is_section, refuse_strays


def problems_in(document: Document, total_timesteps: float | None = None) -> list[FileProblem]:
    """Return the problems of all schedules in a file; what YAML merges into several sections is reported once.

    Args:
        document: The file, as `read_yaml` returns it.
        total_timesteps: Length of the run, for ``*_steps`` keys (None: what the file says beside each schedule).
    """
    problems = Problems()
    for found in find_schedules(document.data):
        with problems.gathered():
            found.create(total_timesteps)
    for path, section in _sections(document.data):
        with problems.gathered(*path):
            refuse_strays(section)
    located: dict[tuple[int, int, str], FileProblem] = {}
    for problem in document.locate(ScheduleConfigError(problems.found)).problems:
        if isinstance(problem, FileProblem):
            # YAML aliases and merges make many paths to one place; the first of them names it.
            located.setdefault((problem.line, problem.column, problem.message), problem)
    return [located[place] for place in sorted(located)]


def _sections(data: Any) -> Iterator[tuple[Keys, Mapping[Any, Any]]]:
    """Yield the mappings of a file that hold hyperparameters: the file itself, or its sections."""
    parts = [((), data), *(((name,), value) for name, value in data.items())] if isinstance(data, Mapping) else []
    for path, part in parts:
        if isinstance(part, Mapping) and ("n_timesteps" in part or "policy" in part) and is_section(part):
            yield path, part
