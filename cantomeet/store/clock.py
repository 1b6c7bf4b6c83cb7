"""Moves due times and ages when the database's clock was put back.

Otherwise every job would wait until the clock has caught up, and a lost submission would be searched for among jobs
that are too young to be it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update
from sqlalchemy import func as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from cantomeet.jobs import JobKind
from cantomeet.models import Job, KeyValue, Meeting, ProviderLeftover, Turn
from cantomeet.store import leases
from cantomeet.store.connections import Aggregate, execute
from cantomeet.store.leases import LEASE_SECONDS

_MOVES = "clock_put_back"
"""The key that counts the moves, so that only one of several watchers moves the times."""


class Clock(Aggregate):
    """The database's clock, and the times that were written by it."""

    def read(self) -> tuple[datetime, int]:
        """The database's clock, and how often times were moved back."""
        with self._db.read() as connection:
            return self._db.now(connection), _moves(connection)

    def newest_change(self) -> datetime | None:
        """When a job was last written, by the clock of that time; None if there is no job."""
        with self._db.read() as connection:
            return connection.execute(select(sql.max(col(Job.updated_at)))).scalar_one()

    def move_back(self, by: timedelta, moves: int) -> bool:
        """Move due times back `by` so much, and dates of age as well, because the clock was put back.

        A lease ends at most `LEASE_SECONDS` from now; its holder renews it by the new clock. Returns False and moves
        nothing if times were moved since `read` returned `moves`.
        """
        with self._db.write() as connection:
            if not _counted(connection, moves):
                return False
            now = self._db.now(connection)
            of_index = col(Job.kind) == JobKind.INDEX
            _move_jobs(connection, now, by, ~of_index)
            # Of ended meetings too: a retry judges a lost submission by its age.
            going = leases.meetings_job(col(Job.due_at).is_not(None))
            sent = col(Meeting.submission).is_not(None)
            submissions = select(col(Meeting.id), col(Meeting.submission))
            _move(connection, Meeting, by, ("stage_since",), going | sent)
            for meeting_id, submission in connection.execute(submissions.where(sent)).all():
                moved = None if submission is None else submission.moved_back(by)
                connection.execute(update(Meeting).where(col(Meeting.id) == meeting_id).values(submission=moved))
            _not_later(connection, Meeting, now)
            # After the meetings: who changes a text has its meeting when it schedules the index.
            _move_jobs(connection, now, by, of_index)
            _move(connection, ProviderLeftover, by, ("sent_after",))
            reserved_until = col(Turn.reserved_until) - by.total_seconds()
            connection.execute(update(Turn).values(reserved_until=reserved_until))
            return True


def _move_jobs(connection: Connection, now: datetime, by: timedelta, which: ColumnElement[bool]) -> None:
    # All that is changed below is locked here, in one order.
    changed = col(Job.due_at).is_not(None) | (col(Job.updated_at) > now)
    _move(connection, Job, by, ("due_at", "woken_until"), which, changed)
    lease = now + timedelta(seconds=LEASE_SECONDS)
    connection.execute(update(Job).where(which, col(Job.lease_until) > lease).values(lease_until=lease))
    _not_later(connection, Job, now, which)


def _not_later(connection: Connection, table: type[Job] | type[Meeting], now: datetime, *which: Any) -> None:
    """No change may lie in the future: the next start would take that for another step back."""
    connection.execute(update(table).where(*which, col(table.updated_at) > now).values(updated_at=now))


def _moves(connection: Connection) -> int:
    value = connection.execute(select(col(KeyValue.value)).where(col(KeyValue.name) == _MOVES)).scalar_one_or_none()
    return int(value or 0)


def _counted(connection: Connection, moves: int) -> bool:
    """Count a move. False if the count is no longer `moves`."""
    if moves == 0 and _moves(connection) == 0:
        try:
            with connection.begin_nested():
                connection.execute(insert(KeyValue).values(name=_MOVES, value="1"))
        except IntegrityError:  # another watcher moved them at the same moment
            return False
        return True
    held = (col(KeyValue.name) == _MOVES, col(KeyValue.value) == str(moves))
    return bool(execute(connection, update(KeyValue).where(*held).values(value=str(moves + 1))).rowcount)


def _move(
    connection: Connection, table: type[SQLModel], by: timedelta, names: Sequence[str], *where: ColumnElement[bool]
) -> None:
    # Row by row, because SQLite cannot calculate with instants; locked, so that no worker's write in between is undone.
    rows_of: Any = table.__table__  # type: ignore[attr-defined]  # SQLModel hides __table__
    keys = list(rows_of.primary_key)
    moved = [rows_of.columns[name] for name in names]
    rows = connection.execute(select(*keys, *moved).where(*where).order_by(*keys).with_for_update()).all()
    if not rows:
        return
    marks = [*(f"key_{key.name}" for key in keys), *(f"new_{name}" for name in names)]
    new = [
        dict(zip(marks, [*row[: len(keys)], *(at and at - by for at in row[len(keys) :])], strict=True)) for row in rows
    ]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    same = [key == bindparam(f"key_{key.name}") for key in keys]
    connection.execute(update(table).where(*same).values(values), new)
