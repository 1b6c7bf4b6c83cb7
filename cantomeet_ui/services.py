"""What the web process works with, wired once from the settings; the pages' states and the routes share it."""

from __future__ import annotations

from functools import cache

from cantomeet.changes import ChangePublisher
from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind
from cantomeet.private import keep_private
from cantomeet.queue import JobQueue
from cantomeet.recordings import Recordings
from cantomeet.settings import Settings, load_settings
from cantomeet.store import MeetingStore
from cantomeet_ui.api.deps import Deps


@cache
def settings() -> Settings:
    """Apart from the rest, because building the pages must not make a database. Raises `SettingsError`."""
    return load_settings()


@cache
def job_queue() -> JobQueue:
    """The queues and their workers."""
    return JobQueue(settings().effective_redis_url)


@cache
def services() -> Deps:
    """This process's parts. Raises `SettingsError`."""
    keep_private()
    chosen = settings()
    engine = connect(chosen.effective_database_url)
    migrate(engine)
    queue = job_queue()
    return Deps(
        settings=chosen,
        store=MeetingStore(engine),
        recordings=Recordings(chosen.recordings_dir, max_bytes=chosen.max_upload_bytes),
        wake=queue.wake,
        publish=ChangePublisher(chosen.effective_redis_url).publish,
        wake_written=lambda meeting_id: queue.wake_job(JobKind.WRITTEN_VIEW, meeting_id),
        queue=queue,
    )
