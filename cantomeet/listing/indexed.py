"""The entries of the search index that have what is asked for, in SQL of either database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, cast, or_, select
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlmodel import col

from cantomeet.cantonese import SearchQuery, SoundQuery
from cantomeet.models import SearchedMeeting, SearchEntry, Segment
from cantomeet.store import search_rows
from cantomeet.store.search_changes import OF_MEETING, number_of, of_number


def entry_id(dialect: str) -> ColumnElement[int]:
    """The id of an entry. On SQLite as FTS5 has it, or all hits would be read and sorted for the first few."""
    entry: ColumnElement[int] = search_rows.FTS.c.rowid if dialect == "sqlite" else search_rows.ENTRIES.c.id
    return entry


def entries(dialect: str, asked: SearchQuery | SoundQuery, *columns: Any) -> Select[Any]:
    """Select these columns of the entries that contain the query; by sound, of the entries that may contain it.

    `asked` is not empty.
    """
    statement = _with_tokens(dialect, _expression(dialect, asked), *columns)
    if dialect == "sqlite":
        statement = statement.join(SearchEntry, col(SearchEntry.id) == entry_id(dialect))
    if isinstance(asked, SoundQuery) or asked.told_by_tokens:
        return statement
    position = sql.instr if dialect == "sqlite" else sql.strpos
    exact = position(col(SearchEntry.literal), asked.literal) > 0
    if asked.valued is not None:
        exact = or_(exact, position(col(SearchEntry.valued), asked.valued) > 0)
    return statement.where(exact)


def entry_ids(dialect: str, asked: SearchQuery | SoundQuery) -> Select[Any]:
    """The ids of the same entries; of a common word in a fraction of the time."""
    entry = entry_id(dialect)
    if isinstance(asked, SearchQuery) and asked.told_by_tokens:
        return _with_tokens(dialect, _expression(dialect, asked), entry)
    return entries(dialect, asked, entry)


def meeting_numbers(dialect: str, asked: SearchQuery) -> Select[Any]:
    """The numbers of the meetings that have such entries, some of them several times."""
    number = number_of(entry_id(dialect))
    if asked.told_by_tokens:
        return _with_tokens(dialect, _expression(dialect, asked, OF_MEETING), number)
    return entries(dialect, asked, number)


def first_lines(dialect: str, asked: SearchQuery, meeting_ids: Collection[str]) -> Executable:
    """Of each of these meetings its id and the first such line: id, start, text."""
    entry = entry_id(dialect)
    lines = entries(dialect, asked, entry).where(col(SearchEntry.source) == "line", *of_number(entry))
    first = lines.order_by(entry.desc()).limit(1).correlate(SearchedMeeting).scalar_subquery()
    found = aliased(SearchEntry)
    return (
        select(col(SearchedMeeting.meeting_id), col(Segment.id), col(Segment.start), col(Segment.text))
        .select_from(SearchedMeeting)
        .join(found, col(found.id) == first)
        .join(Segment, col(Segment.id) == col(found.source_id))
        .where(col(SearchedMeeting.meeting_id).in_(meeting_ids))
    )


def _with_tokens(dialect: str, expression: str, *columns: Any) -> Select[Any]:
    if dialect == "sqlite":
        fts = search_rows.FTS
        return select(*columns).select_from(fts).where(fts.c.searchindex.op("MATCH")(expression))
    query = cast(expression, TSQUERY)
    return select(*columns).select_from(SearchEntry).where(col(SearchEntry.tokens).op("@@")(query))


def _expression(dialect: str, asked: SearchQuery | SoundQuery, mark: str = "") -> str:
    """What the index is asked for, `mark` before each token. No token has a quotation mark."""
    quote, both, either = ('"', " AND ", " OR ") if dialect == "sqlite" else ("'", " & ", " | ")

    def one_of(group: list[str]) -> str:
        return f"({either.join(f'{quote}{mark}{token}{quote}' for token in group)})"

    return either.join(f"({both.join(map(one_of, groups))})" for groups in asked.ways)
