"""One server for all page tests, with a Redis of its own. The tests write its meetings themselves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from launcher import page_build
from tests.conftest import lacking
from tests.e2e.serving import CHROMIUM, Web, web_running
from tests.installed import Installation, installed
from tests.logging_proxy import LoggingProxy, logging_proxy
from tests.running import ROOT, wait_for
from tests.upload_server import free_port

# A free port: a leftover server on a fixed one would answer half of the requests.
PORT = int(os.environ.get("CANTOMEET_E2E_PORT") or free_port())
"""The same for all tests, because the port is part of the pages' build. Another port would mean another build."""
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FORBIDDEN = "Content Security Policy"
"""Chromium's messages, too."""
PATIENCE = 30_000
"""Generous timeout in milliseconds, because the machine may be busy."""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    if shutil.which("chromium") is None:
        lacking("chromium")
    with web_running(tmp_path_factory.mktemp("web"), PORT) as running:
        yield running


@pytest.fixture(scope="session")
def proxy() -> Iterator[LoggingProxy]:
    """A proxy that receives everything that the processes of `running` try to send elsewhere."""
    with logging_proxy() as listening:
        yield listening


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of the processes of `running`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, proxy: LoggingProxy, home: Path) -> Iterator[Installation]:
    """Everything that `make run` starts, with short pieces, so that a recording has several."""
    port = free_port()
    # Build first, because a build may download packages.
    page_build.ensure(ROOT, port)
    settings = {"CANTOMEET_WHISPER_PIECE_SECONDS": "10", "HOME": str(home), **proxy.environment}
    with installed(tmp_path_factory.mktemp("data"), port, **settings) as place:
        yield place


@pytest.fixture
def web(served: Web) -> Web:
    served.clear()
    return served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        lacking("chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield launched
        launched.close()


@contextmanager
def nothing_forbidden(context: BrowserContext) -> Iterator[None]:
    """Fails the test if a page violates its Content-Security-Policy."""
    forbidden: list[str] = []
    context.on("console", lambda said: forbidden.append(said.text) if FORBIDDEN in said.text else None)
    context.add_init_script(
        f"document.addEventListener('securitypolicyviolation', (violation) => console.error("
        f"'{FORBIDDEN}', violation.violatedDirective, violation.blockedURI, violation.sourceFile))"
    )
    yield
    assert forbidden == []


@pytest.fixture
def context(chromium: Browser, web: Web) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport=DESK, base_url=web.url)
    opened.set_default_timeout(PATIENCE)
    with nothing_forbidden(opened):
        yield opened
    opened.close()
    wait_for(lambda: web.waiting() == 0, "all pages to stop waiting", 30)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab that fails the test if the page's own code raises an error."""
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
    return opened


@pytest.fixture
def phone(chromium: Browser, web: Web) -> Iterator[Page]:
    opened = chromium.new_context(viewport=PHONE, base_url=web.url, has_touch=True, is_mobile=True)
    opened.set_default_timeout(PATIENCE)
    with nothing_forbidden(opened):
        yield opened.new_page()
    opened.close()


@pytest.fixture
def shots() -> Path:
    """The folder for screenshots, which git ignores."""
    folder = ROOT / "tests" / "e2e" / "shots"
    folder.mkdir(exist_ok=True)
    return folder
