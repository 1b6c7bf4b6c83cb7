"""The search across meetings: what is found by the index, in the order of the index. Only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.cantonese import SearchQuery, SoundQuery, known_sounds, search_query, sound_query
from cantomeet.errors import InvalidRequest
from cantomeet.listing import indexed
from cantomeet.listing.excerpts import Marks
from cantomeet.listing.filters import MeetingFilter, parse_filter
from cantomeet.listing.query import conditions
from cantomeet.models import Meeting, SearchedMeeting, SearchEntry, Segment, Speaker, SummaryItem
from cantomeet.quotes import proven_starts
from cantomeet.storable import is_storable
from cantomeet.store import Store
from cantomeet.store.search_changes import first_entry, number_of

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
    speaker: str | None
    """Name, or else label, of who says a line; None for other texts and where nobody is known."""
    start: float | None
    """Seconds; None where it has no time."""
    text: str
    marks: Marks
    """Where in `text` it was found."""


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


@dataclass(frozen=True)
class FoundMeeting:
    id: str
    title: str
    meeting_date: date | None
    created_at: datetime
    hits: Sequence[Hit]
    """The first ones."""
    others: int
    """How many further hits there are in it, as far as they were counted."""


@dataclass(frozen=True)
class FoundMeetings:
    """The same as `Hits`, by meeting."""

    items: Sequence[FoundMeeting]
    total: int
    counted_all: bool
    complete: bool
    next_cursor: str | None


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
    asked, complete = query_of(wanted.q, wanted.by), store.search.is_complete()
    if asked.empty:
        return Hits([], 0, counted_all=True, complete=complete, next_cursor=None)
    with store.connection() as connection:
        dialect = connection.dialect.name
        entry = indexed.entry_id(dialect)
        # Which speaker it is takes a look at each entry.
        ids = indexed.entries(dialect, asked, entry) if wanted.speaker else indexed.entry_ids(dialect, asked)
        counted = _of_meetings(store, ids, entry, wanted).limit(MOST_COUNTED + 1).subquery()
        total = connection.execute(select(sql.count()).select_from(counted)).scalar_one()
        rows = connection.execute(_page(store, dialect, asked, wanted).limit(wanted.limit + 1)).all() if total else []
        shown = rows[: wanted.limit]
        hits = _hits(connection, asked, shown)
    return Hits(
        hits,
        min(total, MOST_COUNTED),
        counted_all=total <= MOST_COUNTED,
        complete=complete,
        next_cursor=str(shown[-1].entry) if len(rows) > wanted.limit else None,
    )


def find_by_meeting(store: Store, wanted: SearchFilter, each: int) -> FoundMeetings:
    """As `find_texts`, by meeting: at most `each` hits of one, and at most `wanted.limit` meetings.

    On a page after the first, `total` is the number of hits from there on.
    """
    asked, complete = query_of(wanted.q, wanted.by), store.search.is_complete()
    if asked.empty:
        return FoundMeetings([], 0, counted_all=True, complete=complete, next_cursor=None)
    with store.connection() as connection:
        page = _page(store, connection.dialect.name, asked, wanted)
        rows = connection.execute(page.limit(MOST_COUNTED + 1)).all()
        counted_all = len(rows) <= MOST_COUNTED
        by_meeting = [list(of_one) for _, of_one in groupby(rows[:MOST_COUNTED], key=lambda row: row.meeting_id)]
        shown = by_meeting[: wanted.limit]
        hits = _hits(connection, asked, [row for of_one in shown for row in of_one[:each]])
    by_id = {meeting_id: list(of_one) for meeting_id, of_one in groupby(hits, key=lambda hit: hit.meeting_id)}
    more = len(by_meeting) > len(shown) or not counted_all
    return FoundMeetings(
        [
            FoundMeeting(
                id=first.meeting_id,
                title=first.title,
                meeting_date=first.meeting_date,
                created_at=first.created_at,
                hits=by_id[first.meeting_id],
                others=len(others),
            )
            for first, others in ((of_one[0], of_one[each:]) for of_one in shown)
            if first.meeting_id in by_id
        ],
        min(len(rows), MOST_COUNTED),
        counted_all=counted_all,
        complete=complete,
        # Whatever else was found in the last of them is passed over.
        next_cursor=str(first_entry(shown[-1][0].entry)) if more else None,
    )


def people(store: Store, meetings: MeetingFilter, most: int) -> list[str]:
    """The names of speakers in the filter's meetings, those of most meetings first. Sort and paging are ignored."""
    name = col(Speaker.name)
    of_shown = and_(col(Meeting.id) == col(Speaker.meeting_id), col(Meeting.shown_revision) == col(Speaker.revision))
    statement = (
        select(name)
        .join(Meeting, of_shown)
        .where(name.is_not(None), *conditions(store, meetings))
        .group_by(name)
        .order_by(sql.count().desc(), name)
        .limit(most)
    )
    with store.connection() as connection:
        return [str(called) for called in connection.execute(statement).scalars()]


def query_of(q: str, by: By) -> SearchQuery | SoundQuery:
    """What is looked for."""
    return search_query(q) if by == "text" else sound_query(q, known_sounds())


def _page(store: Store, dialect: str, asked: SearchQuery | SoundQuery, wanted: SearchFilter) -> Select[Any]:
    """The entries behind the cursor that have what is asked for, with their meetings, in the order of the hits."""
    entry = indexed.entry_id(dialect)
    # A name for each: two are called `id`.
    columns = (entry.label("entry"), col(SearchEntry.source), col(SearchEntry.source_id))
    of_meeting = (col(Meeting.title), col(Meeting.meeting_date), col(Meeting.created_at))
    found = indexed.entries(dialect, asked, *columns, col(Meeting.id).label("meeting_id"), *of_meeting)
    page = _of_meetings(store, found, entry, wanted).order_by(entry.desc())
    return page.where(entry < int(wanted.cursor)) if wanted.cursor is not None else page


def _of_meetings(store: Store, entries: Select[Any], entry: ColumnElement[int], wanted: SearchFilter) -> Select[Any]:
    """Those of the entries that the filter lets pass, with their meetings."""
    return (
        entries.join(SearchedMeeting, col(SearchedMeeting.number) == number_of(entry))
        .join(Meeting, col(Meeting.id) == col(SearchedMeeting.meeting_id))
        .where(*conditions(store, replace(wanted.meetings, q="")), *_spoken_by(wanted.speaker))
    )


def _spoken_by(speaker: str) -> list[ColumnElement[bool]]:
    if not speaker:
        return []
    line = and_(col(Segment.id) == col(SearchEntry.source_id), col(Speaker.id) == col(Segment.speaker_id))
    return [col(SearchEntry.source) == "line", exists().where(line, _called() == speaker)]


def _called() -> ColumnElement[str]:
    return sql.coalesce(col(Speaker.name), col(Speaker.label))


def _hits(connection: Connection, asked: SearchQuery | SoundQuery, rows: Sequence[Any]) -> list[Hit]:
    """The texts as they are now; one that was changed, and has no such words any more, is left out."""
    lines = _lines(connection, [row.source_id for row in rows if row.source == "line"])
    items = _items(connection, [row.source_id for row in rows if row.source == "item"])
    described = {row.meeting_id for row in rows if row.source == "description"}
    statement = select(col(Meeting.id), col(Meeting.description)).where(col(Meeting.id).in_(described))
    descriptions: dict[str, str] = dict(connection.execute(statement).all()) if described else {}
    hits = []
    for row in rows:
        speaker, start, text = None, None, ""
        if row.source == "line":
            speaker, start, text = lines.get(row.source_id, (None, None, ""))
        elif row.source == "item":
            start, text = items.get(row.source_id, (None, ""))
        else:
            text = row.title if row.source == "title" else descriptions[row.meeting_id]
        marks = asked.marks(text)
        if marks:
            segment_id = row.source_id if row.source == "line" else None
            item_id = row.source_id if row.source == "item" else None
            hits.append(Hit(row.meeting_id, row.title, row.source, segment_id, item_id, speaker, start, text, marks))
    return hits


def _lines(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str | None, float | None, str]]:
    """Who says it, when, and what."""
    line = (col(Segment.id), _called(), col(Segment.start), col(Segment.text))
    statement = select(*line).outerjoin(Speaker, col(Speaker.id) == col(Segment.speaker_id))
    rows = connection.execute(statement.where(col(Segment.id).in_(ids))) if ids else ()
    return {line_id: (speaker, start, text) for line_id, speaker, start, text in rows}


def _items(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[float | None, str]]:
    """When it was said, or else the first line that proves it, and what it says."""
    item = (col(SummaryItem.id), col(SummaryItem.start), col(SummaryItem.evidence), col(SummaryItem.text))
    rows = connection.execute(select(*item).where(col(SummaryItem.id).in_(ids))) if ids else ()
    return {
        item_id: (min(proven_starts(evidence), default=None) if start is None else start, text)
        for item_id, start, evidence, text in rows
    }
