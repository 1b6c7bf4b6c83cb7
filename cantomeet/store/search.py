"""The search index: what its jobs write, and whether it is complete."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import accumulate

from sqlalchemy import ColumnElement, Connection, exists, insert, select, update
from sqlmodel import col

from cantomeet.errors import LeaseLost
from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import leases, search_changes, search_rows
from cantomeet.store.connections import Aggregate

_ROWS = 2000
"""Written in one transaction, for which other writers wait: some 0.05 s, and a few times that on a busy machine."""
_LEASE = timedelta(seconds=leases.LEASE_SECONDS)
_PAGES = 200
"""Of FTS5's index, rewritten in one transaction: some 20 ms."""
_ENDED_AT = 2
"""A merge that has nothing left to do changes fewer rows than this (SQLite's manual of FTS5, 6.9)."""


class Search(Aggregate):
    """The index follows the texts by jobs, which the transactions that change the texts schedule."""

    def update(self, job: Job) -> None:
        """Bring the part of the job's meeting up to date, and end the job. Raises `LeaseLost`."""
        if not self._update([job]):
            raise LeaseLost(job.subject)

    def update_some(self, most: int) -> int:
        """The same for at most `most` scheduled jobs that nobody has; how many there were.

        What a later change or another process takes meanwhile is left to it.
        """
        jobs = self._take(most)
        if jobs:
            self._update(jobs)
        return len(jobs)

    def _take(self, most: int) -> list[Job]:
        """Lease jobs of about `_ROWS` lines together, or one."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            due = (
                select(col(Job.subject))
                .where(*_scheduled(), leases.is_free(now))
                .order_by(col(Job.due_at), col(Job.subject))
                .limit(most)
                # On PostgreSQL alone: of two that do this at once each takes other ones.
                .with_for_update(skip_locked=True)
            )
            subjects = list(connection.execute(due).scalars())
            lines = search_changes.count_lines(connection, subjects)
            sums = accumulate(lines.get(subject, 0) for subject in subjects)
            few = subjects[: max(1, sum(so_far <= _ROWS for so_far in sums))]
            leased = (
                update(Job)
                .where(*_of(few))
                .values(run=col(Job.run) + 1, lease_until=now + _LEASE, woken_until=None, wake_count=0, updated_at=now)
            )
            rows = connection.execute(leased.returning(leases.JOBS)).mappings()
            return sorted((Job(**row) for row in rows), key=lambda job: few.index(job.subject))

    def _update(self, jobs: Sequence[Job]) -> int:
        """Write what is to be changed, and end the jobs; how many nobody took meanwhile."""
        # Most of the work is done before anybody has to wait: who changes a text or an entry meanwhile changes its
        # job's `run` too.
        with self._db.read() as connection:
            found = search_changes.find(connection, [job.subject for job in jobs])
        ended = 0
        while jobs:
            with self._db.write() as connection:
                now = self._db.now(connection)
                held = _held(connection, jobs)
                search_rows.write(connection, [found[job.subject] for job in held], _ROWS)
                done = [job.subject for job in held if not found[job.subject]]
                connection.execute(update(Job).where(*_of(done)).values(updated_at=now, **leases.ended()))
                jobs = [job for job in held if found[job.subject]]
                longer = update(Job).where(*_of([job.subject for job in jobs]))
                connection.execute(longer.values(lease_until=now + _LEASE))
            ended += len(done)
        return ended

    def schedule_all(self) -> None:
        """Every meeting's part is due, and the index is empty until then."""
        with self._db.write() as connection:
            search_rows.schedule_all(connection, self._db.now(connection))
            search_rows.clear(connection)

    def is_complete(self) -> bool:
        """False while a change of a text is not in the index yet."""
        with self._db.read() as connection:
            return not connection.execute(select(exists().where(*_scheduled()))).scalar_one()

    def rewrite(self) -> None:
        """Write FTS5's index without what was deleted, in many short transactions.

        A deletion leaves FTS5's old pages as they are until they are merged. PostgreSQL needs no such thing.
        """
        pages = -_PAGES
        while self._merge(pages):
            pages = _PAGES

    def _merge(self, pages: int) -> bool:
        """A part of one merge of all that there is; a negative number begins it. False where nothing was left."""
        with self._db.write() as connection:
            if connection.dialect.name != "sqlite":
                return False
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            connection.execute(insert(search_rows.FTS).values(searchindex="merge", rank=pages))
            after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            return bool(after - before >= _ENDED_AT)


def _scheduled() -> list[ColumnElement[bool]]:
    # A job that has ended has no due time, so the index of jobs passes over all of those.
    return [col(Job.kind) == JobKind.INDEX, col(Job.due_at).is_not(None)]


def _of(meeting_ids: Collection[str]) -> list[ColumnElement[bool]]:
    return [col(Job.kind) == JobKind.INDEX, col(Job.subject).in_(meeting_ids)]


def _held(connection: Connection, jobs: Sequence[Job]) -> list[Job]:
    """Those that nobody took since; nobody else changes them before this transaction ends."""
    theirs = [*_of([job.subject for job in jobs]), col(Job.lease_until).is_not(None)]
    # In the order in which `schedule_all` goes through them, so that neither waits for the other.
    locked = select(col(Job.subject), col(Job.run)).where(*theirs).order_by(col(Job.subject)).with_for_update()
    runs = dict(connection.execute(locked).all())
    return [job for job in jobs if runs.get(job.subject) == job.run]
