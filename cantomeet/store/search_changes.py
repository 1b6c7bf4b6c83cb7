"""Finds what is to be changed in the search index for it to hold what meetings' texts are now. Only reads.

An entry's id is the meeting's number and, behind it, its place from the end. So one meeting's entries are one range of
ids, and descending ids are the hits' order: the newest meeting first, and its texts from the title on. The first id of
a meeting is that of an entry for the whole of it, which has the tokens of all others, marked: so a list finds the
meetings with a common word without going through each line that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Connection, bindparam, literal_column, select
from sqlalchemy import func as sql
from sqlalchemy.orm import Mapped
from sqlmodel import col

from cantomeet.cantonese import SearchText, search_text
from cantomeet.models import Meeting, SearchedMeeting, SearchEntry, Segment, Summary, SummaryItem

PLACE_BITS = 20
_BITS: ColumnElement[int] = literal_column(str(PLACE_BITS))
OF_MEETING = "%"
"""Begins each token of an entry that stands for a whole meeting, and no other token."""
_LAST = (1 << PLACE_BITS) - 1
_TITLE, _DESCRIPTION, _ITEMS, _LINES, _MEETING = _LAST, _LAST - 1, _LAST - 2, _LAST - (1 << 16), 0
"""Places, which descend. Items and lines beyond their room are not searched: 65,534 and 983,039."""
Columns = tuple[str, str | None, str, str | None]
"""Source, its id, literal, valued."""


@dataclass
class Changes:
    """Of one meeting's entries, by place. False once all are written.

    The whole meeting's entry goes first and comes last: while it is there, its tokens are those of all others.
    """

    meeting_id: str
    number: int | None
    """None until one is given to it."""
    gone: list[tuple[int, str]]
    """With the tokens that were inserted."""
    new: list[tuple[int, Columns, str]]
    """With tokens."""

    def __bool__(self) -> bool:
        return bool(self.gone or self.new)


def find(connection: Connection, meeting_ids: Sequence[str]) -> dict[str, Changes]:
    """By meeting. A meeting that is being deleted has no texts."""
    texts: dict[str, dict[int, Columns]] = {meeting_id: {} for meeting_id in meeting_ids}
    for meeting_id, place, source, source_id, said in _texts(connection, meeting_ids):
        folded = search_text(said)
        if folded.literal:
            texts[meeting_id][place] = (source, source_id, folded.literal, folded.valued)
    return _changes(connection, texts)


def removal(connection: Connection, meeting_id: str) -> Changes:
    """All of the meeting's entries."""
    return _changes(connection, {meeting_id: {}})[meeting_id]


def count_lines(connection: Connection, meeting_ids: Sequence[str]) -> dict[str, int]:
    """About how many lines these meetings show."""
    return {meeting_id: (last or 0) + 1 for meeting_id, last in connection.execute(_LAST_LINES, {"ids": meeting_ids})}


def first_id(number: int) -> int:
    """The lowest of a meeting's entries."""
    return number << PLACE_BITS


def first_entry(entry: int) -> int:
    """The lowest id of the entries of this one's meeting."""
    return first_id(entry >> PLACE_BITS)


def number_of(entry: ColumnElement[int]) -> ColumnElement[int]:
    """The number of the entry's meeting."""
    return entry.op(">>", return_type=entry.type)(_BITS)


def of_number(entry: ColumnElement[int] | Mapped[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """In a statement over `SearchedMeeting`: the entry is one of that meeting's."""
    first = col(SearchedMeeting.number).op("<<", return_type=BigInteger())(_BITS)
    return entry >= first, entry < first + (1 << PLACE_BITS)


def _changes(connection: Connection, texts: Mapping[str, Mapping[int, Columns]]) -> dict[str, Changes]:
    of_these = {"ids": list(texts)}
    numbers = dict(connection.execute(_NUMBERS, of_these).all())
    stored: dict[str, dict[int, Columns]] = {meeting_id: {} for meeting_id in texts}
    for meeting_id, entry, source, source_id, literal, valued in connection.execute(_STORED, of_these).all():
        stored[meeting_id][entry & _LAST] = (source, source_id, literal, valued)
    return {one: Changes(one, numbers.get(one), *_compared(said, stored[one])) for one, said in texts.items()}


def _compared(
    texts: Mapping[int, Columns], stored: Mapping[int, Columns]
) -> tuple[list[tuple[int, str]], list[tuple[int, Columns, str]]]:
    """What is gone and what is new."""
    had_own = _MEETING in stored
    kept = {place for place, columns in texts.items() if stored.get(place) == columns}
    out = [place for place in sorted(stored) if place not in kept and place != _MEETING]
    came = [place for place in sorted(texts) if place not in kept]
    if not out and not came and had_own == bool(texts):
        return [], []
    before = {token for place in kept for token in _tokens(texts[place])}
    after = set(before)
    gone, new = [], []
    for place in out:
        tokens = _tokens(stored[place])
        before.update(tokens)
        gone.append((place, " ".join(tokens)))
    for place in came:
        tokens = _tokens(texts[place])
        after.update(tokens)
        new.append((place, texts[place], " ".join(tokens)))
    if had_own:
        gone.insert(0, (_MEETING, _marked(before)))
    if texts:
        new.append((_MEETING, ("meeting", None, "", None), _marked(after)))
    return gone, new


def _tokens(columns: Columns) -> list[str]:
    return SearchText(*columns[2:]).tokens


def _marked(tokens: Iterable[str]) -> str:
    return OF_MEETING + f" {OF_MEETING}".join(tokens)


def _texts(connection: Connection, meeting_ids: Sequence[str]) -> Iterator[tuple[str, int, str, str | None, str]]:
    """Meeting, place, source, its id, and the text."""
    heads = connection.execute(_HEADS, {"ids": meeting_ids}).all()
    for meeting_id, title, description in heads:
        yield meeting_id, _TITLE, "title", None, title
        yield meeting_id, _DESCRIPTION, "description", None, description
    of_these, of_meeting, place = {"ids": [head.id for head in heads]}, None, _ITEMS
    for meeting_id, item_id, said in connection.execute(_ITEMS_OF, of_these).all():
        place = _ITEMS if meeting_id != of_meeting else place - 1
        of_meeting = meeting_id
        if place > _LINES:
            yield meeting_id, place, "item", item_id, said
    for meeting_id, segment_id, position, said in connection.execute(_LINES_OF, of_these).all():
        if position < _LINES:
            yield meeting_id, _LINES - position, "line", segment_id, said


_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_NUMBERS = select(col(SearchedMeeting.meeting_id), col(SearchedMeeting.number)).where(
    col(SearchedMeeting.meeting_id).in_(_IDS)
)
_OF_SHOWN = (col(Segment.meeting_id) == col(Meeting.id), col(Segment.revision) == col(Meeting.shown_revision))
_LAST_LINES = select(
    col(Meeting.id), select(sql.max(col(Segment.position))).where(*_OF_SHOWN).correlate(Meeting).scalar_subquery()
).where(col(Meeting.id).in_(_IDS))
_HEADS = select(col(Meeting.id), col(Meeting.title), col(Meeting.description)).where(
    col(Meeting.id).in_(_IDS), col(Meeting.deleted_at).is_(None)
)
_OF_MEETING = col(Summary.meeting_id) == col(Meeting.id)
_NEWEST = select(sql.max(col(Summary.version))).where(_OF_MEETING).correlate(Meeting).scalar_subquery()
_ITEMS_OF = (
    select(col(Summary.meeting_id), col(SummaryItem.id), col(SummaryItem.text))
    .join(Summary, col(Summary.id) == col(SummaryItem.summary_id))
    .join(Meeting, _OF_MEETING)
    .where(col(Meeting.id).in_(_IDS), col(Summary.version) == sql.coalesce(col(Meeting.shown_summary), _NEWEST))
    .order_by(col(Summary.meeting_id), col(SummaryItem.position))
)
_LINES_OF = (
    select(col(Segment.meeting_id), col(Segment.id), col(Segment.position), col(Segment.text))
    .join(Meeting, *_OF_SHOWN[:1])
    .where(col(Meeting.id).in_(_IDS), _OF_SHOWN[1])
)
_STORED = select(
    col(SearchedMeeting.meeting_id),
    col(SearchEntry.id),
    col(SearchEntry.source),
    col(SearchEntry.source_id),
    col(SearchEntry.literal),
    col(SearchEntry.valued),
).where(col(SearchedMeeting.meeting_id).in_(_IDS), *of_number(col(SearchEntry.id)))
