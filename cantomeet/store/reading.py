"""Reading; never waits for a writer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ScalarSelect, exists, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.jobs import JobState
from cantomeet.lifecycle import ACTIVE
from cantomeet.models import (
    Attempt,
    Job,
    Meeting,
    Segment,
    Speaker,
    Switch,
)
from cantomeet.store import leases
from cantomeet.store.leases import PAUSED
from cantomeet.store.paging import Paging, segment_of
from cantomeet.store.types import Transcript


class Reading(Paging):
    """Transcripts and timelines."""

    def transcript(self, meeting_id: str, after_position: int = -1, limit: int | None = None) -> Transcript:
        """The shown revision's segments after a position, at most `limit` of them, and its speakers by id."""
        with self._read() as connection:
            of_shown = select(col(Meeting.shown_revision)).where(col(Meeting.id) == meeting_id).scalar_subquery()
            segments = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.revision) == of_shown,
                    col(Segment.position) > after_position,
                )
                .order_by(col(Segment.position))
                .limit(limit)
            ).mappings()
            found = [segment_of(row) for row in segments]
            speakers = connection.execute(
                select(Speaker).where(col(Speaker.meeting_id) == meeting_id, col(Speaker.revision) == of_shown)
            ).mappings()
            return Transcript(found, {row["id"]: Speaker(**row) for row in speakers})

    def corrected_segments(self, meeting_id: str) -> list[Segment]:
        """Those of the shown revision that a person corrected, in order."""
        with self._read() as connection:
            of_shown = select(col(Meeting.shown_revision)).where(col(Meeting.id) == meeting_id).scalar_subquery()
            rows = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.revision) == of_shown,
                    col(Segment.edited).is_(True),
                )
                .order_by(col(Segment.position))
            ).mappings()
            return [segment_of(row) for row in rows]

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

    def stamp(self) -> tuple[int, int, datetime | None, datetime | None]:
        """Differs from an earlier one whenever any meeting came, changed or went, or the queue was paused or resumed;
        for pages that show many."""
        versions = sql.coalesce(sql.sum(col(Meeting.version)), 0)
        statement = select(sql.count(), versions, sql.max(col(Meeting.updated_at)), _paused_since())
        with self._read() as connection:
            count, total, newest, paused = connection.execute(statement).one()
            return count, int(total), newest, paused

    def stamp_of(self, meeting_id: str) -> tuple[int | None, datetime | None]:
        """The same for the page of one meeting: its version, None where it is gone, and since when nothing is done."""
        version = select(col(Meeting.version)).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
        with self._read() as connection:
            found, paused = connection.execute(select(version.scalar_subquery(), _paused_since())).one()
            return found, paused

    def kept_waiting_since(self) -> datetime | None:
        """Since when a meeting waits because the queue is paused; None where it is not, or none waits."""
        waiting = exists().where(
            leases.meetings_job(col(Job.state) == JobState.SCHEDULED),
            col(Meeting.deleted_at).is_(None),
            col(Meeting.status).in_(list(ACTIVE)),
        )
        with self._read() as connection:
            return connection.execute(
                select(col(Switch.since)).where(col(Switch.name) == PAUSED, waiting)
            ).scalar_one_or_none()

    def recording_keys(self) -> set[str]:
        """Keys of all recordings that a row still needs; one that retention has removed is not among them."""
        statement = select(col(Meeting.recording_key)).where(col(Meeting.audio_removed).is_(False))
        with self._read() as connection:
            return set(connection.execute(statement).scalars())


def _paused_since() -> ScalarSelect[datetime]:
    return select(col(Switch.since)).where(col(Switch.name) == PAUSED).scalar_subquery()
