"""Transactions, the fence, and what every write has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, delete, exists, insert, select, update
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.database import database_now
from cantomeet.errors import ErrorCode, LeaseLost, NotFound
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import TRANSITIONS
from cantomeet.models import (
    Attempt,
    Job,
    Meeting,
    ProviderLeftover,
    Segment,
    Speaker,
    new_id,
)
from cantomeet.store import leases
from cantomeet.store.types import NewAttempt, NewSegment


class Base:
    """A database and its clock; one `with` block is one transaction."""

    def __init__(self, engine: Engine, clock: Callable[[Connection], datetime] = database_now) -> None:
        self.engine = engine
        self._clock = clock
        self._readers = engine.execution_options(readonly=True)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._readers.begin() as connection:
            yield connection

    def now(self) -> datetime:
        """The database's clock."""
        with self._read() as connection:
            return self._clock(connection)

    def _require(self, connection: Connection, meeting_id: str) -> Meeting:
        found = self._read_meeting(connection, col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
        if found is None:
            raise NotFound(f"no meeting {meeting_id[:36]}")
        return found

    def _read_meeting(self, connection: Connection, *where: Any) -> Meeting | None:
        row = connection.execute(leases.meetings().where(*where)).mappings().first()
        return None if row is None else leases.meeting_of(row)

    def _changed(
        self, connection: Connection, where: Sequence[Any], job: Job | None = None, **columns: Any
    ) -> Meeting | None:
        """`job`: the meeting's, where this transaction has just written it."""
        row = (
            connection.execute(
                update(Meeting)
                .where(*where)
                .values(version=col(Meeting.version) + 1, updated_at=self._clock(connection), **columns)
                .returning(leases.MEETINGS)
            )
            .mappings()
            .first()
        )
        if row is None:
            return None
        meeting = Meeting(**row)
        job = job or leases.find(connection, JobKind.MEETING, meeting.id)
        assert job is not None, "every meeting has a job"
        return meeting.with_job(job)

    def _hold(self, connection: Connection, meeting_id: str) -> Meeting:
        """The meeting, whose job nobody else changes before this transaction ends. Raises `NotFound`."""
        leases.hold(connection, JobKind.MEETING, meeting_id)
        return self._require(connection, meeting_id)

    def _set_job(self, connection: Connection, meeting_id: str, **columns: Any) -> Job:
        """Write a person's wish to the job of a meeting that is held."""
        mine = leases.of(JobKind.MEETING, meeting_id)
        job = leases.change(connection, self._clock(connection), mine, **columns)
        assert job is not None, "every meeting has a job"
        return job

    def _fenced(
        self,
        connection: Connection,
        meeting_id: str,
        run: int,
        *,
        held: bool = False,
        job: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> Meeting:
        """Write `job` to the meeting's job, then `columns` to the meeting. `held`: as for `leases.fenced`."""
        now = self._clock(connection)
        own = leases.fenced(connection, now, JobKind.MEETING, meeting_id, run, held=held, **(job or {}))
        where = [col(Meeting.id) == meeting_id]
        if "status" in columns:
            # The table of transitions holds in the database too, without reading the row first.
            allowed = [old for old, new in TRANSITIONS.items() if columns["status"] in new]
            where.append(col(Meeting.status).in_([*allowed, columns["status"]]))
        if "stage" in columns:
            columns["stage_since"] = now
        changed = self._changed(connection, where, own, **columns)
        if changed is None:
            raise LeaseLost(meeting_id)
        return changed

    def _commit(
        self,
        connection: Connection,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt | None,
        due_in: float | None,
        **columns: Any,
    ) -> Meeting:
        due = None if due_in is None else self._clock(connection) + timedelta(seconds=due_in)
        job = {"tries": 0, "deaths": 0, **leases.let_go(due)}
        meeting = self._fenced(connection, meeting_id, run, job=job, **columns)
        if tried is not None:
            self._note(connection, meeting, tried, "done", next_run_at=due)
        return meeting

    def _note(
        self,
        connection: Connection,
        meeting: Meeting,
        tried: NewAttempt,
        outcome: str,
        *,
        code: ErrorCode | None = None,
        params: dict[str, Any] | None = None,
        next_run_at: datetime | None = None,
    ) -> None:
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
                finished_at=self._clock(connection),
                next_run_at=next_run_at,
            )
        )

    def _append(self, connection: Connection, meeting: Meeting, segments: Sequence[NewSegment]) -> None:
        if not segments:
            return
        speakers = self._speakers(connection, meeting, {s.speaker for s in segments if s.speaker})
        first = connection.execute(
            select(sql.coalesce(sql.max(Segment.position) + 1, 0)).where(
                col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.revision
            )
        ).scalar_one()
        rows = [
            {
                "id": new_id(),
                "meeting_id": meeting.id,
                "revision": meeting.revision,
                "position": first + offset,
                "start": segment.start,
                "end": segment.end,
                "speaker_id": speakers.get(segment.speaker) if segment.speaker else None,
                "original_text": segment.original_text,
                "text": segment.text,
                "words": segment.words,
                "unclear": segment.unclear,
                "version": 1,
            }
            for offset, segment in enumerate(segments)
        ]
        connection.execute(insert(Segment), rows)

    def _speakers(self, connection: Connection, meeting: Meeting, labels: set[str]) -> dict[str, str]:
        known = {
            row.label: row.id
            for row in connection.execute(
                select(col(Speaker.label), col(Speaker.id)).where(
                    col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.revision
                )
            )
        }
        for label in sorted(labels - known.keys()):
            known[label] = new_id()
            connection.execute(
                insert(Speaker).values(id=known[label], meeting_id=meeting.id, revision=meeting.revision, label=label)
            )
        return known

    def _has_speakers(self, connection: Connection, meeting: Meeting) -> bool:
        """Whether the shown transcript has speakers that somebody could name."""
        of_shown = (col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.shown_revision)
        return bool(connection.execute(select(exists().where(*of_shown))).scalar_one())

    def _leave_behind(self, connection: Connection, meeting: Meeting) -> None:
        """Have the provider's copy deleted, where the provider may have one."""
        if meeting.provider_job_id is None and meeting.submission is None:
            return
        now, leftover_id = self._clock(connection), new_id()
        connection.execute(
            insert(ProviderLeftover).values(
                id=leftover_id,
                provider=meeting.transcriber,
                provider_job_id=meeting.provider_job_id,
                submit_key=None if meeting.submission is None else meeting.submission.key,
                sent_after=meeting.stage_since if meeting.provider_job_id is None else None,
                looks=0,
                created_at=now,
            )
        )
        leases.add(connection, now, JobKind.LEFTOVER, leftover_id)


def execute(connection: Connection, statement: Any) -> CursorResult[Any]:
    result: CursorResult[Any] = connection.execute(statement)
    return result


def delete_revisions(
    connection: Connection, meeting_id: str, *, keep: int | None = None, only: int | None = None
) -> int:
    """Delete the segments and speakers of all revisions but `keep`, or of `only`; how many segments went."""
    gone = 0
    for table in (Segment, Speaker):
        wrong = col(table.revision) != keep if only is None else col(table.revision) == only
        removed = execute(connection, delete(table).where(col(table.meeting_id) == meeting_id, wrong)).rowcount
        gone += removed if table is Segment else 0
    return gone
