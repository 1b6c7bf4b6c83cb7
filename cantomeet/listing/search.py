"""The search across meetings: what is found by the index, in the order of the index. Only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.cantonese import SearchQuery, SoundQuery, known_sounds, search_query, sound_query
from cantomeet.errors import InvalidRequest
from cantomeet.listing import indexed
from cantomeet.listing.filters import MeetingFilter, parse_filter
from cantomeet.listing.query import conditions
from cantomeet.models import Meeting, SearchedMeeting, SearchEntry, Segment, Speaker, SummaryItem
from cantomeet.storable import is_storable
from cantomeet.store import Store
from cantomeet.store.search_changes import number_of

By = Literal["text", "sound"]
"""By sound: a name in any characters that are read alike, tones aside."""
Source = Literal["title", "description", "item", "line"]
MOST_COUNTED = 1000
"""Hits are counted up to this number: the count of a common word would take longer than the hits."""
USUAL_LIMIT = 26
_LONGEST_SPEAKER = 200
_CURSOR = re.compile(r"[1-9]\d{0,17}", re.ASCII)


@dataclass(frozen=True)
class SearchFilter:
    """What to look for, and in which meetings. Raises `InvalidRequest` that names a wrong parameter."""

    q: str
    meetings: MeetingFilter = field(default_factory=MeetingFilter)
    """Its text, sort and paging are ignored."""
    by: By = "text"
    speaker: str = ""
    """Only lines of a speaker who is called so; empty for all texts."""
    limit: int = USUAL_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not self.q.strip():
            raise InvalidRequest("a text to look for", field="q")
        # The filter of meetings has the same limits.
        replace(self.meetings, q=self.q, limit=self.limit)
        if self.by not in get_args(By):
            raise InvalidRequest(f"one of {', '.join(get_args(By))}", field="by")
        if len(self.speaker) > _LONGEST_SPEAKER or not is_storable(self.speaker):
            raise InvalidRequest(f"at most {_LONGEST_SPEAKER} characters of text", field="speaker")
        if self.cursor is not None and not _CURSOR.fullmatch(self.cursor):
            raise InvalidRequest("not a cursor of a search", field="cursor")


@dataclass(frozen=True)
class Hit:
    meeting_id: str
    meeting_title: str
    source: Source
    segment_id: str | None
    """Of a line."""
    item_id: str | None
    """Of an item of the shown summary."""
    start: float | None
    """Seconds; None where it has no time."""
    text: str
    marks: Sequence[tuple[int, int]]
    """Where in `text` it was found, in characters: first, and behind the last."""


@dataclass(frozen=True)
class Hits:
    items: Sequence[Hit]
    """Those of one meeting follow each other: title, description, items, lines. The newest meeting comes first."""
    total: int
    """At most `MOST_COUNTED`."""
    counted_all: bool
    """False where there are more than `total`."""
    complete: bool
    """False while texts wait to be taken into the index."""
    next_cursor: str | None
    """None on the last page."""


def parse_search(params: Mapping[str, str | None]) -> SearchFilter:
    """Parse the query parameters `q`, `by`, `speaker`, `limit`, `cursor`, and those of `parse_filter` that choose
    meetings. An empty parameter counts as omitted. Raises `InvalidRequest`, which names the parameter.
    """
    given = {name: value.strip() for name, value in params.items() if value is not None and value.strip()}
    chosen = {name: value for name, value in given.items() if name in ("q", "status", "from", "to", "limit")}
    wanted = parse_filter(chosen, limit=USUAL_LIMIT)
    return SearchFilter(
        q=given.get("q", ""),
        meetings=wanted,
        by=given.get("by", "text"),  # type: ignore[arg-type]  # checked by the filter itself
        speaker=given.get("speaker", ""),
        limit=wanted.limit,
        cursor=given.get("cursor"),
    )


def find_texts(store: Store, wanted: SearchFilter) -> Hits:
    """One page of what is found, read from the store's snapshot."""
    asked = search_query(wanted.q) if wanted.by == "text" else sound_query(wanted.q, known_sounds())
    complete = store.search.is_complete()
    if asked.empty:
        return Hits([], 0, counted_all=True, complete=complete, next_cursor=None)
    with store.connection() as connection:
        dialect = connection.dialect.name
        entry = indexed.entry_id(dialect)
        where = [*conditions(store, replace(wanted.meetings, q="")), *_spoken_by(wanted.speaker)]
        # Which speaker it is takes a look at each entry.
        ids = indexed.entries(dialect, asked, entry) if wanted.speaker else indexed.entry_ids(dialect, asked)
        counted = _of_meetings(ids, entry).where(*where).limit(MOST_COUNTED + 1).subquery()
        total = connection.execute(select(sql.count()).select_from(counted)).scalar_one()
        # A name for each: two are called `id`.
        columns: tuple[Any, ...] = (entry.label("entry"), col(SearchEntry.source), col(SearchEntry.source_id))
        columns += (col(Meeting.id).label("meeting_id"), col(Meeting.title))
        page = _of_meetings(indexed.entries(dialect, asked, *columns), entry).where(*where)
        if wanted.cursor is not None:
            page = page.where(entry < int(wanted.cursor))
        page = page.order_by(entry.desc()).limit(wanted.limit + 1)
        rows = connection.execute(page).all() if total else []
        shown = rows[: wanted.limit]
        hits = _hits(connection, asked, shown)
    return Hits(
        hits,
        min(total, MOST_COUNTED),
        counted_all=total <= MOST_COUNTED,
        complete=complete,
        next_cursor=str(shown[-1].entry) if len(rows) > wanted.limit else None,
    )


def _of_meetings(entries: Select[Any], entry: ColumnElement[int]) -> Select[Any]:
    """These entries with their meetings."""
    return entries.join(SearchedMeeting, col(SearchedMeeting.number) == number_of(entry)).join(
        Meeting, col(Meeting.id) == col(SearchedMeeting.meeting_id)
    )


def _spoken_by(speaker: str) -> list[ColumnElement[bool]]:
    if not speaker:
        return []
    called = sql.coalesce(col(Speaker.name), col(Speaker.label)) == speaker
    line = and_(col(Segment.id) == col(SearchEntry.source_id), col(Speaker.id) == col(Segment.speaker_id))
    return [col(SearchEntry.source) == "line", exists().where(line, called)]


def _hits(connection: Connection, asked: SearchQuery | SoundQuery, rows: Sequence[Any]) -> list[Hit]:
    """The texts as they are now; one that was changed, and has no such words any more, is left out."""
    lines = _texts(connection, Segment, [row.source_id for row in rows if row.source == "line"])
    items = _texts(connection, SummaryItem, [row.source_id for row in rows if row.source == "item"])
    described = {row.meeting_id for row in rows if row.source == "description"}
    statement = select(col(Meeting.id), col(Meeting.description)).where(col(Meeting.id).in_(described))
    descriptions: dict[str, str] = dict(connection.execute(statement).all()) if described else {}
    hits = []
    for row in rows:
        if row.source in ("line", "item"):
            start, text = (lines if row.source == "line" else items).get(row.source_id, (None, ""))
        else:
            start, text = None, row.title if row.source == "title" else descriptions[row.meeting_id]
        marks = asked.marks(text)
        if marks:
            segment_id = row.source_id if row.source == "line" else None
            item_id = row.source_id if row.source == "item" else None
            hits.append(Hit(row.meeting_id, row.title, row.source, segment_id, item_id, start, text, marks))
    return hits


def _texts(
    connection: Connection, table: type[Segment] | type[SummaryItem], ids: Sequence[str]
) -> dict[str, tuple[float | None, str]]:
    if not ids:
        return {}
    rows = connection.execute(select(col(table.id), col(table.start), col(table.text)).where(col(table.id).in_(ids)))
    return {row_id: (start, text) for row_id, start, text in rows}
