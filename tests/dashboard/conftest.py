"""A browser in front of the pages, and a server behind them whose data a test may change."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from aiohttp import web

from tests.dashboard.sample import Record, Sample, Size, make
from tests.dashboard.server import Stub

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[dev]'")
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
NOISE = "Failed to load resource"
"""What the browser itself says of an answer that is an error; the pages show it, and tests look there."""


class Site:
    """A stub that is served by a thread of its own."""

    def __init__(self, sample: Sample) -> None:
        self.stub = Stub(sample)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runner: web.AppRunner | None = None
        self.url = ""

    def __enter__(self) -> Site:
        self._thread.start()
        self._wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def publish(self, topic: str, key: str, value: Record | None) -> None:
        """Tells the open pages of a change."""
        self._wait(self.stub.publish(topic, key, value))

    def drop(self) -> None:
        """Ends all streams."""
        self._wait(self.stub.drop())

    async def _start(self) -> None:
        self._runner = web.AppRunner(self.stub.app())
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(self._runner, listening).start()
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def _stop(self) -> None:
        await self.stub.drop()
        assert self._runner is not None
        await self._runner.cleanup()

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=PATIENCE / 1000)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A small organisation."""
    return make(tmp_path_factory.mktemp("sample"), Size())


@pytest.fixture(scope="session")
def packed(sample: Sample) -> bytes:
    """The same, to be unpacked for each test, as tests change it."""
    return pickle.dumps(sample)


@pytest.fixture
def site(packed: bytes) -> Iterator[Site]:
    """The pages over a sample of their own."""
    with Site(pickle.loads(packed)) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, or whichever is installed.

    While Playwright's driver is open it holds an event loop of this thread, in which nobody else can run one: so it is
    closed before tests of another kind begin.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CRMPULSE_REQUIRE_CHROMIUM") == "1":
            pytest.fail("CRMPULSE_REQUIRE_CHROMIUM is set, but no chromium is on the path", pytrace=False)
        pytest.skip("no chromium on the path: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        yield browser
        browser.close()


Open = Callable[..., Any]
"""Opens an address: `open("/alerts", locale="zh-CN")`; further options are those of a browser context."""


@pytest.fixture
def surf(browser: Any) -> Iterator[Open]:
    """Opens addresses, each in a context of its own, and fails the test if a page had an error."""
    contexts, problems = [], []

    def open_page(address: str, **options: Any) -> Any:
        given: dict[str, Any] = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 800},
        }
        context = browser.new_context(**given | options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if _bad(said) else None)
        page.goto(address)
        page.wait_for_selector("main:not([aria-busy]) h1")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def visit(site: Site, surf: Open) -> Open:
    """Opens the paths of the site, which is there for longer than its pages: else those fail as it goes."""
    return lambda path, **options: surf(site.url + path, **options)


def until(page: Any, holds: str, arg: object = None) -> None:
    """Waits until a JavaScript function answers true. Playwright's own wait is for pages that allow eval."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(holds, arg):
        assert time.monotonic() < end, f"it never came to be: {holds}"
        page.wait_for_timeout(50)


def _bad(said: Any) -> bool:
    return said.type in ("error", "warning") and NOISE not in said.text
