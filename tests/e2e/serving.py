"""Runs the web application with a data folder and a Redis of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import delete, text
from sqlmodel import SQLModel

from cantomeet.changes import ChangePublisher
from cantomeet.database import connect
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from launcher import page_build
from launcher.redis_server import EmbeddedRedis
from tests.e2e.peeking import WAITING
from tests.e2e.seed import Seed
from tests.running import ROOT, wait_for
from tests.upload_server import UploadServer

CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


@dataclass
class Web:
    """The running web process, and the store that a worker would use."""

    url: str
    seed: Seed
    redis: EmbeddedRedis
    publisher: ChangePublisher
    pid: int
    """The pid of the process that answers."""
    server: UploadServer
    log: Path
    """The file with its output."""

    @property
    def store(self) -> Database:
        return self.seed.store

    def tell(self, meeting: Meeting) -> Meeting:
        """Publish a change of the meeting, as the worker does after each commit."""
        self.publisher.publish(meeting.id, meeting.version)
        return meeting

    def waiting(self) -> int:
        """The number of open pages that wait for changes."""
        return self._peek()["waiting"]

    def following(self) -> int:
        """The number of `follow` events of open pages, waiting or reading."""
        return self._peek()["following"]

    def looping(self) -> int:
        """The number of all background events that run until their page closes."""
        return self._peek()["looping"]

    def tasks(self) -> int:
        """The number of running events of pages."""
        return self._peek()["tasks"]

    def _peek(self) -> dict[str, int]:
        with urllib.request.urlopen(self.url + WAITING, timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
            return found

    def clear(self) -> None:
        """Delete all rows, so that each test sees only its own."""
        with self.store.engine.begin() as connection:
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(delete(table))
            # SQLModel does not know this table.
            connection.execute(text("INSERT INTO searchindex (searchindex) VALUES ('delete-all')"))


def until(page: Page, holds: str) -> None:
    """Wait until a JavaScript expression holds. Playwright's own wait uses `eval`, which the page's CSP forbids."""
    wait_for(lambda: page.evaluate(holds), holds, 60)


def press_in_turn(page: Page, keys: str) -> None:
    """Press keys that count together only if they follow each other within a second: the driver may take longer."""
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"
    page.evaluate(f"keys => [...keys].forEach(key => {press})", keys)


@contextmanager
def web_running(folder: Path, port: int, database: str | None = None) -> Iterator[Web]:
    """Build the pages if needed, run the web process within the block, and print its output at the end.

    `database`: the URL of an empty one; without it SQLite in the folder.
    """
    url = database or f"sqlite:///{folder / 'cantomeet.db'}"
    with ExitStack() as ended:
        build = page_build.ensure(ROOT, port)
        ended.enter_context(page_build.in_use(build))
        redis = EmbeddedRedis.start(folder)
        ended.callback(redis.stop)
        environment = {**page_build.server_environment(build), "REDIS_URL": redis.url, "REFLEX_REDIS_URL": ""}
        # A language model is configured, so that its key can be tested, but not chosen.
        environment |= {"OPENAI_MODEL": "known", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        environment |= {"CANTOMEET_SUMMARIZER": "extractive", "DATABASE_URL": url}
        server = UploadServer(folder, "tests.e2e.peeking:app", port, environment, folder / "web.log")
        ended.callback(lambda: print((folder / "web.log").read_text(errors="replace")))
        ended.callback(server.kill)
        server.start()
        store = Database(connect(url))
        ended.callback(store.engine.dispose)
        seed = Seed(store, FolderStorage(folder / "recordings", max_bytes=10**9, min_free_bytes=0))
        web = Web(
            f"http://localhost:{port}", seed, redis, ChangePublisher(redis.url), server.pid, server, folder / "web.log"
        )
        # A test may have replaced the process.
        ended.callback(lambda: web.redis.stop())
        yield web
