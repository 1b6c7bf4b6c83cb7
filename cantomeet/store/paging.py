"""Reads transcripts page by page, so that the use of memory does not grow with their length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.errors import Conflict
from cantomeet.models import Segment, Speaker
from cantomeet.store.connections import Connections
from cantomeet.store.meeting_rows import shown_revision

PAGE = 1000
"""Segments read at a time."""
_FIELDS = frozenset(Segment.model_fields)
_COLUMNS = Segment.__table__.columns  # type: ignore[attr-defined]  # SQLModel hides __table__
_WITHOUT_WORDS = [column for column in _COLUMNS if column.name != "words"]


def segment_of(row: RowMapping) -> Segment:
    """The segment of a row that comes from the database, and so need not be checked: ten times as fast."""
    made = object.__new__(Segment)
    made.__dict__.update(row)
    made.__dict__.setdefault("words", [])
    for name, value in (("fields_set", _FIELDS), ("extra", None), ("private", None)):
        object.__setattr__(made, f"__pydantic_{name}__", value)
    return made


@dataclass(frozen=True)
class SegmentPage:
    """Some segments in the order in which they were spoken (by `position`)."""

    segments: list[Segment]
    more: bool
    """Whether others follow."""
    speakers: dict[str, Speaker]
    """All speakers of the transcript by id."""


@dataclass(frozen=True)
class PagedTranscript:
    """The shown revision as it was when this was made; `segments` reads it again each time."""

    speakers: dict[str, Speaker]
    segments: PagedSegments


class PagedSegments:
    """Iterates over a revision up to what was its last position. Raises `Conflict` where lines of it went meanwhile."""

    def __init__(
        self, connections: Connections, meeting_id: str, revision: int, last: int, count: int, *, words: bool
    ) -> None:
        self._db, self._meeting_id, self._revision = connections, meeting_id, revision
        self._last, self._count, self._words = last, count, words

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Segment]:
        position, given = -1, 0
        while position < self._last:
            page = _page(self._db, self._meeting_id, self._revision, position, self._last, PAGE, words=self._words)
            if not page:
                break
            position, given = page[-1].position, given + len(page)
            yield from page
        if given < self._count:
            raise Conflict("the transcript was replaced while it was read")


def paged_transcript(connections: Connections, meeting_id: str, *, words: bool) -> PagedTranscript:
    """As `Transcripts.paged`."""
    with connections.read() as connection:
        revision = shown_revision(connection, meeting_id)
        of_revision = (col(Segment.meeting_id) == meeting_id, col(Segment.revision) == revision)
        extent = select(sql.count(), sql.coalesce(sql.max(col(Segment.position)), -1)).where(*of_revision)
        count, last = connection.execute(extent).one()
        speakers = _speakers_in_order(connection, meeting_id, revision)
    return PagedTranscript(speakers, PagedSegments(connections, meeting_id, revision, last, count, words=words))


def segment_page(connections: Connections, meeting_id: str, after: str, limit: int) -> SegmentPage:
    """As `Transcripts.page`."""
    with connections.read() as connection:
        revision = shown_revision(connection, meeting_id)
        position = -1
        if after:
            where = (
                col(Segment.id) == after,
                col(Segment.meeting_id) == meeting_id,
                col(Segment.revision) == revision,
            )
            found = connection.execute(select(col(Segment.position)).where(*where)).scalar_one_or_none()
            if found is None:
                raise Conflict("the transcript was replaced: begin again without `after`")
            position = found
        # Not in the order in which they speak: for that all lines would be looked at, for every page.
        of_revision = (col(Speaker.meeting_id) == meeting_id, col(Speaker.revision) == revision)
        rows = connection.execute(select(Speaker).where(*of_revision)).mappings()
        speakers = {row["id"]: Speaker(**row) for row in rows}
    page = _page(connections, meeting_id, revision, position, 2**31 - 1, limit + 1, words=False)
    return SegmentPage(page[:limit], len(page) > limit, speakers)


def _page(
    connections: Connections, meeting_id: str, revision: int, after: int, last: int, limit: int, *, words: bool
) -> list[Segment]:
    columns: list[Any] = [Segment] if words else _WITHOUT_WORDS
    where = (
        col(Segment.meeting_id) == meeting_id,
        col(Segment.revision) == revision,
        col(Segment.position) > after,
        col(Segment.position) <= last,
    )
    statement = select(*columns).where(*where).order_by(col(Segment.position)).limit(limit)
    with connections.read() as connection:
        return [segment_of(row) for row in connection.execute(statement).mappings()]


def _speakers_in_order(connection: Connection, meeting_id: str, revision: int) -> dict[str, Speaker]:
    spoken = connection.execute(
        select(col(Segment.speaker_id), sql.min(col(Segment.position)))
        .where(col(Segment.meeting_id) == meeting_id, col(Segment.revision) == revision)
        .group_by(col(Segment.speaker_id))
    )
    first = {row[0]: row[1] for row in spoken}
    where = (col(Speaker.meeting_id) == meeting_id, col(Speaker.revision) == revision)
    rows = connection.execute(select(Speaker).where(*where)).mappings().all()
    silent = 2**31
    ordered = sorted(rows, key=lambda row: first.get(row["id"], silent))
    return {row["id"]: Speaker(**row) for row in ordered}
