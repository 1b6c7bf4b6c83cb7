"""The meeting table within a transaction of the caller; `cantomeet.store.leases` has the job table.

A transaction that writes both writes the job before the meeting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, insert, select, update
from sqlmodel import col

from cantomeet.errors import ErrorCode, LeaseLost, NotFound
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import TRANSITIONS
from cantomeet.models import Attempt, Job, Meeting, new_id
from cantomeet.store import leases
from cantomeet.store.leases import JobChanges, JobColumns
from cantomeet.store.types import NewAttempt


def is_there(meeting_id: str | BindParameter[str]) -> list[ColumnElement[bool]]:
    """The meeting, unless it is being deleted."""
    return [col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None)]


# A statement that is made once is looked up in SQLAlchemy's cache in a fraction of the time.
_ONE = leases.meetings().where(*is_there(bindparam("meeting_id")))
_SHOWN_REVISION = select(col(Meeting.shown_revision)).where(*is_there(bindparam("meeting_id")))


def find(connection: Connection, *where: ColumnElement[bool]) -> Meeting | None:
    row = connection.execute(leases.meetings().where(*where)).first()
    return None if row is None else leases.meeting_of(row)


def require(connection: Connection, meeting_id: str) -> Meeting:
    """Raises `NotFound`, also for a meeting that is being deleted."""
    row = connection.execute(_ONE, {"meeting_id": meeting_id}).first()
    if row is None:
        raise missing(meeting_id)
    return leases.meeting_of(row)


def missing(meeting_id: str) -> NotFound:
    return NotFound(f"no meeting {meeting_id[:36]}")


def shown_revision(connection: Connection, meeting_id: str) -> int:
    """Of its transcript. Raises `NotFound`."""
    revision = connection.execute(_SHOWN_REVISION, {"meeting_id": meeting_id}).scalar_one_or_none()
    if revision is None:
        raise missing(meeting_id)
    return revision


def change(
    connection: Connection,
    now: datetime,
    where: Sequence[ColumnElement[bool]],
    job: Job | None = None,
    **columns: object,
) -> Meeting | None:
    """Change the meeting that `where` finds. Returns it with its next version, or None.

    `job`: the meeting's job, if this transaction has just written it.
    """
    changed = update(Meeting).where(*where).values(version=col(Meeting.version) + 1, updated_at=now, **columns)
    row = connection.execute(changed.returning(leases.MEETINGS)).mappings().first()
    if row is None:
        return None
    meeting = Meeting(**row)
    job = job or leases.find(connection, JobKind.MEETING, meeting.id)
    assert job is not None, "every meeting has a job"
    return meeting.with_job(job)


def change_one(
    connection: Connection, now: datetime, meeting_id: str, job: Job | None = None, **columns: object
) -> Meeting:
    """As `change`, for a meeting that is locked."""
    changed = change(connection, now, [col(Meeting.id) == meeting_id], job, **columns)
    assert changed is not None, "the transaction holds it"
    return changed


def touch(connection: Connection, now: datetime, meeting_id: str) -> Meeting:
    """Lock the meeting and raise its version. Call it first, so that edits of one meeting wait for each other. Raises
    `NotFound`.
    """
    changed = change(connection, now, is_there(meeting_id))
    if changed is None:
        raise missing(meeting_id)
    return changed


def hold(connection: Connection, meeting_id: str) -> Meeting:
    """The meeting, whose job is locked until the transaction ends. Raises `NotFound`."""
    leases.hold(connection, JobKind.MEETING, meeting_id)
    return require(connection, meeting_id)


def set_job(connection: Connection, now: datetime, meeting_id: str, **columns: Unpack[JobChanges]) -> Job:
    """Write a person's request to the job of a locked meeting."""
    job = leases.change(connection, now, leases.of(JobKind.MEETING, meeting_id), **columns)
    assert job is not None, "every meeting has a job"
    return job


def fenced(
    connection: Connection,
    now: datetime,
    meeting_id: str,
    run: int,
    job: JobColumns | None = None,
    *,
    held: bool = False,
    **columns: object,
) -> Meeting:
    """Write `job` to the meeting's job, then `columns` to the meeting. Raises `LeaseLost`.

    `held`: as for `leases.fenced`.
    """
    job_columns: JobColumns = {} if job is None else job
    own = leases.fenced(connection, now, JobKind.MEETING, meeting_id, run, held=held, **job_columns)
    where = [col(Meeting.id) == meeting_id]
    if "status" in columns:
        # The database enforces the table of transitions too, without reading the row first.
        allowed = [old for old, new in TRANSITIONS.items() if columns["status"] in new]
        where.append(col(Meeting.status).in_([*allowed, columns["status"]]))
    if "stage" in columns:
        columns["stage_since"] = now
    changed = change(connection, now, where, own, **columns)
    if changed is None:
        raise LeaseLost(meeting_id)
    return changed


def commit(
    connection: Connection,
    now: datetime,
    meeting_id: str,
    run: int,
    tried: NewAttempt | None,
    due_in: float | None,
    **columns: object,
) -> Meeting:
    """Write the outcome of a step and release the lease; next due in `due_in` seconds (None: never).

    Raises `LeaseLost`.
    """
    due = None if due_in is None else now + timedelta(seconds=due_in)
    job: JobColumns = {"tries": 0, "deaths": 0, **leases.released(due)}
    meeting = fenced(connection, now, meeting_id, run, job, held=False, **columns)
    if tried is not None:
        note(connection, now, meeting, tried, "done", next_run_at=due)
    return meeting


def note(
    connection: Connection,
    now: datetime,
    meeting: Meeting,
    tried: NewAttempt,
    outcome: str,
    *,
    code: ErrorCode | None = None,
    params: Mapping[str, object] | None = None,
    next_run_at: datetime | None = None,
) -> None:
    """Add a line to the timeline."""
    connection.execute(
        insert(Attempt).values(
            id=new_id(),
            meeting_id=meeting.id,
            run=meeting.job.run,
            step=tried.step,
            outcome=outcome,
            error_code=None if code is None else code.value,
            error_params=params or {},
            detail=tried.detail,
            provider_job_id=meeting.provider_job_id,
            started_at=tried.started_at,
            finished_at=now,
            next_run_at=next_run_at,
        )
    )
