"""The writes of the pipeline, each fenced by `run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Unpack

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job, Meeting, Segment
from cantomeet.store import leases, lines, meeting_rows, search_rows
from cantomeet.store.anchoring import move_evidence
from cantomeet.store.connections import Aggregate
from cantomeet.store.erasing import leave_traces
from cantomeet.store.leftovers import leave_behind
from cantomeet.store.summaries import add_summary
from cantomeet.store.types import NewAttempt, NewSegment, NewSummary, StepColumns


class Pipeline(Aggregate):
    """Lease, steps, results and failures of a meeting. `columns` are further columns of the meeting to save."""

    def take_lease(self, meeting_id: str, seconds: float) -> Meeting | None:
        """Take the lease: the meeting with its job under a new `run`. None if it is not due or another worker has it.

        If the previous holder let the lease run out, `job.worker_died` is set and `job.deaths` has risen.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            if leases.take(connection, now, JobKind.MEETING, meeting_id, seconds) is None:
                return None
            return meeting_rows.find(connection, col(Meeting.id) == meeting_id)

    def renew_lease(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """Renew the lease for `seconds`, and save `progress` (0-100) if it is given. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            # A heartbeat that runs while the step commits must not renew the ended lease: no worker would have it.
            until = now + timedelta(seconds=seconds)
            leases.fenced(connection, now, JobKind.MEETING, meeting_id, run, held=True, lease_until=until)
            if progress is not None:
                meeting_rows.change(connection, now, [col(Meeting.id) == meeting_id], progress=progress)

    def commit_step(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt | None = None,
        due_in: float | None = 0.0,
        **columns: Unpack[StepColumns],
    ) -> Meeting:
        """Save the outcome of a step and release the lease; next due in `due_in` seconds (None: never).

        Raises `LeaseLost`, having changed nothing.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            return meeting_rows.commit(connection, now, meeting_id, run, tried, due_in, **columns)

    def postpone(
        self,
        meeting_id: str,
        run: int,
        due_in: float,
        *,
        turn: str | None = None,
        tries: int | None = None,
        deaths: int | None = None,
        **columns: Unpack[StepColumns],
    ) -> Meeting:
        """Release the lease without a visible change; due again in `due_in` seconds.

        `turn`: the limit whose turn is reserved for then. `version` stays, so no page reads the meeting again for it.
        Raises `LeaseLost`, having changed nothing.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            due: leases.JobColumns = {**leases.released(now + timedelta(seconds=due_in)), "turn": turn}
            if tries is not None:
                due["tries"] = tries
            if deaths is not None:
                due["deaths"] = deaths
            job = leases.fenced(connection, now, JobKind.MEETING, meeting_id, run, **due)
            row = (
                connection.execute(
                    update(Meeting)
                    .where(col(Meeting.id) == meeting_id)
                    .values(updated_at=now, **columns)
                    .returning(leases.MEETINGS)
                )
                .mappings()
                .one()
            )
            return Meeting(**row).with_job(job)

    def commit_working(self, meeting_id: str, run: int, **columns: Unpack[StepColumns]) -> Meeting:
        """Save something in the middle of a step and keep the lease. Raises `LeaseLost`."""
        with self._db.write() as connection:
            return meeting_rows.fenced(connection, self._db.now(connection), meeting_id, run, **columns)

    def commit_piece(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        tried: NewAttempt,
        **columns: Unpack[StepColumns],
    ) -> Meeting:
        """`commit_step`, and the segments of a recognised piece after those already saved, in one transaction."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.commit(connection, now, meeting_id, run, tried, 0.0, **columns)
            lines.append(connection, meeting, segments)
            search_rows.schedule(connection, now, meeting_id)
            return meeting

    def finish_transcript(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        replace: bool,
        tried: NewAttempt,
        delete_copy: bool = False,
        **columns: Unpack[StepColumns],
    ) -> Meeting:
        """Save transcript, speakers and SUMMARIZING in one transaction, and delete earlier revisions. Raises
        `LeaseLost`.

        If a person wants to name the speakers first, and there are any, nothing is due until `Meetings.summarize`.
        `segments` follow those saved by `commit_piece`, or with `replace` are all of them. With `delete_copy` the
        provider's copy is to be deleted.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            ended: StepColumns = {"status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED, "progress": None}
            shown = col(Meeting.revision)
            meeting = meeting_rows.commit(
                connection, now, meeting_id, run, tried, 0.0, shown_revision=shown, **{**columns, **ended}
            )
            if replace:
                lines.delete_revisions(connection, meeting_id, only=meeting.revision)
            lines.append(connection, meeting, segments)
            if lines.delete_revisions(connection, meeting_id, keep=meeting.revision):
                # Items of earlier summaries cite lines that no longer exist.
                move_evidence(connection, meeting_id, meeting.revision)
            if delete_copy:
                leave_behind(connection, now, meeting)
            if meeting.name_speakers_first and lines.has_speakers(connection, meeting):
                rest = leases.at_rest(JobState.WAITING_FOR_NAMES)
                meeting = meeting_rows.fenced(connection, now, meeting_id, run, rest)
            search_rows.schedule(connection, now, meeting_id)
            return meeting

    def finish_summary(self, meeting_id: str, run: int, new: NewSummary, *, tried: NewAttempt) -> Meeting:
        """Save the summary as the newest version, which is shown, and COMPLETED, in one transaction. Raises
        `LeaseLost`.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.commit(
                connection,
                now,
                meeting_id,
                run,
                tried,
                None,
                status=MeetingStatus.COMPLETED,
                stage=Stage.SUMMARIZED,
                progress=None,
                summarizer_name=new.name,
                shown_summary=None,
                name_speakers_first=False,
            )
            warnings = add_summary(connection, now, meeting, new)
            summarized = meeting_rows.fenced(connection, now, meeting_id, run, warnings=warnings)
            search_rows.schedule(connection, now, meeting_id)
            return summarized

    def record_retry(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt,
        code: ErrorCode,
        params: Mapping[str, object],
        delay: float,
        failures: int,
    ) -> Meeting:
        """Record a failure that is retried in `delay` seconds; `failures` counts the consecutive ones.

        Raises `LeaseLost`, also if the step has committed its outcome: a later error undoes nothing.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            due = now + timedelta(seconds=delay)
            job: leases.JobColumns = {"tries": failures, **leases.released(due)}
            meeting = meeting_rows.fenced(connection, now, meeting_id, run, job, held=True)
            meeting_rows.note(connection, now, meeting, tried, "retry", code=code, params=params, next_run_at=due)
            return meeting

    def record_death(self, meeting_id: str, run: int, *, tried: NewAttempt) -> None:
        """Record in the timeline that the previous holder of the lease died. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.fenced(connection, now, meeting_id, run)
            meeting_rows.note(connection, now, meeting, tried, "retry", code=ErrorCode.WORKER_DIED)

    def record_failure(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt,
        code: ErrorCode,
        params: Mapping[str, object],
        reason: str,
        delete_copy: bool = False,
    ) -> Meeting:
        """Save FAILED: nothing more happens until a person acts. Raises `LeaseLost` as `record_retry` does.

        With `delete_copy` the provider's copy is to be deleted.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.fenced(
                connection,
                now,
                meeting_id,
                run,
                leases.at_rest(),
                held=True,
                status=MeetingStatus.FAILED,
                error_code=code.value,
                error_params=params,
                status_reason=reason,
                progress=None,
            )
            meeting_rows.note(connection, now, meeting, tried, "failed", code=code, params=params)
            if delete_copy:
                leave_behind(connection, now, meeting)
            return meeting

    def purge(self, meeting_id: str, run: int, *, delete_copy: bool = False) -> None:
        """Delete the row of a deleted meeting and all that belongs to it. Raises `LeaseLost`.

        The provider's copy is to be deleted if no transcript was made of it; with `delete_copy` in any case.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.fenced(connection, now, meeting_id, run)
            for kind in (JobKind.WRITTEN_VIEW, JobKind.MEETING, JobKind.INDEX):
                leases.remove(connection, kind, meeting_id)
            search_rows.remove(connection, meeting_id)
            connection.execute(delete(Segment).where(col(Segment.meeting_id) == meeting_id))
            if delete_copy or meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
                leave_behind(connection, now, meeting)
            connection.execute(delete(Meeting).where(col(Meeting.id) == meeting_id))
            leave_traces(connection)

    def due_now(self, meeting_id: str) -> Meeting | None:
        """Make the meeting's next step due now. None if nothing is due or a worker has it."""
        return self._due_now(col(Meeting.id) == meeting_id)

    def due_now_by_job(self, provider_job_id: str) -> Meeting | None:
        """Make the meeting due now that waits for this provider's job. None if none waits or a worker has it."""
        return self._due_now(
            col(Meeting.provider_job_id) == provider_job_id,
            col(Meeting.status) == MeetingStatus.TRANSCRIBING,
            col(Meeting.stage) == Stage.SUBMITTED,
        )

    def _due_now(self, *where: ColumnElement[bool]) -> Meeting | None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            wanted = select(col(Meeting.id)).where(*where, col(Meeting.deleted_at).is_(None))
            scheduled = (col(Job.state) == JobState.SCHEDULED, leases.is_free(now))
            theirs = [col(Job.kind) == JobKind.MEETING, col(Job.subject).in_(wanted), *scheduled]
            job = leases.change(connection, now, theirs, due_at=now, woken_until=None, turn=None)
            return None if job is None else meeting_rows.find(connection, col(Meeting.id) == job.subject)
