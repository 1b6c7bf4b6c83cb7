"""Jobs of every kind: take, renew, continue, end, wake."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func as sql
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.jobs import PAUSABLE, JobKind, JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job, Meeting
from cantomeet.store import leases
from cantomeet.store.connections import Aggregate
from cantomeet.store.leases import LEASE_SECONDS, WAKE_GRACE, WAKE_GRACE_LIMIT

_MOST = 100
"""Jobs of one kind, but a meeting's own, woken at one look."""
_MOST_OTHERS = {JobKind.INDEX: 3}
"""Kinds of which fewer are woken: a worker that takes one job of the index takes others along."""
_MOST_DOUBLINGS = 16


class Jobs(Aggregate):
    """Jobs of any kind. `cantomeet.store.pipeline` has what a meeting's own job does besides."""

    def find(self, kind: JobKind, subject: str) -> Job | None:
        with self._db.read() as connection:
            return leases.find(connection, kind, subject)

    def schedule(self, kind: JobKind, subject: str) -> Job:
        """Make the job due now, under a new `run` if it exists: a worker that has it loses it."""
        with self._db.write() as connection:
            while True:
                now = self._db.now(connection)
                job = leases.change(connection, now, leases.of(kind, subject), **leases.again(now))
                if job is not None:
                    return job
                # Suppressed: somebody else was first.
                with suppress(IntegrityError), connection.begin_nested():
                    return leases.add(connection, now, kind, subject)

    def keep_scheduled(self, kind: JobKind, subjects: Iterable[str]) -> None:
        """Make those of these jobs due now that do not exist or have ended."""
        with self._db.read() as connection:
            scheduled = (col(Job.kind) == kind, col(Job.state) == JobState.SCHEDULED)
            there = set(connection.execute(select(col(Job.subject)).where(*scheduled)).scalars())
        for subject in subjects:
            if subject not in there:
                self._schedule_ended(kind, subject)

    def _schedule_ended(self, kind: JobKind, subject: str) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            ended = [*leases.of(kind, subject), col(Job.state) == JobState.ENDED]
            if leases.change(connection, now, ended, **leases.again(now)) is None:
                # Suppressed: somebody else was first.
                with suppress(IntegrityError), connection.begin_nested():
                    leases.add(connection, now, kind, subject)

    def take(self, kind: JobKind, subject: str, seconds: float = LEASE_SECONDS) -> Job | None:
        """Take the lease: the job with its new `run`, or None if it is not due or another worker has it.

        If the previous holder let the lease run out, `worker_died` is set and `deaths` has risen.
        """
        with self._db.write() as connection:
            return leases.take(connection, self._db.now(connection), kind, subject, seconds)

    def renew(self, job: Job, seconds: float) -> None:
        """Renew the lease for `seconds`. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            # A heartbeat that runs while the step commits must not renew the ended lease: no worker would have it.
            until = now + timedelta(seconds=seconds)
            leases.fenced(connection, now, job.kind, job.subject, job.run, held=True, lease_until=until)

    def go_on(self, job: Job, due_in: float, *, tries: int = 0, woken: bool = True) -> Job:
        """End the lease; the next step is due in `due_in` seconds, after `tries` consecutive failures.

        With 0 the step is done, and its workers' deaths are forgotten. `woken`: the caller wakes it, so the rescuer
        does so only if that is lost. Raises `LeaseLost`, having changed nothing.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            due: leases.JobColumns = {"tries": tries, **leases.released(now + timedelta(seconds=due_in))}
            if not tries:
                due["deaths"] = 0
            if not woken:
                due["woken_until"] = None
            return leases.fenced(connection, now, job.kind, job.subject, job.run, held=True, **due)

    def end(self, job: Job) -> None:
        """End the job: nothing is due until it is requested again. Raises `LeaseLost`."""
        with self._db.write() as connection:
            leases.fenced(connection, self._db.now(connection), job.kind, job.subject, job.run, **leases.ended())

    def withdraw(self, job: Job) -> None:
        """End a job that was just scheduled, unless a worker has it by now."""
        with self._db.write() as connection:
            unchanged = [*leases.of(job.kind, job.subject), col(Job.run) == job.run]
            leases.change(connection, self._db.now(connection), unchanged, **leases.at_rest())

    def wake_due(self, limit: int = 100) -> list[Meeting | Job]:
        """Due jobs that are in no queue, marked as woken by compare-and-set, so that each is given to one caller only.

        A meeting's own job is returned as the meeting; of those at most `limit`, the longest due first.
        """
        woken: list[Job] = []
        with self._db.write() as connection:
            now = self._db.now(connection)
            unwoken = col(Job.woken_until).is_(None) | (col(Job.woken_until) <= now)
            for kind in JobKind:
                due = connection.execute(
                    select(col(Job.subject), col(Job.run), col(Job.wake_count))
                    .where(col(Job.kind) == kind, *leases.is_due(now, kind), unwoken)
                    .order_by(col(Job.due_at))
                    .limit(limit if kind is JobKind.MEETING else _MOST_OTHERS.get(kind, _MOST))
                ).all()
                for subject, run, wakes in due:
                    seen = [col(Job.run) == run, col(Job.wake_count) == wakes]
                    grace = min(WAKE_GRACE * 2**wakes, WAKE_GRACE_LIMIT)
                    job = (
                        connection.execute(
                            update(Job)
                            .where(*leases.of(kind, subject), *seen)
                            .values(
                                woken_until=now + timedelta(seconds=grace), wake_count=min(wakes + 1, _MOST_DOUBLINGS)
                            )
                            .returning(leases.JOBS)
                        )
                        .mappings()
                        .first()
                    )
                    if job is not None:
                        woken.append(Job(**job))
            own = [job.subject for job in woken if job.kind == JobKind.MEETING]
            rows = connection.execute(leases.meetings().where(col(Meeting.id).in_(own))) if own else ()
            found = {meeting.id: meeting for meeting in map(leases.meeting_of, rows)}
        # Jobs of other kinds may have a meeting's id as their subject too.
        return [found.get(job.subject, job) if job.kind == JobKind.MEETING else job for job in woken]

    def oldest_due_seconds(self) -> float:
        """Seconds for which the longest-waiting job has been due, paused or not; 0 if none waits.

        Periodic tasks do not count: they may wait a moment each time.
        """
        with self._db.read() as connection:
            now = self._db.now(connection)
            asked_for = (col(Job.kind).in_(list(PAUSABLE)), *leases.is_waiting(now))
            oldest = connection.execute(select(sql.min(col(Job.due_at))).where(*asked_for)).scalar_one()
        return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0

    def in_flight(self) -> int:
        """The number of meetings whose job at a provider is polled."""
        statement = (
            select(sql.count())
            .select_from(Job)
            .join(Meeting, col(Meeting.id) == col(Job.subject))
            .where(
                # A meeting that has ended has no due time, so the index passes over all of those.
                col(Job.kind) == JobKind.MEETING,
                col(Job.due_at).is_not(None),
                col(Meeting.status) == MeetingStatus.TRANSCRIBING,
                col(Meeting.stage) == Stage.SUBMITTED,
                col(Meeting.deleted_at).is_(None),
            )
        )
        with self._db.read() as connection:
            return int(connection.execute(statement).scalar_one())
