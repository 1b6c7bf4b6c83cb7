"""What the retention settings remove: recordings, and whole meetings."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from cantomeet.jobs import JobKind
from cantomeet.lifecycle import ENDED
from cantomeet.models import Meeting
from cantomeet.store import leases, meeting_rows
from cantomeet.store.connections import Aggregate


class Retention(Aggregate):
    """Finds what is too old, and notes what has gone."""

    def expired_audio(self, days: int, limit: int = 100) -> list[Meeting]:
        """Meetings at rest, created over `days` ago, whose recording is still there."""
        return self._ended_before(days, limit, col(Meeting.audio_removed).is_(False))

    def expired_meetings(self, days: int, limit: int = 100) -> list[Meeting]:
        """Meetings at rest, created over `days` ago."""
        return self._ended_before(days, limit)

    def _ended_before(self, days: int, limit: int, *where: ColumnElement[bool]) -> list[Meeting]:
        with self._db.read() as connection:
            old = col(Meeting.created_at) < self._db.now(connection) - timedelta(days=days)
            there = col(Meeting.deleted_at).is_(None)
            rows = connection.execute(leases.meetings().where(old, _at_rest(), there, *where).limit(limit))
            return [leases.meeting_of(row) for row in rows]

    def mark_audio_removed(self, meeting_id: str) -> Meeting | None:
        """Written down before the file goes; None where the meeting has been set going again meanwhile."""
        with self._db.write() as connection:
            leases.hold(connection, JobKind.MEETING, meeting_id)
            return meeting_rows.change(
                connection,
                self._db.now(connection),
                [col(Meeting.id) == meeting_id, _at_rest()],
                audio_removed=True,
                has_playback_copy=False,
            )

    def recording_keys(self) -> set[str]:
        """Keys of all recordings that a row still needs; one that retention has removed is not among them."""
        statement = select(col(Meeting.recording_key)).where(col(Meeting.audio_removed).is_(False))
        with self._db.read() as connection:
            return set(connection.execute(statement).scalars())


def _at_rest() -> ColumnElement[bool]:
    """It has ended, or waits for a person to name its speakers: nobody works on it."""
    return or_(col(Meeting.status).in_(sorted(ENDED)), leases.is_waiting_for_names())
