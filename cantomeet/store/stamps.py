"""Stamps that an open page compares to detect changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ScalarSelect, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.models import Meeting, Switch
from cantomeet.store.connections import Aggregate
from cantomeet.store.leases import PAUSED
from cantomeet.store.meeting_rows import is_there


class Stamps(Aggregate):
    """Cheap enough to be read every few seconds for each page."""

    def version(self, meeting_id: str) -> int | None:
        """The meeting's version, or None if it was deleted."""
        with self._db.read() as connection:
            return connection.execute(select(col(Meeting.version)).where(*is_there(meeting_id))).scalar_one_or_none()

    def of_all(self) -> tuple[int, int, datetime | None, datetime | None]:
        """A stamp for pages that show many meetings. It differs from an earlier one if a meeting was added, changed or
        deleted, or the queue was paused or resumed.
        """
        versions = sql.coalesce(sql.sum(col(Meeting.version)), 0)
        statement = select(sql.count(), versions, sql.max(col(Meeting.updated_at)), _paused_since())
        with self._db.read() as connection:
            count, total, newest, paused = connection.execute(statement).one()
            return count, int(total), newest, paused

    def of_one(self, meeting_id: str) -> tuple[int | None, datetime | None]:
        """The stamp of one meeting: its version (None if it was deleted), and since when the queue has been paused."""
        version = select(col(Meeting.version)).where(*is_there(meeting_id))
        with self._db.read() as connection:
            found, paused = connection.execute(select(version.scalar_subquery(), _paused_since())).one()
            return found, paused


def _paused_since() -> ScalarSelect[datetime]:
    return select(col(Switch.since)).where(col(Switch.name) == PAUSED).scalar_subquery()
