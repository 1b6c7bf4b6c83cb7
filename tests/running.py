"""A whole background side in a temporary folder: embedded Redis, worker processes, and a provider to send to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import redis
from sqlalchemy import func, select
from sqlmodel import col

from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Job, Meeting
from cantomeet.queue import JobQueue
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.conftest import new_meeting
from tests.sound import tone

ROOT = Path(__file__).resolve().parent.parent
ENDED = (MeetingStatus.COMPLETED, MeetingStatus.FAILED)
T = TypeVar("T")
PATIENCE = 90.0
"""Seconds for what should take a few; the machine may be busy."""


class Background:
    """One data folder, its database and Redis, and the worker processes started on it."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.folder = folder
        self.redis = EmbeddedRedis.start(folder)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CANTOMEET_", "OPENAI_"))},
            "CANTOMEET_DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            # Each takes a second of a processor to start.
            "CANTOMEET_WORKERS": "1",
            # The stand-in's list is never behind unless a test makes it so.
            "CANTOMEET_PROVIDER_LAG_SECONDS": "2",
            # What waits for the stand-in waits for its job, not for the look.
            "CANTOMEET_FIRST_LOOK_SECONDS": "0.5",
            **settings,
        }
        engine = connect(database_url)
        migrate(engine)
        self.store = Database(engine)
        self.queue = JobQueue(self.redis.url, llm_apart="OPENAI_MODEL" in settings)
        self.recordings = FolderStorage(folder / "recordings", max_bytes=10**9, min_free_bytes=0)
        self._raw: redis.Redis | None = None
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str] = (sys.executable, "-m", "worker")) -> subprocess.Popen[bytes]:
        """A process of the background side, in a session of its own."""
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        self._processes.append(process)
        return process

    def upload(self, sound: Callable[[Path], float] = tone, **columns: object) -> Meeting:
        """A meeting whose recording `sound` makes (it returns the seconds), woken as the web would."""
        meeting = self.stored(sound, **columns)
        self.queue.wake(meeting)
        return meeting

    def stored(self, sound: Callable[[Path], float] = tone, **columns: object) -> Meeting:
        """The same, but nobody is woken."""
        key = self.recordings.new_key()
        path = self.recordings.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = sound(path)
        new = new_meeting(recording_key=key, duration_seconds=seconds, filename="a.wav", **columns)
        return self.store.meetings.create(new)[0]

    def wait(self, meeting_id: str, until: Callable[[Meeting], bool] | None = None) -> Meeting:
        """The meeting once it has ended, or once `until` holds."""
        reached = until or (lambda meeting: meeting.status in ENDED)
        return wait_for(lambda: self._if(meeting_id, reached), f"meeting {meeting_id}")

    def _if(self, meeting_id: str, reached: Callable[[Meeting], bool]) -> Meeting | None:
        meeting = self.store.meetings.get(meeting_id)
        return meeting if reached(meeting) else None

    def leased_meetings(self) -> int:
        """The number of meetings on which a step is under way."""
        with self.store.connection() as connection:
            leased = (col(Job.kind) == JobKind.MEETING, col(Job.lease_until).is_not(None))
            return int(connection.execute(select(func.count()).select_from(Job).where(*leased)).scalar_one())

    def raw_redis(self) -> redis.Redis:
        if self._raw is None:
            self._raw = redis.Redis.from_url(self.redis.url)
        return self._raw

    def close(self) -> None:
        """End what was started here, by process id, and nothing else."""
        self.queue.close()
        if self._raw is not None:
            self._raw.close()
        for process in self._processes:
            kill_tree(process.pid)
            process.wait()
        self.redis.stop()
        self.store.engine.dispose()


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all below it."""
    try:
        parent = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    for process in [parent, *parent.children(recursive=True)]:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def wait_for(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """What `look` returns once it returns something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@contextmanager
def background(folder: Path, database_url: str | None = None, **settings: str) -> Iterator[Background]:
    """A background side for the length of the block; no worker is started yet."""
    side = Background(folder, database_url or f"sqlite:///{folder / 'cantomeet.db'}", **settings)
    try:
        yield side
    finally:
        side.close()
