"""One word for one idea: what the pages and the docstrings of public names must not say, and what they say instead."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lr_schedule.config.registry import registry
from lr_schedule.control.controller import kinds

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
MODULES = ("lr_schedule", *(f"lr_schedule.{name}" for name in ("compare", "control", "optim", "sb3", "tune", "zoo")))

INSTEAD = {
    r"shares? of (the|a|an|its|all|training|time|initial_value|what)": "fraction of",
    r"(a|the|each|every|this|that|what|some|of|own) kinds? of (schedule|value|controller)s?": "type of",
    r"(every|each|another|a new) kind\b(?! of)": "type",
    r"twins?\b": "the key in steps",
    r"numerals?\b": "a number in a string",
    r"tick of room|rooms?\b": "module",
    r"but for\b": "except",
    r"save for\b": "except",
    r"without more ado": "directly",
    r"for want of": "because there is no",
    r"in silence|without a word": "silently",
    r"hands? (on|over|out)\b": "passes",
    r"to the bit": "exactly",
    r"of (one's|your|our) own affair|own affair": "(say it plainly)",
    r"for ever\b": "always",
    r"(starts?|begins?) anew": "starts again",
    r"speaks? of": "names",
    r"(goes|go|going|went) on from": "continues from",
    r"is led to": "is replaced by",
    r"for all that": "for everything that",
    r"(a|an) \w+ of (your|one's|its|my|their) own": "your own, or a separate",
    r"stands? (in|under|beside|for|before|inside|where|above)\b": "is in",
    r"(is|are) refused": "raises an error",
    r"(warns?|tells?) of\b": "warns about",
    r"another name of": "another name for",
    r"in (the )?place of": "instead of",
    r"half as (long|much) again": "1.5 times",
    r"takes? no schedules?": "accepts no schedule",
    r"(goes|go|going|went) on\b": "continues",
    r"held against": "compared with",
    r"once more|twice over|the like\b|each alone": "(say the thing)",
    r"anew\b|as ever\b": "again, as usual",
    r"hence|thus|till\b": "so, until",
}
"""Each phrase that stopped a reader, as a pattern, and what to write instead."""
CODE = re.compile(r"^```.*?^```$|``[^`]*``|`[^`]*`|\]\([^)]*\)|<!--.*?-->", re.DOTALL | re.MULTILINE)


def misused(text: str) -> list[str]:
    """The places in a text, code excepted, that use a phrase of the list."""
    prose = CODE.sub(lambda found: "\n" * found[0].count("\n"), text)
    found = []
    for phrase, instead in INSTEAD.items():
        for match in re.finditer(rf"\b(?:{phrase})", prose, re.IGNORECASE):
            line = prose.count("\n", 0, match.start()) + 1
            found.append(f"line {line}: {match[0]!r}: write {instead!r}")
    return found


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_a_page_has_one_word_for_one_idea(page: Path) -> None:
    assert misused(page.read_text(encoding="utf-8")) == []


def public_docstrings() -> Iterator[Any]:
    objects: dict[str, Any] = {
        cls.__qualname__: cls for cls in [*registry.values(), *kinds.values()] if cls.is_built_in
    }
    for name in MODULES:
        module = importlib.import_module(name)
        objects |= {f"{name}.{item}": getattr(module, item) for item in getattr(module, "__all__", [])}
    for name, item in objects.items():
        yield pytest.param(item, id=name)
        for member, value in vars(item).items() if isinstance(item, type) else ():
            if not member.startswith("_") and inspect.isroutine(getattr(value, "__func__", value)):
                yield pytest.param(value, id=f"{name}.{member}")


@pytest.mark.parametrize("item", list(public_docstrings()))
def test_a_docstring_has_one_word_for_one_idea(item: Any) -> None:
    assert misused(inspect.getdoc(item) or "") == []


def test_a_page_with_another_word_is_seen_with_its_line_and_what_to_write() -> None:
    text = "# Title\n\n```text\na share of the run\n```\n\nA share\nof the run, `share of the run`, every kind."
    assert misused(text.replace("share\nof", "share of")) == [
        "line 7: 'share of the': write 'fraction of'",
        "line 7: 'every kind': write 'type'",
    ]
