"""The code blocks of the pages of the docs, for what runs them somewhere else than `test_docs.py`."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.environments import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block of a page: its language, its text, and the line of the page on which the text begins."""

    language: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    """Return the code blocks of a page, which is named by its path from the clone."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(found[1], found[2], text.count("\n", 0, found.start(2)) + 1) for found in BLOCK.finditer(text)]
