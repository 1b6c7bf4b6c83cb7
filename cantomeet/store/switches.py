"""The operator's switch that stops the taking of steps."""

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
    """Pause, resume, and what waits for that."""

    def pause(self, paused: bool) -> None:
        """Stop or resume taking steps; what is under way finishes its step. Pausing again keeps the first time."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            if not paused:
                _resume(connection, now)
            elif not connection.execute(select(is_paused())).scalar_one():
                # Suppressed: somebody else paused at the same moment.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(insert(Switch).values(name=PAUSED, since=now))

    def paused_since(self) -> datetime | None:
        """Since when no step is taken; None while steps are."""
        with self._db.read() as connection:
            return connection.execute(select(col(Switch.since)).where(col(Switch.name) == PAUSED)).scalar_one_or_none()

    def paused(self) -> bool:
        """True while no step is taken."""
        return self.paused_since() is not None

    def kept_waiting_since(self) -> datetime | None:
        """Since when a meeting waits because the queue is paused; None where it is not, or none waits."""
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
    # Jobs that came while nothing was taken did nothing and are gone: what is due is to be woken again at once.
    due = (col(Job.kind).in_(list(PAUSABLE)), col(Job.due_at) <= now)
    connection.execute(update(Job).where(*due).values(woken_until=None, wake_count=0))
    if was_paused:
        # What has not moved because it must not is not stuck from the first moment on.
        waited = leases.meetings_job(col(Job.due_at) <= now)
        connection.execute(update(Meeting).where(waited).values(updated_at=now))
