"""The services that commands and queries use."""

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
from cantomeet.store import Database


class QueueWatch(Protocol):
    """The part of the queue that `/health` and the admin page use. `cantomeet.queue.JobQueue` implements it."""

    def answers(self) -> bool: ...

    def worker_count(self) -> int: ...

    def try_write(self) -> None: ...

    def overview(self) -> QueueOverview: ...

    def ask_check(self, name: str) -> bool: ...


def _at_once(notification: Callable[[], None]) -> None:
    notification()


@dataclass(frozen=True)
class Services:
    """Settings, store, files and queue. Built once a process."""

    settings: Settings
    store: Database
    recordings: Storage
    wake: Callable[[Meeting], object]
    """Enqueues the meeting's next step."""
    publish: Callable[[str, int], object] = lambda meeting_id, version: None
    """Notifies open pages of a meeting's new version."""
    wake_written: Callable[[str], object] = lambda meeting_id: None
    """Enqueues the next step of a meeting's written view."""
    queue: QueueWatch | None = None
    """None if no queue is watched, which `/health` reports."""
    defer: Callable[[Callable[[], None]], object] = _at_once
    """Runs the notifications of a commit. A route runs them after its response, because Redis may be slow."""


def open_services(settings: Settings, queue: JobQueue) -> Services:
    """Open the database of the settings, migrate it, and build the services."""
    keep_private()
    engine = connect(settings.effective_database_url)
    migrate(engine)
    return Services(
        settings=settings,
        store=Database(engine),
        recordings=FolderStorage(settings.recordings_dir, max_bytes=settings.max_upload_bytes),
        wake=queue.wake,
        publish=ChangePublisher(settings.effective_redis_url).publish,
        wake_written=lambda meeting_id: queue.wake_job(JobKind.WRITTEN_VIEW, meeting_id),
        queue=queue,
    )
