"""The page of a study holds all of it and loads nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from lr_schedule.compare import compare
from lr_schedule.compare.page import page, write_page
from tests.compare import trained

CANDIDATES: dict[str, Any] = {'<slow> & "low"': {"rate": 1.0}, "fast": {"rate": 2.0}}


class Elements(HTMLParser):
    """Finds the elements of a page, and those that are never closed."""

    VOID = ("meta", "br", "path", "use")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.VOID or self.open.pop() == tag


def test_the_page_holds_verdict_figures_picture_configs_and_scores(tmp_path: Path) -> None:
    found = compare(CANDIDATES, trained.failing, seeds=6, storage=tmp_path, settings={"n_timesteps": 300})
    write_page(found, tmp_path / "compare.html")
    text = (tmp_path / "compare.html").read_text()
    elements = Elements()
    elements.feed(text)
    assert elements.open == []
    assert {"table", "svg", "h1", "figure"} <= set(elements.seen)
    for word in (
        "fast is better than &lt;slow&gt; &amp; &quot;low&quot;, by 4.",
        "&quot;rate&quot;: 2.0",
        "ZeroDivisionError: the advantages are all equal",
        "&quot;n_timesteps&quot;: 300",
        "12.625",
    ):
        assert word in text
    assert "<slow>" not in text


def test_the_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = page(compare(CANDIDATES, trained.at_once, seeds=2, storage=tmp_path))
    elements = Elements()
    elements.feed(text)
    assert all(link.startswith("#") for link in elements.links)
    assert not re.search(r"url\((?!['\"]?#)|@import|<script|<link", text)
    # What is left are the names of XML's own vocabularies.
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
