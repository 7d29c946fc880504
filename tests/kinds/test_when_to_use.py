"""Every built-in type and controller says when to use it; the gallery shows this sentence next to the picture."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from lr_schedule import BaseLRSchedule
from lr_schedule.control.controller import kinds
from tests.environments import ROOT
from tests.kinds.needed import BUILT_IN


@pytest.fixture(scope="module")
def reference() -> Iterator[Any]:
    """The module that makes the generated pages of the docs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        yield importlib.import_module("reference")


@pytest.mark.parametrize("name", [*BUILT_IN, *kinds])
def test_the_second_paragraph_of_a_docstring_says_when_to_use_the_type(name: str, reference: Any) -> None:
    text = reference.when_to_use(BUILT_IN.get(name) or kinds[name])
    assert text.startswith("Use it ")
    assert text.endswith(".")


class Silent(BaseLRSchedule):
    """A type of which nobody knows what it is for.

    Formula:
        ``initial_value``
    """


def test_a_type_that_does_not_say_when_to_use_it_is_an_error(reference: Any) -> None:
    with pytest.raises(SystemExit, match="the second paragraph of the docstring of Silent must begin with 'Use it'"):
        reference.when_to_use(Silent)


def test_a_paper_is_a_link_by_its_number_on_arxiv_or_its_doi(reference: Any) -> None:
    text = reference.with_papers("Smith 2015, arXiv 1506.01186; Robbins and Monro 1951, doi:10.1214/aoms/1177729586.")
    assert text == (
        "Smith 2015, [arXiv 1506.01186](https://arxiv.org/abs/1506.01186); Robbins and Monro 1951, "
        "[doi:10.1214/aoms/1177729586](https://doi.org/10.1214/aoms/1177729586)."
    )
