"""Copies at providers that are no longer needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from cantomeet.jobs import JobKind
from cantomeet.models import Job, Meeting, ProviderLeftover, new_id
from cantomeet.store import leases
from cantomeet.store.connections import Aggregate


class SearchColumns(TypedDict, total=False):
    """The state of the search for a copy of unknown id."""

    looks: int
    searched: datetime | None


class Leftovers(Aggregate):
    """Each has a job, whose worker deletes the copy. Every write raises `LeaseLost`, having changed nothing."""

    def find(self, leftover_id: str) -> ProviderLeftover | None:
        """The leftover, or None if it was deleted."""
        with self._db.read() as connection:
            one = select(ProviderLeftover).where(col(ProviderLeftover.id) == leftover_id)
            row = connection.execute(one).mappings().first()
        return None if row is None else ProviderLeftover(**row)

    def note(self, job: Job, due_in: float | None = None, *, tries: int = 0, **columns: Unpack[SearchColumns]) -> Job:
        """Save `columns`. With `due_in`, release the lease; the job is due again in so many seconds."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            release: leases.JobColumns = {}
            if due_in is not None:
                release = {"tries": tries, **leases.released(now + timedelta(seconds=due_in))}
            after = leases.fenced(connection, now, job.kind, job.subject, job.run, held=True, **release)
            if columns:
                mine = col(ProviderLeftover.id) == job.subject
                connection.execute(update(ProviderLeftover).where(mine).values(**columns))
            return after

    def forget(self, job: Job) -> None:
        """Delete the leftover: the provider has no copy any more."""
        with self._db.write() as connection:
            leases.fenced(connection, self._db.now(connection), job.kind, job.subject, job.run)
            connection.execute(delete(ProviderLeftover).where(col(ProviderLeftover.id) == job.subject))
            leases.remove(connection, job.kind, job.subject)


def leave_behind(connection: Connection, now: datetime, meeting: Meeting) -> None:
    """Have the provider's copy deleted, if there may be one."""
    if meeting.provider_job_id is None and meeting.submission is None:
        return
    leftover_id = new_id()
    connection.execute(
        insert(ProviderLeftover).values(
            id=leftover_id,
            provider=meeting.transcriber,
            provider_job_id=meeting.provider_job_id,
            submit_key=None if meeting.submission is None else meeting.submission.key,
            sent_after=meeting.stage_since if meeting.provider_job_id is None else None,
            looks=0,
            created_at=now,
        )
    )
    leases.add(connection, now, JobKind.LEFTOVER, leftover_id)
