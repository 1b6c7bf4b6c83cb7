"""A meeting's rows of the search index inside a transaction that somebody else began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, column, delete, insert, table, text
from sqlmodel import col

from cantomeet.jobs import JobKind, JobState
from cantomeet.models import SearchedMeeting, SearchEntry, UtcDateTime
from cantomeet.store import search_changes
from cantomeet.store.search_changes import Changes, Columns

_AT_ONCE = 500
_PAUSE = 1.0
ENTRIES: Any = SearchEntry.__table__  # type: ignore[attr-defined]  # SQLModel hides __table__
FTS: Any = table("searchindex", column("rowid", BigInteger), column("tokens"), column("searchindex"), column("rank"))


def schedule(connection: Connection, now: datetime, meeting_id: str) -> None:
    """The meeting's part of the index is due in a second, under a new `run`. Each transaction that changes a text
    calls it, after it has written other jobs and the meeting.

    What is due already stays so: changes that follow each other closely are taken up together, and not put off.
    """
    due = now + timedelta(seconds=_PAUSE)
    connection.execute(_SCHEDULE, {"now": now, "due": due, "subject": meeting_id})


def schedule_all(connection: Connection, now: datetime) -> None:
    """The same for every meeting, now."""
    connection.execute(_SCHEDULE_ALL, {"now": now, "due": now})


def write(connection: Connection, several: Iterable[Changes], most: int) -> None:
    """Write these changes, at most so many rows, and take what is written out of them."""
    gone: list[tuple[int, str]] = []
    new: list[tuple[int, Columns, str]] = []
    for changes in several:
        if not changes:
            continue
        if changes.number is None:
            changes.number = _new_number(connection, changes.meeting_id)
        first = search_changes.first_id(changes.number)
        room = most - len(gone) - len(new)
        gone += [(first + place, tokens) for place, tokens in changes.gone[:room]]
        del changes.gone[:room]
        room = most - len(gone) - len(new)
        new += [(first + place, columns, tokens) for place, columns, tokens in changes.new[:room]]
        del changes.new[:room]
    # By ascending ids: out of order FTS5 would write a part of its index for each.
    _delete(connection, sorted(gone))
    _insert(connection, sorted(new))


def remove(connection: Connection, meeting_id: str) -> None:
    """Delete all of the meeting's rows."""
    changes = search_changes.removal(connection, meeting_id)
    write(connection, [changes], len(changes.gone))
    connection.execute(delete(SearchedMeeting).where(col(SearchedMeeting.meeting_id) == meeting_id))


def clear(connection: Connection) -> None:
    """Delete every entry."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(FTS).values(searchindex="delete-all"))
    connection.execute(delete(SearchEntry))


def _new_number(connection: Connection, meeting_id: str) -> int:
    added = insert(SearchedMeeting).values(meeting_id=meeting_id).returning(col(SearchedMeeting.number))
    number = connection.execute(added).scalar_one()
    assert number is not None, "the database gives it"
    return number


def _delete(connection: Connection, gone: Sequence[tuple[int, str]]) -> None:
    if gone and connection.dialect.name == "sqlite":
        # FTS5 keeps no text and has to be told the tokens: the same as when they were inserted.
        connection.exec_driver_sql(
            "INSERT INTO searchindex (searchindex, rowid, tokens) VALUES ('delete', ?, ?)", list(gone)
        )
    for first in range(0, len(gone), _AT_ONCE):
        ids = [entry for entry, _ in gone[first : first + _AT_ONCE]]
        connection.execute(delete(SearchEntry).where(col(SearchEntry.id).in_(ids)))


def _insert(connection: Connection, new: Sequence[tuple[int, Columns, str]]) -> None:
    # By the driver itself: of a million lines SQLAlchemy's own work would be a third of all.
    if new and connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO searchentry (id, source, source_id, literal, valued) VALUES (?, ?, ?, ?, ?)",
            [(entry, *columns) for entry, columns, _ in new],
        )
        by_entry = [(entry, tokens) for entry, _, tokens in new]
        connection.exec_driver_sql("INSERT INTO searchindex (rowid, tokens) VALUES (?, ?)", by_entry)
    elif new:
        cursor: Any = connection.connection.cursor()  # psycopg's
        with cursor, cursor.copy(_COPY) as copy:
            for entry, columns, tokens in new:
                copy.write_row((entry, *columns, tokens))


_COPY = "COPY searchentry (id, source, source_id, literal, valued, tokens) FROM STDIN"
_COLUMNS = "kind, subject, state, due_at, run, tries, deaths, worker_died, wake_count, updated_at"
_AGAIN = (
    " ON CONFLICT (kind, subject) DO UPDATE SET run = job.run + 1, state = excluded.state,"
    " due_at = COALESCE(job.due_at, excluded.due_at), lease_until = NULL, tries = 0, deaths = 0, woken_until = NULL,"
    " wake_count = 0, updated_at = excluded.updated_at"
)
_WHEN = (bindparam("now", type_=UtcDateTime), bindparam("due", type_=UtcDateTime))
_SCHEDULE = text(
    f"INSERT INTO job ({_COLUMNS}) VALUES (:kind, :subject, :state, :due, 0, 0, 0, false, 0, :now){_AGAIN}"
).bindparams(*_WHEN, kind=JobKind.INDEX.value, state=JobState.SCHEDULED.value)
_SCHEDULE_ALL = text(
    f"INSERT INTO job ({_COLUMNS}) SELECT '{JobKind.INDEX}', id, '{JobState.SCHEDULED}', :due, 0, 0, 0, false, 0, :now"
    f" FROM meeting WHERE deleted_at IS NULL ORDER BY id{_AGAIN}"
).bindparams(*_WHEN)
