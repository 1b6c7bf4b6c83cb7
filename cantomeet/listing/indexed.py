"""The entries of the search index that have what is asked for, in SQL of either database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, cast, literal_column, or_, select
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlmodel import col

from cantomeet.cantonese import SearchQuery, SoundQuery
from cantomeet.models import SearchedMeeting, SearchEntry, Segment
from cantomeet.store import search_rows

_BITS: ColumnElement[int] = literal_column(str(search_rows.PLACE_BITS))


def entry_id(dialect: str) -> ColumnElement[int]:
    """The id of an entry. On SQLite as FTS5 has it, or all hits would be read and sorted for the first few."""
    entry: ColumnElement[int] = search_rows.FTS.c.rowid if dialect == "sqlite" else search_rows.ENTRIES.c.id
    return entry


def number_of(entry: ColumnElement[int]) -> ColumnElement[int]:
    """The number of the entry's meeting."""
    return entry.op(">>", return_type=entry.type)(_BITS)


def entries(dialect: str, asked: SearchQuery | SoundQuery, *columns: Any) -> Select[Any]:
    """These columns of the entries that have what is asked for; by sound, of those that may. `asked` is not empty."""
    position = sql.strpos
    statement = _with_tokens(dialect, asked, *columns)
    if dialect == "sqlite":
        position = sql.instr
        statement = statement.join(SearchEntry, col(SearchEntry.id) == entry_id(dialect))
    if isinstance(asked, SoundQuery):
        return statement
    exact = position(col(SearchEntry.literal), asked.literal) > 0
    if asked.valued is not None:
        exact = or_(exact, position(col(SearchEntry.valued), asked.valued) > 0)
    return statement.where(exact)


def meeting_numbers(dialect: str, asked: SearchQuery) -> Select[Any]:
    """The numbers of their meetings, each as often as it has such entries."""
    number = number_of(entry_id(dialect))
    # For a common word the look at each text would take most of the time.
    return _with_tokens(dialect, asked, number) if asked.told_by_tokens else entries(dialect, asked, number)


def first_lines(dialect: str, asked: SearchQuery, meeting_ids: Collection[str]) -> Executable:
    """Of each of these meetings its id and the first such line: id, start, text."""
    entry, number = entry_id(dialect), col(SearchedMeeting.number)
    begins = number.op("<<", return_type=entry.type)(_BITS)
    of_meeting = (entry >= begins, entry < begins + (1 << search_rows.PLACE_BITS))
    lines = entries(dialect, asked, entry).where(col(SearchEntry.source) == "line", *of_meeting)
    first = lines.order_by(entry.desc()).limit(1).correlate(SearchedMeeting).scalar_subquery()
    found = aliased(SearchEntry)
    return (
        select(col(SearchedMeeting.meeting_id), col(Segment.id), col(Segment.start), col(Segment.text))
        .select_from(SearchedMeeting)
        .join(found, col(found.id) == first)
        .join(Segment, col(Segment.id) == col(found.source_id))
        .where(col(SearchedMeeting.meeting_id).in_(meeting_ids))
    )


def _with_tokens(dialect: str, asked: SearchQuery | SoundQuery, *columns: Any) -> Select[Any]:
    if dialect == "sqlite":
        fts = search_rows.FTS
        match = fts.c.searchindex.op("MATCH")(_expression(asked, '"', " AND ", " OR "))
        return select(*columns).select_from(fts).where(match)
    query = cast(_expression(asked, "'", " & ", " | "), TSQUERY)
    return select(*columns).select_from(SearchEntry).where(col(SearchEntry.tokens).op("@@")(query))


def _expression(asked: SearchQuery | SoundQuery, quote: str, both: str, either: str) -> str:
    """What the index is asked for. No token has a quotation mark."""

    def one_of(group: list[str]) -> str:
        return f"({either.join(f'{quote}{token}{quote}' for token in group)})"

    return either.join(f"({both.join(map(one_of, groups))})" for groups in asked.ways)
