"""What the rescuer does: each due meeting and each periodic task to one caller."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy import func as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import (
    Meeting,
    PeriodicTask,
    Switch,
)
from cantomeet.store.base import WAKE_GRACE, WAKE_GRACE_LIMIT, Base, columns_of_meeting, execute


class Waking(Base):
    """Compare-and-set over what is due."""

    def wake_due(self, limit: int = 100) -> list[Meeting]:
        """Due meetings that nobody woke, marked as woken by compare-and-set: each is given to one caller only."""
        with self._write() as connection:
            now = self._clock(connection)
            due = connection.execute(
                select(col(Meeting.id), col(Meeting.run), col(Meeting.wake_count))
                .where(
                    *is_due(now),
                    or_(col(Meeting.woken_until).is_(None), col(Meeting.woken_until) <= now),
                )
                .order_by(col(Meeting.next_run_at))
                .limit(limit)
            ).all()
            woken = []
            for meeting_id, run, wakes in due:
                grace = min(WAKE_GRACE * 2**wakes, WAKE_GRACE_LIMIT)
                row = (
                    connection.execute(
                        update(Meeting)
                        .where(
                            col(Meeting.id) == meeting_id,
                            col(Meeting.run) == run,
                            col(Meeting.wake_count) == wakes,
                        )
                        .values(woken_until=now + timedelta(seconds=grace), wake_count=min(wakes + 1, 16))
                        .returning(*columns_of_meeting())
                    )
                    .mappings()
                    .first()
                )
                if row is not None:
                    woken.append(Meeting(**row))
            return woken

    def due_now(self, meeting_id: str) -> Meeting | None:
        """The meeting with its next step due now instead of later; None where nothing is owed or a worker has it."""
        return self._due_now(col(Meeting.id) == meeting_id, col(Meeting.next_run_at).is_not(None))

    def due_now_by_job(self, provider_job_id: str) -> Meeting | None:
        """The meeting that waits for this provider's job, due now; None where none waits or a worker has it."""
        return self._due_now(
            col(Meeting.provider_job_id) == provider_job_id,
            col(Meeting.status) == MeetingStatus.TRANSCRIBING,
            col(Meeting.stage) == Stage.SUBMITTED,
        )

    def _due_now(self, *where: ColumnElement[bool]) -> Meeting | None:
        with self._write() as connection:
            now = self._clock(connection)
            free = or_(col(Meeting.lease_until).is_(None), col(Meeting.lease_until) <= now)
            row = (
                connection.execute(
                    update(Meeting)
                    .where(*where, col(Meeting.deleted_at).is_(None), free)
                    .values(next_run_at=now, woken_until=None, turn=None)
                    .returning(*columns_of_meeting())
                )
                .mappings()
                .first()
            )
        return None if row is None else Meeting(**row)

    def oldest_due_seconds(self) -> float:
        """How long the meeting that has waited longest has been due, paused or not; 0 where none waits."""
        with self._read() as connection:
            now = self._clock(connection)
            oldest = connection.execute(select(sql.min(col(Meeting.next_run_at))).where(*is_waiting(now))).scalar_one()
        return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0

    def claim_periodic(self, name: str, every: float) -> bool:
        """True for the one caller whose turn it is to run the periodic task now; next turn `every` seconds later."""
        with self._write() as connection:
            now = self._clock(connection)
            later = now + timedelta(seconds=every)
            claimed = execute(
                connection,
                update(PeriodicTask)
                .where(col(PeriodicTask.name) == name, col(PeriodicTask.next_run_at) <= now)
                .values(next_run_at=later),
            ).rowcount
            if claimed:
                return True
            known = connection.execute(select(col(PeriodicTask.name)).where(col(PeriodicTask.name) == name)).first()
        return known is None and self._first_turn(name, later)

    def _first_turn(self, name: str, later: datetime) -> bool:
        try:
            with self._write() as connection:
                connection.execute(insert(PeriodicTask).values(name=name, next_run_at=later))
            return True
        except IntegrityError:
            return False


PAUSED = "paused"


def is_paused() -> ColumnElement[bool]:
    """The operator's switch."""
    return select(col(Switch.name)).where(col(Switch.name) == PAUSED).exists()


def is_waiting(now: datetime) -> list[Any]:
    """A meeting's next step is due, and nobody holds a lease that still runs."""
    return [col(Meeting.next_run_at) <= now, or_(col(Meeting.lease_until).is_(None), col(Meeting.lease_until) <= now)]


def is_due(now: datetime) -> list[Any]:
    """A meeting's next step may be taken: it is waiting for it, and nothing is paused."""
    return [*is_waiting(now), ~is_paused()]
