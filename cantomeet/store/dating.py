"""Moves the due days of action items when the meeting's date changes; their words stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, select, update
from sqlmodel import col

from cantomeet.cantonese import find_folded
from cantomeet.dates import day_in, resolve_date
from cantomeet.models import Segment, Summary, SummaryItem


def move_due_days(
    connection: Connection, meeting_id: str, before: date | None, after: date | None, *where: ColumnElement[bool]
) -> None:
    """Recompute each due day that was counted from `before`, now from `after`.

    Other days were set by a person and stay. `where` selects items of the meeting's summaries.
    """
    of_meeting = select(col(Summary.id)).where(col(Summary.meeting_id) == meeting_id, *where)
    statement = select(
        col(SummaryItem.id), col(SummaryItem.evidence), col(SummaryItem.due_text), col(SummaryItem.due_date)
    ).where(col(SummaryItem.summary_id).in_(of_meeting), col(SummaryItem.due_text).is_not(None))
    for item_id, evidence, words, day in connection.execute(statement).all():
        lines = _cited(connection, [proof["segment_id"] for proof in evidence])
        moved = _day(words, lines, after)
        if moved != day and _day(words, lines, before) == day:
            values = {"due_date": moved, "version": col(SummaryItem.version) + 1}
            connection.execute(update(SummaryItem).where(col(SummaryItem.id) == item_id).values(**values))


def _day(words: str | None, lines: Sequence[str], meeting_date: date | None) -> date | None:
    """The day that the words mean in the line that has them, else by themselves."""
    for line in lines:
        span = find_folded(line, words) if words else None
        if span is not None:
            return day_in(line, *span, meeting_date)
    return resolve_date(words or "", meeting_date)


def _cited(connection: Connection, segment_ids: Sequence[str]) -> list[str]:
    texts = select(col(Segment.text)).where(col(Segment.id).in_(segment_ids)).order_by(col(Segment.position))
    return list(connection.execute(texts).scalars())
