"""A headless Chromium of the system, the built site on loopback, and the playground as a person uses it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SITE = Path(__file__).parents[2] / "site"
COMMANDS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120_000
"""Milliseconds after which a page that does not answer fails its test: one that starts has all of Python to load."""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the built site on loopback, and return the address of the playground."""
    if not (SITE / "playground" / "runtime" / "packages.zip").exists():
        pytest.fail("the site with the playground is not there: run make docs first")
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/playground/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium, the one that the system has installed."""
    command = next(filter(None, map(shutil.which, COMMANDS)), None)
    if command is None:
        pytest.fail("no Chromium is installed: on Debian, apt-get install chromium")
    # Chromium's sandbox refuses root, which is who runs a continuous integration in a container.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver, driver.chromium.launch(executable_path=command, args=options) as browser:
        yield browser


class Playground:
    """The page, with what a person does on it and reads from it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> Playground:
        self.page.goto(address)
        return self.wait()

    def wait(self) -> Playground:
        """Wait until the page has answered all that it was asked."""
        self.page.wait_for_selector("#pg-page[data-state=ready]")
        return self

    def write(self, yaml: str, timesteps: object = "", per_update: object = "") -> Playground:
        """Put a config and the numbers of a run into the page."""
        self.page.fill("#pg-timesteps", str(timesteps))
        self.page.fill("#pg-per-update", str(per_update))
        self.page.fill("#pg-yaml", yaml)
        return self.wait()

    def pick(self, type: str) -> Playground:
        self.page.select_option("#pg-type", type)
        return self.wait()

    @property
    def yaml(self) -> str:
        return self.page.input_value("#pg-yaml")

    def curve(self) -> list[tuple[float, float]]:
        """Return the points of the drawn line: the elapsed fraction of the run, and the value."""
        words = (self.page.get_attribute(".pg-curve", "d") or "").split()
        assert words[0].startswith("M")
        assert {word[0] for word in words[2::2]} == {"L"}
        return [(float(x[1:]), float(y)) for x, y in zip(words[::2], words[1::2], strict=True)]

    def table(self) -> list[list[float]]:
        read = "rows => rows.map(row => [...row.cells].map(cell => Number(cell.dataset.value)))"
        rows: list[list[float]] = self.page.eval_on_selector_all(".pg-table tbody tr", read)
        return rows

    def problems(self) -> list[str]:
        return self.page.locator(".pg-problems li").all_text_contents()

    def warnings(self) -> list[str]:
        return self.page.locator(".pg-warnings li").all_text_contents()

    def copied(self, what: str) -> str:
        """Press a copy button, and return what is in the clipboard then."""
        self.page.click(f"[data-copy={what}]")
        self.page.wait_for_selector(".pg-status:text('Copied')")
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text


def new_page(browser: Browser, width: int = 1400, **options: Any) -> Playground:
    context = browser.new_context(viewport={"width": width, "height": 844}, **options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Playground(context.new_page())


@pytest.fixture(scope="session")
def playground(browser: Browser, address: str) -> Playground:
    """Return the page, loaded once for the tests that only write into it."""
    return new_page(browser).open(address)
