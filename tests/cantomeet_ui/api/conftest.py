"""The API over a store on SQLite, with a queue that only remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cantomeet.models import Meeting
from cantomeet.recordings import Recordings
from cantomeet.settings import Settings
from cantomeet.store import MeetingStore
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.deps import Deps
from cantomeet_ui.api.middleware import guarding

HERE = "http://localhost:3000"
SECRET = "a-secret-of-ours"


@dataclass
class RememberingQueue:
    """Every wake-up and every hint, and workers as a test wants them."""

    woken: list[str] = field(default_factory=list)
    hints: list[tuple[str, int]] = field(default_factory=list)
    workers: int = 2

    def wake(self, meeting: Meeting) -> bool:
        self.woken.append(meeting.id)
        return True

    def publish(self, meeting_id: str, version: int) -> None:
        self.hints.append((meeting_id, version))

    def answers(self) -> bool:
        return True

    def worker_count(self) -> int:
        return self.workers


@pytest.fixture
def queue() -> RememberingQueue:
    return RememberingQueue()


@pytest.fixture
def deps(sqlite_store: MeetingStore, queue: RememberingQueue, tmp_path: Path) -> Deps:
    settings = Settings(
        _env_file=None,
        CANTOMEET_DATA_DIR=str(tmp_path),
        CANTOMEET_WEBHOOK_SECRET=SECRET,
        CANTOMEET_PUBLIC_URL="https://notes.example.org",
    )
    return Deps(
        settings=settings,
        store=sqlite_store,
        recordings=Recordings(tmp_path / "recordings", max_bytes=10_000_000, min_free_bytes=0),
        wake=lambda meeting: queue.wake(meeting),
        publish=queue.publish,
        queue=queue,
    )


@pytest.fixture
def client(deps: Deps) -> Iterator[TestClient]:
    """Talks to the guarded API as a program on this machine does."""
    app = guarding(deps.settings)(build_api(deps))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False, headers={"Accept-Language": "en"}) as client:
        yield client
