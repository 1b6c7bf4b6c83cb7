"""The web application as it is served, on a data folder and a Redis of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import delete
from sqlmodel import SQLModel

from cantomeet.changes import ChangePublisher
from cantomeet.database import connect
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import MeetingStore
from launcher import page_build
from launcher.redis_server import EmbeddedRedis
from tests.e2e.peeking import WAITING
from tests.e2e.seed import Seed
from tests.running import ROOT, wait_for
from tests.upload_server import UploadServer

CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


@dataclass
class Web:
    """The running web process and, beside it, what the worker would use."""

    url: str
    seed: Seed
    redis: EmbeddedRedis
    publisher: ChangePublisher
    pid: int
    """Of the process that answers."""
    server: UploadServer
    log: Path
    """What it prints."""

    @property
    def store(self) -> MeetingStore:
        return self.seed.store

    def tell(self, meeting: Meeting) -> Meeting:
        """Publish that it has changed, as the worker does after each commit."""
        self.publisher.publish(meeting.id, meeting.version)
        return meeting

    def waiting(self) -> int:
        """Open pages that wait for changes."""
        return self._peek()["waiting"]

    def following(self) -> int:
        """Background events of open pages, whether they wait or look just now."""
        return self._peek()["following"]

    def looping(self) -> int:
        """Those, and all others that go on until their page goes."""
        return self._peek()["looping"]

    def tasks(self) -> int:
        """Events of pages that are being done."""
        return self._peek()["tasks"]

    def _peek(self) -> dict[str, int]:
        with urllib.request.urlopen(self.url + WAITING, timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
            return found

    def clear(self) -> None:
        """Away with all rows, so that each test sees only its own."""
        with self.store.engine.begin() as connection:
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(delete(table))


def until(page: Page, holds: str) -> None:
    """Wait until a JavaScript expression holds. Playwright's own way evaluates a text in the page, which may not."""
    wait_for(lambda: page.evaluate(holds), holds, 60)


@contextmanager
def web_running(folder: Path, port: int) -> Iterator[Web]:
    """Built if need be, started, and gone at the end of the block, which then prints what it has printed."""
    with ExitStack() as ended:
        build = page_build.ensure(ROOT, port)
        ended.enter_context(page_build.in_use(build))
        redis = EmbeddedRedis.start(folder)
        ended.callback(redis.stop)
        environment = {**page_build.server_environment(build), "REDIS_URL": redis.url, "REFLEX_REDIS_URL": ""}
        # A language model is set up, so that its key can be tested, and not used.
        environment |= {"OPENAI_MODEL": "known", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        environment["CANTOMEET_SUMMARIZER"] = "extractive"
        server = UploadServer(folder, "tests.e2e.peeking:app", port, environment, folder / "web.log")
        ended.callback(lambda: print((folder / "web.log").read_text(errors="replace")))
        ended.callback(server.kill)
        server.start()
        store = MeetingStore(connect(f"sqlite:///{folder / 'cantomeet.db'}"))
        ended.callback(store.engine.dispose)
        seed = Seed(store, FolderStorage(folder / "recordings", max_bytes=10**9, min_free_bytes=0))
        web = Web(
            f"http://localhost:{port}", seed, redis, ChangePublisher(redis.url), server.pid, server, folder / "web.log"
        )
        # By now it may be another one, which a test has started in its place.
        ended.callback(lambda: web.redis.stop())
        yield web
