"""The built site: every link leads somewhere, every page fits a phone, and nothing is asked of a foreign host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from mkdocs.config import load_config
from playwright.sync_api import Browser

from tests.browser.conftest import SITE

ROOT = Path(__file__).parents[2]
HOME = "http://site/"
RETURNS = re.compile(r"Returns:</span>.*?</ul>", re.DOTALL)


class Page(HTMLParser):
    """What a page has to lead to, and what it leads to and shows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.address = urljoin(HOME, path.relative_to(SITE).as_posix().removesuffix("index.html"))
        self.anchors: set[str] = {"", "__top"}
        self.links: list[str] = []
        self.shown: list[str] = []
        self.description = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found["id"]} if "id" in found else set()
        if tag in ("a", "link") and "href" in found:
            (self.links if tag == "a" else self.shown).append(urljoin(self.address, found["href"]))
        if tag in ("img", "script") and "src" in found:
            self.shown.append(urljoin(self.address, found["src"]))
        if tag == "meta" and found.get("name") == "description":
            self.description = found["content"]


def built() -> Iterator[Path]:
    return (path for path in sorted(SITE.rglob("*.html")) if path.name != "404.html")


@pytest.fixture(scope="module")
def pages(address: str) -> dict[str, Page]:
    """Return the pages of the site, which `address` has found built, by their address."""
    return {page.address: page for page in map(Page, built())}


def test_every_link_leads_to_a_page_and_to_a_place_on_it(pages: dict[str, Page]) -> None:
    inside = [(page, link) for page in pages.values() for link in page.links if link.startswith(HOME)]
    assert len(inside) > 5_000
    broken = []
    for page, link in inside:
        place, _, anchor = link.partition("#")
        known = unquote(anchor) in pages[place].anchors if place in pages else (not anchor and in_site(place))
        broken += [] if known else [f"{page.address}: {link}"]
    assert broken == []


def in_site(address: str) -> bool:
    """Tell whether an address is that of a file of the site."""
    return (SITE / unquote(urlsplit(address).path).lstrip("/")).is_file()


def test_every_picture_script_and_style_comes_from_the_site_itself(pages: dict[str, Page]) -> None:
    shown = {link.partition("#")[0] for page in pages.values() for link in page.shown}
    assert sum(link.endswith(".svg") for link in shown) > 50
    assert sorted(link for link in shown if link not in pages and not (link.startswith(HOME) and in_site(link))) == []


def test_a_reference_page_describes_one_return_value_and_has_annotations_as_in_the_code() -> None:
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted((SITE / "api").rglob("index.html"))}
    assert len(texts) == 17
    lists = [(name, found) for name, text in texts.items() for found in RETURNS.findall(text)]
    assert len(lists) > 20
    assert [name for name, found in lists if found.count("<li") != 1] == []
    assert [name for name, text in texts.items() if "Union[" in text or "numbers.Real" in text] == []


def test_no_page_is_wider_than_a_phone(browser: Browser, address: str, pages: dict[str, Page]) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    requested: list[str] = []
    tab.on("request", lambda request: requested.append(request.url))
    server = urljoin(address, "/")
    too_wide = []
    for page in pages:
        tab.goto(page.replace(HOME, server), wait_until="domcontentloaded")
        width = tab.evaluate("document.documentElement.scrollWidth")
        too_wide += [f"{page}: {width}"] if width > 390 else []
    context.close()
    assert too_wide == []
    assert [url for url in requested if not url.startswith((server, "data:", "blob:"))] == []


def test_a_release_names_its_addresses_on_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SITE_URL", "REPOSITORY_URL"):
        monkeypatch.delenv(name, raising=False)
    config = load_config(str(ROOT / "mkdocs.yml"))
    config = config.plugins.on_config(config)
    assert (config.site_url, config.extra.get("social")) == ("", None)
    monkeypatch.setenv("SITE_URL", "https://docs.example/")
    monkeypatch.setenv("REPOSITORY_URL", "https://forge.example/team/lr_schedule")
    config = load_config(str(ROOT / "mkdocs.yml"))
    config = config.plugins.on_config(config)
    assert config.site_url == "https://docs.example/"
    assert [link["link"] for link in config.extra["social"]] == ["https://forge.example/team/lr_schedule"]
