"""A meeting's rows of the search index inside a transaction that somebody else began.

An entry's id is the meeting's number and, behind it, its place from the end. So one meeting's entries are one range of
ids, and descending ids are the hits' order: the newest meeting first, and its texts from the title on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, column, delete, insert, select, table, text
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.cantonese import SearchText, search_text
from cantomeet.jobs import JobKind, JobState
from cantomeet.models import Meeting, SearchedMeeting, SearchEntry, Segment, Summary, SummaryItem, UtcDateTime

PLACE_BITS = 20
_PLACES = 1 << PLACE_BITS
_TITLE, _DESCRIPTION, _ITEMS, _LINES = 0, 1, 2, 1 << 16
"""The first place of each kind of text. Items and lines beyond their room are not searched: 65,534 and 983,040."""
_AT_ONCE = 500
_PAUSE = 1.0
ENTRIES: Any = SearchEntry.__table__  # type: ignore[attr-defined]  # SQLModel hides __table__
FTS: Any = table("searchindex", column("rowid", BigInteger), column("tokens"), column("searchindex"), column("rank"))


_Columns = tuple[str, str | None, str, str | None]
"""Source, its id, literal, valued."""


@dataclass(frozen=True)
class _Text:
    source: str
    source_id: str | None
    text: SearchText

    @property
    def columns(self) -> _Columns:
        return self.source, self.source_id, self.text.literal, self.text.valued


def first_entry(entry: int) -> int:
    """The lowest id of the entries of this one's meeting."""
    return entry >> PLACE_BITS << PLACE_BITS


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


def write_some(connection: Connection, meeting_ids: Sequence[str]) -> None:
    """As `write`, in the order of their numbers."""
    number, meeting_id = col(SearchedMeeting.number), col(SearchedMeeting.meeting_id)
    known = connection.execute(select(meeting_id).where(meeting_id.in_(meeting_ids)).order_by(number)).scalars().all()
    for one in (*known, *(new for new in meeting_ids if new not in known)):
        write(connection, one)


def write(connection: Connection, meeting_id: str) -> None:
    """Make the meeting's entries what its texts are now; those of a meeting that is being deleted go."""
    statement = select(
        col(Meeting.title), col(Meeting.description), col(Meeting.shown_revision), col(Meeting.shown_summary)
    ).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
    meeting = connection.execute(statement).first()
    if meeting is None:
        remove(connection, meeting_id)
        return
    number = _number(connection, meeting_id) or _new_number(connection, meeting_id)
    first = number << PLACE_BITS
    # By ascending ids: out of order FTS5 would write a part of its index for each.
    texts = reversed(list(_texts(connection, meeting_id, meeting)))
    wanted = {first + _PLACES - 1 - place: said for place, said in texts}
    stored = _stored(connection, number)
    kept = {entry for entry, columns in stored.items() if entry in wanted and wanted[entry].columns == columns}
    _delete(connection, {entry: columns for entry, columns in stored.items() if entry not in kept})
    _insert(connection, {entry: said for entry, said in wanted.items() if entry not in kept})


def remove(connection: Connection, meeting_id: str) -> None:
    """Delete all of the meeting's rows."""
    number = _number(connection, meeting_id)
    if number is not None:
        _delete(connection, _stored(connection, number))
        connection.execute(delete(SearchedMeeting).where(col(SearchedMeeting.number) == number))


def clear(connection: Connection) -> None:
    """Delete every entry."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(FTS).values(searchindex="delete-all"))
    connection.execute(delete(SearchEntry))


def _texts(connection: Connection, meeting_id: str, meeting: Any) -> Iterator[tuple[int, _Text]]:
    """By place; texts without a letter, character or digit are left out."""
    of_meeting = [(_TITLE, "title", None, meeting.title), (_DESCRIPTION, "description", None, meeting.description)]
    items, lines = _items(connection, meeting_id, meeting.shown_summary), _lines(connection, meeting_id, meeting)
    of_items = [(_ITEMS + n, "item", row.id, row.text) for n, row in enumerate(items[: _LINES - _ITEMS])]
    of_lines = [(_LINES + row.position, "line", row.id, row.text) for row in lines if _LINES + row.position < _PLACES]
    for place, source, source_id, said in (*of_meeting, *of_items, *of_lines):
        folded = search_text(said)
        if folded.literal:
            yield place, _Text(source, source_id, folded)


def _items(connection: Connection, meeting_id: str, shown: int | None) -> Sequence[Any]:
    newest = select(sql.max(col(Summary.version))).where(col(Summary.meeting_id) == meeting_id).scalar_subquery()
    return connection.execute(
        select(col(SummaryItem.id), col(SummaryItem.text))
        .join(Summary, col(Summary.id) == col(SummaryItem.summary_id))
        .where(col(Summary.meeting_id) == meeting_id, col(Summary.version) == (shown or newest))
        .order_by(col(SummaryItem.position))
    ).all()


def _lines(connection: Connection, meeting_id: str, meeting: Any) -> Sequence[Any]:
    return connection.execute(
        select(col(Segment.id), col(Segment.position), col(Segment.text))
        .where(col(Segment.meeting_id) == meeting_id, col(Segment.revision) == meeting.shown_revision)
        .order_by(col(Segment.position))
    ).all()


def _number(connection: Connection, meeting_id: str) -> int | None:
    statement = select(col(SearchedMeeting.number)).where(col(SearchedMeeting.meeting_id) == meeting_id)
    return connection.execute(statement).scalar_one_or_none()


def _new_number(connection: Connection, meeting_id: str) -> int:
    added = insert(SearchedMeeting).values(meeting_id=meeting_id).returning(col(SearchedMeeting.number))
    number = connection.execute(added).scalar_one()
    assert number is not None, "the database gives it"
    return number


def _stored(connection: Connection, number: int) -> dict[int, _Columns]:
    entry, source, source_id = col(SearchEntry.id), col(SearchEntry.source), col(SearchEntry.source_id)
    statement = select(entry, source, source_id, col(SearchEntry.literal), col(SearchEntry.valued)).where(
        entry >= number << PLACE_BITS, entry < (number + 1) << PLACE_BITS
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in connection.execute(statement)}


def _delete(connection: Connection, gone: dict[int, _Columns]) -> None:
    if not gone:
        return
    if connection.dialect.name == "sqlite":
        # FTS5 keeps no text and has to be told the tokens: the same as when they were inserted.
        connection.execute(
            insert(FTS),
            [
                {"searchindex": "delete", "rowid": entry, "tokens": _joined(SearchText(literal, valued))}
                for entry, (_, _, literal, valued) in gone.items()
            ],
        )
    ids = sorted(gone)
    for start in range(0, len(ids), _AT_ONCE):
        connection.execute(delete(SearchEntry).where(col(SearchEntry.id).in_(ids[start : start + _AT_ONCE])))


def _insert(connection: Connection, new: dict[int, _Text]) -> None:
    if not new:
        return
    names = ("source", "source_id", "literal", "valued")
    rows = [{"id": entry, **dict(zip(names, said.columns, strict=True))} for entry, said in new.items()]
    if connection.dialect.name == "sqlite":
        connection.execute(insert(SearchEntry), rows)
        tokens = [{"rowid": entry, "tokens": _joined(said.text)} for entry, said in new.items()]
        connection.execute(insert(FTS), tokens)
    else:
        with_tokens = [
            {**row, "tokens": as_lexemes(said.text.tokens)} for row, said in zip(rows, new.values(), strict=True)
        ]
        connection.execute(_INSERT_WITH_TOKENS, with_tokens)


def _joined(said: SearchText) -> str:
    return " ".join(said.tokens)


def as_lexemes(tokens: Collection[str]) -> str:
    """For PostgreSQL's type `tsvector`. No token has a quotation mark."""
    return " ".join(f"'{token}'" for token in tokens)


_INSERT_WITH_TOKENS = text(
    "INSERT INTO searchentry (id, source, source_id, literal, valued, tokens)"
    " VALUES (:id, :source, :source_id, :literal, :valued, CAST(:tokens AS tsvector))"
)
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
