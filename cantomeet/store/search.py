"""The search index: what its jobs write, and whether it is complete."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlmodel import col

from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import leases, search_rows
from cantomeet.store.connections import Connections

_PAGES = 200
"""Of FTS5's index, rewritten in one transaction: some 20 ms."""
_ENDED_AT = 2
"""A merge that has nothing left to do changes fewer rows than this (SQLite's manual of FTS5, 6.9)."""


class Search:
    """The index follows the texts by jobs, which the transactions that change the texts schedule."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections

    def update(self, job: Job) -> None:
        """Bring the part of the job's meeting up to date, and end the job. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            leases.fenced(connection, now, JobKind.INDEX, job.subject, job.run, held=True, **leases.ended())
            search_rows.write(connection, job.subject)

    def update_some(self, most: int) -> int:
        """The same for at most `most` scheduled jobs that nobody has, in one transaction; how many there were."""
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
            if subjects:
                theirs = (col(Job.kind) == JobKind.INDEX, col(Job.subject).in_(subjects))
                ended = update(Job).where(*theirs).values(run=col(Job.run) + 1, updated_at=now, **leases.ended())
                connection.execute(ended)
                search_rows.write_some(connection, subjects)
            return len(subjects)

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
