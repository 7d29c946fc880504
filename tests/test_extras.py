"""What `make extras` runs for each extra stands in the docs, and no extra that a user may name is left out."""

from __future__ import annotations

import pytest

from tests.environments import ROOT
from tests.extras import USES, Use, program_of

tomllib = pytest.importorskip("tomllib")  # Python 3.10 has none

FOR_DEVELOPMENT = {"examples", "core-test", "test", "lint", "docs", "docs-test", "dev"}
WITHOUT_A_COMMAND = {"torch", "jax"}
"""Frameworks alone, which others of the extras bring or which are there before this package."""


def test_every_extra_for_users_has_a_documented_use() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(USES) == set(extras) - FOR_DEVELOPMENT - WITHOUT_A_COMMAND


@pytest.mark.parametrize(("extra", "use"), [(extra, use) for extra, uses in USES.items() for use in uses])
def test_each_use_of_an_extra_is_found_in_the_docs(extra: str, use: Use) -> None:
    program = program_of(use)
    assert any(line.startswith(use.start) for line in program[-1].splitlines())
    assert program[0] in ("sh", "python")


def test_a_use_that_is_not_in_the_docs_is_an_error() -> None:
    with pytest.raises(LookupError, match="has nothing that begins with"):
        program_of(Use("README.md", "no such line"))
