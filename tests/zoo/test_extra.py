"""What the extra [zoo] installs, read from the metadata of the packages themselves; nothing is downloaded."""

import ast
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rl_zoo3")
tomllib = pytest.importorskip("tomllib")  # Python 3.10 has none

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "lr-schedule"
PROJECT: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
COMMANDS = ["rl_zoo3.train", "rl_zoo3.enjoy", "rl_zoo3.record_video"]


def needs(name: str, extras: set[str]) -> Iterator[Requirement]:
    """Yield what a package with these extras requires on this machine."""
    if name == OWN:
        stated = [*PROJECT["dependencies"], *(text for one in extras for text in PROJECT["optional-dependencies"][one])]
    else:
        stated = importlib.metadata.requires(name) or []
    for requirement in map(Requirement, stated):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def brought_by(extra: str) -> set[str]:
    """Return the names of all packages that an installation with the extra brings."""
    reached: set[tuple[str, frozenset[str]]] = set()
    waiting = [(OWN, frozenset({extra}))]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in reached:
            continue
        reached.add((name, extras))
        waiting += [(canonicalize_name(one.name), frozenset(one.extras)) for one in needs(name, set(extras))]
    return {name for name, _ in reached}


def imported_at_once(module: str) -> Iterator[str]:
    """Yield the names that a module imports when it is imported itself; what stands in a `try` may be missing."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


def packages_imported_by(modules: list[str]) -> set[str]:
    """Return the packages, without those of Python, that some modules of the Zoo import, through each other too."""
    reached: set[str] = set()
    waiting = ["rl_zoo3", *modules]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imported_at_once(name) if name.partition(".")[0] == "rl_zoo3" else []
    return {name.partition(".")[0] for name in reached} - sys.stdlib_module_names


def test_the_zoo_extra_brings_every_module_that_the_commands_of_the_zoo_import() -> None:
    distributions = importlib.metadata.packages_distributions()
    brought = brought_by("zoo")
    imported = packages_imported_by(COMMANDS)
    assert {"requests", "huggingface_hub", "numpy", "optuna"} <= imported
    missing = {
        name for name in imported if not {canonicalize_name(one) for one in distributions.get(name, [])} & brought
    }
    assert not missing
