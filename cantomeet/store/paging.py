"""Reads transcripts page by page, so that the use of memory does not grow with their length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Result, Select, bindparam, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.errors import Conflict
from cantomeet.models import Segment, Speaker
from cantomeet.store.connections import Connections
from cantomeet.store.meeting_rows import shown_revision
from cantomeet.store.rows import all_made

PAGE = 1000
"""Segments read at a time."""
_COLUMNS = Segment.__table__.columns  # type: ignore[attr-defined]  # SQLModel hides __table__
_WITHOUT_WORDS = [column for column in _COLUMNS if column.name != "packed_words"]


class Line(NamedTuple):
    """What is shown of a segment."""

    id: str
    position: int
    start: float
    end: float
    speaker_id: str | None
    text: str
    unclear: bool
    edited: bool
    version: int


Read = TypeVar("Read", Segment, Line)
_OF_LINE = [_COLUMNS[name] for name in Line._fields]
_LAST = 2**31 - 1
"""A position after all lines."""


def _segments(result: Result[Any]) -> list[Segment]:
    return all_made(Segment, result)


def _lines(result: Result[Any]) -> list[Line]:
    return [Line._make(row) for row in result]


def _page_of(columns: Sequence[Any]) -> Select[Any]:
    return (
        select(*columns)
        .where(
            col(Segment.meeting_id) == bindparam("meeting_id"),
            col(Segment.revision) == bindparam("revision"),
            col(Segment.position) > bindparam("after"),
            col(Segment.position) <= bindparam("last"),
        )
        .order_by(col(Segment.position))
        .limit(bindparam("most"))
    )


# A statement that is made once is looked up in SQLAlchemy's cache in a fraction of the time.
_WHOLE, _WORDLESS, _SHOWN = _page_of([Segment]), _page_of(_WITHOUT_WORDS), _page_of(_OF_LINE)
_EXTENT = select(sql.count(), sql.coalesce(sql.max(col(Segment.position)), -1)).where(
    col(Segment.meeting_id) == bindparam("meeting_id"), col(Segment.revision) == bindparam("revision")
)
_SPEAKERS = select(Speaker).where(
    col(Speaker.meeting_id) == bindparam("meeting_id"), col(Speaker.revision) == bindparam("revision")
)
_FIRST_SPOKEN = (
    select(col(Segment.position))
    .where(
        col(Segment.meeting_id) == bindparam("meeting_id"),
        col(Segment.revision) == bindparam("revision"),
        col(Segment.speaker_id) == col(Speaker.id),
    )
    .order_by(col(Segment.position))
    .limit(1)
    .correlate(Speaker)
    .scalar_subquery()
)
# Each looks at the lines before the speaker's first one, where grouping would look at all of them.
_SPEAKERS_IN_ORDER = _SPEAKERS.order_by(sql.coalesce(_FIRST_SPOKEN, _LAST))


@dataclass(frozen=True)
class SegmentPage:
    """Some segments in the order in which they were spoken (by `position`)."""

    segments: list[Line]
    more: bool
    """Whether others follow."""
    speakers: dict[str, Speaker]
    """All speakers of the transcript by id."""


@dataclass(frozen=True)
class PagedTranscript(Generic[Read]):
    """The shown revision as it was when this was made; `segments` reads it again each time."""

    speakers: dict[str, Speaker]
    """In the order in which they first speak."""
    segments: Paged[Read]


class Paged(Generic[Read]):
    """Iterates over a revision up to what was its last position. Raises `Conflict` where lines of it went meanwhile."""

    def __init__(self, of: _Revision, statement: Select[Any], rows: Callable[[Result[Any]], list[Read]]) -> None:
        self._of, self._statement = of, statement
        self._rows: Callable[[Result[Any]], list[Read]] = rows

    def __len__(self) -> int:
        return self._of.count

    def __iter__(self) -> Iterator[Read]:
        of, position, given = self._of, -1, 0
        while position < of.last:
            with of.connections.read() as connection:
                page = self._rows(connection.execute(self._statement, {**of.key, **_between(position, of.last, PAGE)}))
            if not page:
                break
            position, given = page[-1].position, given + len(page)
            yield from page
        if given < of.count:
            raise Conflict("the transcript was replaced while it was read")


@dataclass(frozen=True)
class _Revision:
    """A revision of a transcript as it was when somebody began to read it."""

    connections: Connections
    key: Mapping[str, Any]
    count: int
    last: int
    speakers: dict[str, Speaker]


def paged_segments(connections: Connections, meeting_id: str, *, words: bool) -> PagedTranscript[Segment]:
    """As `Transcripts.paged`."""
    of = _shown(connections, meeting_id)
    return PagedTranscript(of.speakers, Paged(of, _WHOLE if words else _WORDLESS, _segments))


def paged_lines(connections: Connections, meeting_id: str) -> PagedTranscript[Line]:
    """As `Transcripts.lines`."""
    of = _shown(connections, meeting_id)
    return PagedTranscript(of.speakers, Paged(of, _SHOWN, _lines))


def segment_page(connections: Connections, meeting_id: str, after: str, limit: int) -> SegmentPage:
    """As `Transcripts.page`."""
    with connections.read() as connection:
        key = {"meeting_id": meeting_id, "revision": shown_revision(connection, meeting_id)}
        position = _position(connection, key, after) if after else -1
        # Not in the order in which they speak: for that all lines would be looked at, for every page.
        speakers = {speaker.id: speaker for speaker in all_made(Speaker, connection.execute(_SPEAKERS, key))}
        page = _lines(connection.execute(_SHOWN, {**key, **_between(position, _LAST, limit + 1)}))
    return SegmentPage(page[:limit], len(page) > limit, speakers)


def _position(connection: Connection, key: Mapping[str, Any], segment_id: str) -> int:
    where = (
        col(Segment.id) == segment_id,
        col(Segment.meeting_id) == key["meeting_id"],
        col(Segment.revision) == key["revision"],
    )
    found = connection.execute(select(col(Segment.position)).where(*where)).scalar_one_or_none()
    if found is None:
        raise Conflict("the transcript was replaced: begin again without `after`")
    return found


def _shown(connections: Connections, meeting_id: str) -> _Revision:
    with connections.read() as connection:
        key = {"meeting_id": meeting_id, "revision": shown_revision(connection, meeting_id)}
        count, last = connection.execute(_EXTENT, key).one()
        speakers = all_made(Speaker, connection.execute(_SPEAKERS_IN_ORDER, key))
    return _Revision(connections, key, count, last, {speaker.id: speaker for speaker in speakers})


def _between(after: int, last: int, most: int) -> dict[str, int]:
    return {"after": after, "last": last, "most": most}
