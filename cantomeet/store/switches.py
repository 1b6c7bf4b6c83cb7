"""The operator's switch that pauses the queue."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.jobs import PAUSABLE, JobState
from cantomeet.lifecycle import ACTIVE
from cantomeet.models import Job, Meeting, Switch
from cantomeet.store import leases
from cantomeet.store.connections import Aggregate, execute
from cantomeet.store.leases import PAUSED, is_paused


class Switches(Aggregate):
    """Pause and resume, and since when meetings wait for it."""

    def pause(self, paused: bool) -> None:
        """Pause or resume the queue. Running steps finish. Pausing again keeps the first time."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            if not paused:
                _resume(connection, now)
            elif not connection.execute(select(is_paused())).scalar_one():
                # Suppressed: another process paused at the same moment.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(insert(Switch).values(name=PAUSED, since=now))

    def paused_since(self) -> datetime | None:
        """Since when the queue has been paused, or None."""
        with self._db.read() as connection:
            return connection.execute(select(col(Switch.since)).where(col(Switch.name) == PAUSED)).scalar_one_or_none()

    def paused(self) -> bool:
        """Whether the queue is paused."""
        return self.paused_since() is not None

    def kept_waiting_since(self) -> datetime | None:
        """Since when meetings have waited because the queue is paused. None if it is not paused, or none waits."""
        waiting = exists().where(
            leases.meetings_job(col(Job.state) == JobState.SCHEDULED),
            col(Meeting.deleted_at).is_(None),
            col(Meeting.status).in_(list(ACTIVE)),
        )
        with self._db.read() as connection:
            return connection.execute(
                select(col(Switch.since)).where(col(Switch.name) == PAUSED, waiting)
            ).scalar_one_or_none()


def _resume(connection: Connection, now: datetime) -> None:
    was_paused = execute(connection, delete(Switch).where(col(Switch.name) == PAUSED)).rowcount
    # Jobs that arrived during the pause did nothing and are gone, so what is due must be woken again.
    due = (col(Job.kind).in_(list(PAUSABLE)), col(Job.due_at) <= now)
    connection.execute(update(Job).where(*due).values(woken_until=None, wake_count=0))
    if was_paused:
        # A meeting that waited for the pause must not count as stuck at once.
        waited = leases.meetings_job(col(Job.due_at) <= now)
        connection.execute(update(Meeting).where(waited).values(updated_at=now))
