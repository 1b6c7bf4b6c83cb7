"""The job table inside a transaction that somebody else began.

A transaction that writes both writes jobs before meetings, and a meeting's own job before that of its written view:
each holds its row until the end, and in one order nobody waits for somebody who waits for him. The job of the search
index comes last, after the meeting: whoever changes a text schedules it, and its worker writes no meeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, insert, or_, select, update
from sqlalchemy.orm import Mapped
from sqlmodel import col

from cantomeet.errors import LeaseLost
from cantomeet.jobs import PAUSABLE, JobKind, JobState
from cantomeet.models import Job, Meeting, Switch
from cantomeet.store.rows import made

LEASE_SECONDS = 8.0
"""Seconds until a lease ends if its worker's heartbeat, once a second, stops.

A heartbeat that finds SQLite locked waits 5 s for it (the busy timeout) and leaves a second to the next one: 7 s. By
`benchmarks.heartbeats` a busy machine needs less. A worker that loses its lease all the same loses the step's work, but
no payment.
"""
WAKE_GRACE = 5.0
"""Seconds after its due time until the rescuer wakes a job again."""
WAKE_GRACE_LIMIT = 300.0
"""The limit of that time, which doubles with each wake-up, so that a long queue is not flooded with repeats."""

PAUSED = "paused"


class JobColumns(TypedDict, total=False):
    """The columns that are written to a leased job."""

    state: JobState
    due_at: datetime | None
    lease_until: datetime | None
    woken_until: datetime | None
    wake_count: int
    worker_died: ColumnElement[bool]
    deaths: int | ColumnElement[int]
    tries: int
    turn: str | None


class JobChanges(JobColumns, total=False):
    """The same, with the fencing number."""

    run: ColumnElement[int]


# The tables themselves stand for all their columns, and cost a fraction of naming them in each statement.
JOBS: Any = Job.__table__  # type: ignore[attr-defined]  # SQLModel hides __table__
MEETINGS: Any = Meeting.__table__  # type: ignore[attr-defined]  # SQLModel hides __table__
_BESIDE = [column.label(f"job_{column.name}") for column in JOBS.columns]
_OF_JOB = tuple(column.name for column in JOBS.columns)
_OF_MEETING = tuple(column.name for column in MEETINGS.columns)


def of(kind: JobKind, subject: str | Mapped[str]) -> list[ColumnElement[bool]]:
    """A condition: the job of this subject; `subject` may be a column of an outer statement."""
    return [col(Job.kind) == kind, col(Job.subject) == subject]


def meetings() -> Select[Any]:
    """A statement for meetings, each with its job, for `meeting_of`."""
    # Each has a job. An inner join would let SQLite begin with all jobs and sort every meeting for the first few.
    own = and_(JOBS.c.kind == JobKind.MEETING, JOBS.c.subject == MEETINGS.c.id)
    return select(MEETINGS, *_BESIDE).outerjoin(JOBS, own)


def meeting_of(row: Row[Any]) -> Meeting:
    """From a row of `meetings`, which may have further columns at its end."""
    ends = len(_OF_MEETING), len(_OF_MEETING) + len(_OF_JOB)
    job = made(Job, _OF_JOB, row[ends[0] : ends[1]])
    return made(Meeting, _OF_MEETING, row[: ends[0]]).with_job(job)


def find(connection: Connection, kind: JobKind, subject: str) -> Job | None:
    row = connection.execute(select(JOBS).where(*of(kind, subject))).mappings().first()
    return None if row is None else Job(**row)


def add(connection: Connection, now: datetime, kind: JobKind, subject: str) -> Job:
    """Add a job that is due now. Raises `IntegrityError` if there is one."""
    job = Job(kind=kind, subject=subject, due_at=now, updated_at=now)
    connection.execute(insert(Job).values(**job.model_dump()))
    return job


def change(
    connection: Connection, now: datetime, where: Sequence[ColumnElement[bool]], **columns: Unpack[JobChanges]
) -> Job | None:
    """Change the job that `where` finds. Returns it as changed, or None."""
    changed = update(Job).where(*where).values(updated_at=now, **columns).returning(JOBS)
    row = connection.execute(changed).mappings().first()
    return None if row is None else Job(**row)


def hold(connection: Connection, kind: JobKind, subject: str, *where: ColumnElement[bool]) -> Job | None:
    """The job, locked until the transaction ends; None if there is none."""
    touched = update(Job).where(*of(kind, subject), *where).values(run=col(Job.run)).returning(JOBS)
    row = connection.execute(touched).mappings().first()
    return None if row is None else Job(**row)


def take(connection: Connection, now: datetime, kind: JobKind, subject: str, seconds: float) -> Job | None:
    """Take the lease of a due job that no worker has, checked in the same statement. Returns it with its new `run`, or
    None.
    """
    left = col(Job.lease_until).is_not(None)
    return change(
        connection,
        now,
        [*of(kind, subject), *is_due(now, kind)],
        run=col(Job.run) + 1,
        lease_until=now + timedelta(seconds=seconds),
        worker_died=left,
        deaths=case((left, col(Job.deaths) + 1), else_=col(Job.deaths)),
        woken_until=None,
        wake_count=0,
    )


def fenced(
    connection: Connection,
    now: datetime,
    kind: JobKind,
    subject: str,
    run: int,
    *,
    held: bool = False,
    **columns: Unpack[JobColumns],
) -> Job:
    """Fence a worker's transaction; it has to be its first write. Raises `LeaseLost` if another worker or person took
    the job.

    `held`: also requires that the lease was not ended; `run` alone stays the same until the next lease.
    """
    where = [*of(kind, subject), col(Job.run) == run]
    if held:
        where.append(col(Job.lease_until).is_not(None))
    changed = change(connection, now, where, **columns)
    if changed is None:
        raise LeaseLost(subject)
    return changed


def remove(connection: Connection, kind: JobKind, subject: str) -> None:
    connection.execute(delete(Job).where(*of(kind, subject)))


def released(due: datetime | None) -> JobColumns:
    """The columns of a job whose step has ended: the next one is due then, or none."""
    if due is None:
        return at_rest()
    return {
        "state": JobState.SCHEDULED,
        "due_at": due,
        "lease_until": None,
        # The worker that commits wakes the next step itself; should it die before, the rescuer does.
        "woken_until": due + timedelta(seconds=WAKE_GRACE),
        "turn": None,
    }


def due_now(now: datetime) -> JobColumns:
    """The columns of a job that a person starts: due now, without a lease."""
    return {
        "state": JobState.SCHEDULED,
        "due_at": now,
        "lease_until": None,
        "woken_until": None,
        "wake_count": 0,
        "turn": None,
    }


def at_rest(state: JobState = JobState.ENDED) -> JobColumns:
    """The columns of a job with nothing due."""
    return {"state": state, "due_at": None, "lease_until": None, "woken_until": None, "turn": None}


def again(now: datetime) -> JobChanges:
    """The columns of a job that is requested again: due now under a new `run`, so a worker that has it loses it."""
    return {"run": col(Job.run) + 1, "tries": 0, "deaths": 0, **due_now(now)}


def ended() -> JobColumns:
    """The columns of a job whose last step is done."""
    return {"tries": 0, "deaths": 0, **at_rest()}


def is_paused() -> ColumnElement[bool]:
    """A condition: the queue is paused."""
    return select(col(Switch.name)).where(col(Switch.name) == PAUSED).exists()


def is_free(now: datetime) -> ColumnElement[bool]:
    """A condition: no lease of the job is running."""
    return or_(col(Job.lease_until).is_(None), col(Job.lease_until) <= now)


def is_waiting(now: datetime) -> list[ColumnElement[bool]]:
    """A condition: a step is due and unleased, paused or not."""
    return [col(Job.due_at) <= now, is_free(now)]


def is_due(now: datetime, kind: JobKind) -> list[ColumnElement[bool]]:
    """A condition: a step may be taken now."""
    return [*is_waiting(now), ~is_paused()] if kind in PAUSABLE else is_waiting(now)


def meetings_job(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on meetings: their own job fulfils these conditions."""
    own = select(col(Job.subject)).where(*of(JobKind.MEETING, col(Meeting.id)), *where)
    # Named, because a statement that has the job beside the meeting has this table too.
    return own.correlate(MEETINGS).exists()


def is_waiting_for_names() -> ColumnElement[bool]:
    """`Meeting.waits_for_names` in SQL, as a condition on meetings."""
    waiting = (col(Job.kind) == JobKind.MEETING, col(Job.state) == JobState.WAITING_FOR_NAMES)
    # Few wait: their jobs are found once, where `meetings_job` would look at the job of each meeting.
    return col(Meeting.id).in_(select(col(Job.subject)).where(*waiting))
