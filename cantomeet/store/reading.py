"""Reading; never waits for a writer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func as sql
from sqlalchemy import select
from sqlmodel import col

from cantomeet.models import (
    Attempt,
    Meeting,
    Segment,
    Speaker,
)
from cantomeet.store.base import Base
from cantomeet.store.types import Transcript


class Reading(Base):
    """Transcripts and timelines."""

    def transcript(self, meeting_id: str, after_position: int = -1) -> Transcript:
        """The shown take's segments after a position, and its speakers by id."""
        with self._read() as connection:
            of_shown = select(col(Meeting.shown_take)).where(col(Meeting.id) == meeting_id).scalar_subquery()
            segments = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.take) == of_shown,
                    col(Segment.position) > after_position,
                )
                .order_by(col(Segment.position))
            ).mappings()
            found = [Segment(**row) for row in segments]
            speakers = connection.execute(
                select(Speaker).where(col(Speaker.meeting_id) == meeting_id, col(Speaker.take) == of_shown)
            ).mappings()
            return Transcript(found, {row["id"]: Speaker(**row) for row in speakers})

    def corrected_segments(self, meeting_id: str) -> list[Segment]:
        """Those of the shown take that a person corrected, in order."""
        with self._read() as connection:
            of_shown = select(col(Meeting.shown_take)).where(col(Meeting.id) == meeting_id).scalar_subquery()
            rows = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id, col(Segment.take) == of_shown, col(Segment.edited).is_(True)
                )
                .order_by(col(Segment.position))
            ).mappings()
            return [Segment(**row) for row in rows]

    def working_segments(self, meeting_id: str, take: int) -> list[Segment]:
        """The segments of the take that is being made."""
        with self._read() as connection:
            rows = connection.execute(
                select(Segment)
                .where(col(Segment.meeting_id) == meeting_id, col(Segment.take) == take)
                .order_by(col(Segment.position))
            ).mappings()
            return [Segment(**row) for row in rows]

    def attempts(self, meeting_id: str) -> list[Attempt]:
        """The timeline, oldest first."""
        with self._read() as connection:
            rows = connection.execute(
                select(Attempt)
                .where(col(Attempt.meeting_id) == meeting_id)
                .order_by(col(Attempt.started_at), col(Attempt.finished_at))
            ).mappings()
            return [Attempt(**row) for row in rows]

    def version(self, meeting_id: str) -> int | None:
        """The meeting's version, or None where it is gone; cheap enough to ask every few seconds for each page."""
        with self._read() as connection:
            return connection.execute(
                select(col(Meeting.version)).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
            ).scalar_one_or_none()

    def stamp(self) -> tuple[int, int, datetime | None]:
        """Differs from an earlier one whenever any meeting came, changed or went; for pages that show many."""
        versions = sql.coalesce(sql.sum(col(Meeting.version)), 0)
        statement = select(sql.count(), versions, sql.max(col(Meeting.updated_at)))
        with self._read() as connection:
            count, total, newest = connection.execute(statement).one()
            return count, int(total), newest

    def recording_keys(self) -> set[str]:
        """Keys of all recordings that a row still needs; one that retention has removed is not among them."""
        statement = select(col(Meeting.recording_key)).where(col(Meeting.audio_removed).is_(False))
        with self._read() as connection:
            return set(connection.execute(statement).scalars())
