"""Moves the evidence of summaries to the lines of another revision of the transcript."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from sqlalchemy import Connection, select, update
from sqlmodel import col

from cantomeet.models import Segment, Summary, SummaryItem
from cantomeet.quotes import moved
from cantomeet.store.rows import all_made


def move_evidence(connection: Connection, meeting_id: str, revision: int) -> None:
    """Each item of the meeting's summaries becomes stale and cites lines of `revision`.

    A quote cites the line that was spoken at the same time and contains it. A quote that no such line contains becomes
    unverified.
    """
    lines = _Lines(connection, meeting_id, revision)
    of_meeting = select(col(Summary.id)).where(col(Summary.meeting_id) == meeting_id)
    cited = select(col(SummaryItem.id), col(SummaryItem.evidence)).where(col(SummaryItem.summary_id).in_(of_meeting))
    for item_id, evidence in connection.execute(cited).all():
        proofs = [moved(proof, lines.at(proof["start"], proof["end"])) for proof in evidence]
        values = {"stale": True, "evidence": proofs, "version": col(SummaryItem.version) + 1}
        connection.execute(update(SummaryItem).where(col(SummaryItem.id) == item_id).values(**values))


class _Lines:
    def __init__(self, connection: Connection, meeting_id: str, revision: int) -> None:
        statement = (
            select(Segment)
            .where(col(Segment.meeting_id) == meeting_id, col(Segment.revision) == revision)
            .order_by(col(Segment.start), col(Segment.position))
        )
        self._lines = all_made(Segment, connection.execute(statement))
        self._starts = [line.start for line in self._lines]
        # The latest end so far, so that also a line under which others were spoken is found.
        self._ends = list(accumulate((line.end for line in self._lines), max))

    def at(self, start: float, end: float) -> list[Segment]:
        """Lines spoken between these seconds, in their order."""
        near = self._lines[bisect_left(self._ends, start) : bisect_right(self._starts, end)]
        return [line for line in near if line.end >= start]
