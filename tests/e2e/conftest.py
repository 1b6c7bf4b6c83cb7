"""One server for all page tests, with a Redis of its own; its meetings are written by the tests themselves."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cantomeet.changes import ChangePublisher
from cantomeet.database import connect
from cantomeet.models import Meeting
from cantomeet.recordings import Recordings
from cantomeet.store import MeetingStore
from tests.conftest import lacking
from tests.e2e.peeking import WAITING
from tests.e2e.seed import Seed
from tests.running import ROOT, wait_for
from tests.upload_server import UploadServer, free_port
from worker import page_build
from worker.redis_server import EmbeddedRedis

# A free one: a server left over on a fixed port would answer half of the requests.
PORT = int(os.environ.get("CANTOMEET_E2E_PORT") or free_port())
"""Always the same, because the pages' build knows its port: another one would be built each time."""
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PATIENCE = 30_000
"""Milliseconds for what should take a few; the machine may be busy."""


@dataclass
class Web:
    """The running web process and, beside it, what the worker would use."""

    url: str
    seed: Seed
    redis: EmbeddedRedis
    publisher: ChangePublisher

    @property
    def store(self) -> MeetingStore:
        return self.seed.store

    def tell(self, meeting: Meeting) -> Meeting:
        """Publish that it has changed, as the worker does after each commit."""
        self.publisher.publish(meeting.id, meeting.version)
        return meeting

    def waiting(self) -> int:
        """Open pages that wait for changes."""
        with urllib.request.urlopen(self.url + WAITING, timeout=10) as answer:
            return int(json.load(answer)["waiting"])

    def clear(self) -> None:
        """Away with all meetings, so that each test sees only its own."""
        with self.store.engine.begin() as connection:
            for table in ("attempt", "summaryitem", "summary", "segment", "speaker", "meeting"):
                connection.exec_driver_sql(f"DELETE FROM {table}")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    if shutil.which("chromium") is None:
        lacking("chromium")
    folder = tmp_path_factory.mktemp("web")
    build = page_build.ensure(ROOT, PORT)
    redis = EmbeddedRedis.start(folder)
    environment = {**page_build.server_environment(build, folder), "REDIS_URL": redis.url, "REFLEX_REDIS_URL": ""}
    server = UploadServer(folder, "tests.e2e.peeking:app", PORT, environment)
    server.start()
    store = MeetingStore(connect(f"sqlite:///{folder / 'cantomeet.db'}"))
    seed = Seed(store, Recordings(folder / "recordings", max_bytes=10**9, min_free_bytes=0))
    running = Web(f"http://localhost:{PORT}", seed, redis, ChangePublisher(redis.url))
    yield running
    server.kill()
    running.redis.stop()


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


@pytest.fixture
def context(chromium: Browser, web: Web) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport=DESK, base_url=web.url)
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()
    wait_for(lambda: web.waiting() == 0, "all pages to be let go of", 30)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab that fails the test where the page's own code fails."""
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
    return opened


@pytest.fixture
def phone(chromium: Browser, web: Web) -> Iterator[Page]:
    opened = chromium.new_context(viewport=PHONE, base_url=web.url, has_touch=True, is_mobile=True)
    opened.set_default_timeout(PATIENCE)
    yield opened.new_page()
    opened.close()


@pytest.fixture
def shots() -> Path:
    """Where screenshots go; not kept in git."""
    folder = ROOT / "tests" / "e2e" / "shots"
    folder.mkdir(exist_ok=True)
    return folder
