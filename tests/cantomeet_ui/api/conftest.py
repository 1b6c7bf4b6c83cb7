"""The API with a store on SQLite and a queue that only records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
import redis
from fastapi.testclient import TestClient

from cantomeet.models import Meeting
from cantomeet.queue import QUEUES, QueueOverview, WorkerSeen
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from tests.cantomeet_ui.api.uploading import UploadClient, upload_client
from tests.recordings_factory import make_recording

HERE = "http://localhost:3000"
SECRET = "a-secret-of-ours"


@dataclass
class RememberingQueue:
    """Records every wake-up and notification, and reports the workers that a test sets."""

    woken: list[str] = field(default_factory=list)
    hints: list[tuple[str, int]] = field(default_factory=list)
    workers: int = 2
    asked: list[str] = field(default_factory=list)
    away: bool = False
    refusal: Exception | None = None

    def wake(self, meeting: Meeting) -> bool:
        self.woken.append(meeting.id)
        return True

    def publish(self, meeting_id: str, version: int) -> None:
        self.hints.append((meeting_id, version))

    def answers(self) -> bool:
        return True

    def worker_count(self) -> int:
        return self.workers

    def try_write(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def overview(self) -> QueueOverview:
        if self.away:
            raise redis.ConnectionError("away")
        beat = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
        workers = tuple(WorkerSeen(f"worker-{n}", "idle", QUEUES, beat) for n in range(self.workers))
        return QueueOverview(tuple((name, 0) for name in QUEUES), workers, 0)

    def ask_check(self, name: str) -> bool:
        self.asked.append(name)
        return not self.away


@pytest.fixture
def queue() -> RememberingQueue:
    return RememberingQueue()


@pytest.fixture
def services(sqlite_store: Database, queue: RememberingQueue, tmp_path: Path) -> Services:
    settings = Settings(
        _env_file=None,
        CANTOMEET_DATA_DIR=str(tmp_path),
        CANTOMEET_WEBHOOK_SECRET=SECRET,
        CANTOMEET_PUBLIC_URL="https://notes.example.org",
    )
    return Services(
        settings=settings,
        store=sqlite_store,
        recordings=FolderStorage(tmp_path / "recordings", max_bytes=10_000_000, min_free_bytes=0),
        wake=lambda meeting: queue.wake(meeting),
        publish=queue.publish,
        queue=queue,
    )


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """A client of the guarded API, like a program on this machine."""
    app = guarding(services.settings)(build_api(services))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False, headers={"Accept-Language": "en"}) as client:
        yield client


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_recording(tmp_path_factory.mktemp("sound") / "a", "wav").read_bytes()


@pytest_asyncio.fixture
async def endpoint(tmp_path: Path, sqlite_store: Database) -> AsyncIterator[UploadClient]:
    async with upload_client(tmp_path, sqlite_store) as opened:
        yield opened
