"""A browser in front of the real server.

`E2E_BASE_URL` and `E2E_PHOTOGRAPHS` (a folder of catalogued pictures) turn the same tests on a running server.
"""

from __future__ import annotations

import csv
import dataclasses
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WAIT_MS = 30_000
# What is expected is waited for as long as everything else: a machine under load is slow, not wrong.
expect.set_options(timeout=_WAIT_MS)


@dataclasses.dataclass
class Visit:
    """What a page has complained of and asked for since it was opened."""

    page: Page
    complaints: list[str] = dataclasses.field(default_factory=list)
    requests: list[str] = dataclasses.field(default_factory=list)
    provoked: tuple[str, ...] = ()


Open = Callable[..., Page]


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    given = os.environ.get("E2E_BASE_URL")
    return given or str(request.getfixturevalue("server").base_url)


@pytest.fixture(scope="session")
def photographs(request: pytest.FixtureRequest) -> list[pathlib.Path]:
    """Photographs that are in the catalogue, each of another object."""
    if given := os.environ.get("E2E_PHOTOGRAPHS"):
        return sorted(pathlib.Path(given).glob("*.jpg"))
    museum: pathlib.Path = request.getfixturevalue("museum")
    with (museum / "museum.csv").open(newline="") as file:
        return [museum / row["image"] for row in csv.DictReader(file) if row["view_no"] == "1"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None and not os.environ.get("CI"):
        pytest.skip("no Chromium: set CHROMIUM to its path, or install the package chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visits() -> list[Visit]:
    return []


@pytest.fixture
def open_page(browser: Browser, base_url: str, visits: list[Visit]) -> Iterator[Open]:
    """Opens a page of a browser of its own; at the end no page may have complained or asked another server."""
    contexts = []

    def open_page(path: str = "/", *, provoked: tuple[str, ...] = (), **options: Any) -> Page:
        given = {"locale": "en-GB", "color_scheme": "light", "viewport": {"width": 1400, "height": 900}, **options}
        context = browser.new_context(base_url=base_url, **given)
        context.set_default_timeout(_WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        visit = Visit(page, provoked=provoked)
        visits.append(visit)
        page.on("console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda request: visit.requests.append(request.url))
        page.goto(path)
        page.locator("main").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    for visit in visits:
        unforeseen = [text for text in visit.complaints if not any(part in text for part in visit.provoked)]
        assert not unforeseen
        elsewhere = [url for url in visit.requests if not url.startswith((base_url, "blob:", "data:"))]
        assert not elsewhere
