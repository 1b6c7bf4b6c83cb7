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
"""How long a job stays with a worker that has gone silent, whose heartbeat renews it every second.

A beat that finds SQLite locked waits 5 s for it (the busy timeout) and leaves a second to the next one: 7 s. By
`benchmarks.heartbeats` a busy machine comes to less. Who loses a lease all the same loses a step's work, no payment.
"""
WAKE_GRACE = 5.0
"""Seconds after its due time in which a job is expected to start before the rescuer wakes it again."""
WAKE_GRACE_LIMIT = 300.0
"""The grace doubles with each wake-up up to this, so that a long queue is not flooded with repeats."""

PAUSED = "paused"


class JobColumns(TypedDict, total=False):
    """What is written to a job that is leased."""

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
    """The one job; `subject` may be a column of a statement around it."""
    return [col(Job.kind) == kind, col(Job.subject) == subject]


def meetings() -> Select[Any]:
    """Meetings, each with its job beside it, for `meeting_of`."""
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
    """A new job, due now. Raises `IntegrityError` where there is one."""
    job = Job(kind=kind, subject=subject, due_at=now, updated_at=now)
    connection.execute(insert(Job).values(**job.model_dump()))
    return job


def change(
    connection: Connection, now: datetime, where: Sequence[ColumnElement[bool]], **columns: Unpack[JobChanges]
) -> Job | None:
    """The job that `where` finds as it is then; None for none."""
    changed = update(Job).where(*where).values(updated_at=now, **columns).returning(JOBS)
    row = connection.execute(changed).mappings().first()
    return None if row is None else Job(**row)


def hold(connection: Connection, kind: JobKind, subject: str, *where: ColumnElement[bool]) -> Job | None:
    """The job, which nobody else changes before this transaction ends; None where there is none."""
    touched = update(Job).where(*of(kind, subject), *where).values(run=col(Job.run)).returning(JOBS)
    row = connection.execute(touched).mappings().first()
    return None if row is None else Job(**row)


def take(connection: Connection, now: datetime, kind: JobKind, subject: str, seconds: float) -> Job | None:
    """The job with its new `run` where it is due and nobody has it; checked by the statement that takes it."""
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
    """The first write of everything that a worker writes. Raises `LeaseLost` where somebody else has the job.

    `held`: only while the lease was not ended; `run` alone stays the same until the next lease.
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


def let_go(due: datetime | None) -> JobColumns:
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
    """The columns of a job that a person sets going: due now, and nobody's."""
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
    """The columns of a job that is asked for once more: due now under a new `run`, so that whoever has it loses it."""
    return {"run": col(Job.run) + 1, "tries": 0, "deaths": 0, **due_now(now)}


def ended() -> JobColumns:
    """The columns of a job whose last step is done."""
    return {"tries": 0, "deaths": 0, **at_rest()}


def is_paused() -> ColumnElement[bool]:
    """The operator's switch."""
    return select(col(Switch.name)).where(col(Switch.name) == PAUSED).exists()


def is_free(now: datetime) -> ColumnElement[bool]:
    """Nobody holds a lease that still runs."""
    return or_(col(Job.lease_until).is_(None), col(Job.lease_until) <= now)


def is_waiting(now: datetime) -> list[ColumnElement[bool]]:
    """A step is due, and nobody has it; paused or not."""
    return [col(Job.due_at) <= now, is_free(now)]


def is_due(now: datetime, kind: JobKind) -> list[ColumnElement[bool]]:
    """A step may be taken now."""
    return [*is_waiting(now), ~is_paused()] if kind in PAUSABLE else is_waiting(now)


def meetings_job(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """In a statement over meetings: the meeting's job is so."""
    own = select(col(Job.subject)).where(*of(JobKind.MEETING, col(Meeting.id)), *where)
    # Named, because a statement that has the job beside the meeting has this table too.
    return own.correlate(MEETINGS).exists()


def is_waiting_for_names() -> ColumnElement[bool]:
    """`Meeting.waits_for_names` in SQL, for a statement over meetings."""
    waiting = (col(Job.kind) == JobKind.MEETING, col(Job.state) == JobState.WAITING_FOR_NAMES)
    # Few wait: their jobs are found once, where `meetings_job` would look at the job of each meeting.
    return col(Meeting.id).in_(select(col(Job.subject)).where(*waiting))
