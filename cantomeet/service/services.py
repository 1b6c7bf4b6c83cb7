"""What commands and queries work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cantomeet.changes import ChangePublisher
from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind
from cantomeet.models import Meeting
from cantomeet.private import keep_private
from cantomeet.queue import JobQueue, QueueOverview
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage, Storage
from cantomeet.store import MeetingStore


class QueueWatch(Protocol):
    """What `/health` and the admin side ask of the queue; `cantomeet.queue.JobQueue` is one."""

    def answers(self) -> bool: ...

    def worker_count(self) -> int: ...

    def try_write(self) -> None: ...

    def overview(self) -> QueueOverview: ...

    def ask_check(self, name: str) -> bool: ...


def _at_once(telling: Callable[[], None]) -> None:
    telling()


@dataclass(frozen=True)
class Services:
    """Wired once a process."""

    settings: Settings
    store: MeetingStore
    recordings: Storage
    wake: Callable[[Meeting], object]
    """Asks the queue for the meeting's next step."""
    publish: Callable[[str, int], object] = lambda meeting_id, version: None
    """Tells open pages that a meeting has another version."""
    wake_written: Callable[[str], object] = lambda meeting_id: None
    """Asks the queue for the next step of a meeting's written view."""
    queue: QueueWatch | None = None
    """None: no queue is watched, and `/health` says so."""
    defer: Callable[[Callable[[], None]], object] = _at_once
    """Takes what tells pages and queue of a commit. A route runs it after its answer: Redis may take its time."""


def open_services(settings: Settings, queue: JobQueue) -> Services:
    """Open the database of the settings, bring it up to date, and wire everything to it."""
    keep_private()
    engine = connect(settings.effective_database_url)
    migrate(engine)
    return Services(
        settings=settings,
        store=MeetingStore(engine),
        recordings=FolderStorage(settings.recordings_dir, max_bytes=settings.max_upload_bytes),
        wake=queue.wake,
        publish=ChangePublisher(settings.effective_redis_url).publish,
        wake_written=lambda meeting_id: queue.wake_job(JobKind.WRITTEN_VIEW, meeting_id),
        queue=queue,
    )
