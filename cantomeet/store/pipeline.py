"""What the pipeline does, every write fenced by `run`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlmodel import col

from cantomeet.errors import ErrorCode, LeaseLost
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import (
    Job,
    Meeting,
    PaidAnswer,
    RawTranscript,
    Segment,
    new_id,
)
from cantomeet.store import leases
from cantomeet.store.anchoring import anchor_anew
from cantomeet.store.base import delete_revisions, execute
from cantomeet.store.erasing import Erasing
from cantomeet.store.summaries import Summaries
from cantomeet.store.types import NewAttempt, NewSegment, NewSummary


class Pipeline(Summaries, Erasing):
    """Lease, steps, results, failures."""

    def take_lease(self, meeting_id: str, seconds: float) -> Meeting | None:
        """The meeting, its job under a new `run`; None where it is not due or somebody else has it.

        Where the holder before let the lease run out, `job.worker_died` is set and `job.deaths` has risen.
        """
        with self._write() as connection:
            now = self._clock(connection)
            if leases.take(connection, now, JobKind.MEETING, meeting_id, seconds) is None:
                return None
            return self._read_meeting(connection, col(Meeting.id) == meeting_id)

    def renew_lease(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """Keep the meeting for `seconds` more, showing `progress` where given. Raises `LeaseLost`."""
        with self._write() as connection:
            now = self._clock(connection)
            # A heartbeat that was under way when the step committed must not take the meeting again: nobody would have
            # it.
            until = now + timedelta(seconds=seconds)
            leases.fenced(connection, now, JobKind.MEETING, meeting_id, run, held=True, lease_until=until)
            if progress is not None:
                self._changed(connection, [col(Meeting.id) == meeting_id], progress=progress)

    def commit_step(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt | None = None,
        due_in: float | None = 0.0,
        **columns: Any,
    ) -> Meeting:
        """Save the outcome of a step, let go of the lease; next due in `due_in` seconds (None: never).

        Raises `LeaseLost`, having changed nothing.
        """
        with self._write() as connection:
            return self._commit(connection, meeting_id, run, tried=tried, due_in=due_in, **columns)

    def postpone(
        self,
        meeting_id: str,
        run: int,
        due_in: float,
        *,
        turn: str | None = None,
        tries: int | None = None,
        deaths: int | None = None,
        **columns: Any,
    ) -> Meeting:
        """Let go of the lease with nothing done that anybody would see; due again in `due_in` seconds.

        `turn`: the limit whose turn is reserved for then. `version` stays, so no page reads the meeting again for it.
        Raises `LeaseLost`, having changed nothing.
        """
        counts = {name: count for name, count in (("tries", tries), ("deaths", deaths)) if count is not None}
        with self._write() as connection:
            now = self._clock(connection)
            due = {**leases.let_go(now + timedelta(seconds=due_in)), **counts, "turn": turn}
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

    def commit_working(self, meeting_id: str, run: int, **columns: Any) -> Meeting:
        """Save something in the middle of a step and keep the lease. Raises `LeaseLost`."""
        with self._write() as connection:
            return self._fenced(connection, meeting_id, run, **columns)

    def commit_piece(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        tried: NewAttempt,
        due_in: float | None = 0.0,
        **columns: Any,
    ) -> Meeting:
        """`commit_step`, and the segments of a recognised piece after those already saved, in one transaction."""
        with self._write() as connection:
            meeting = self._commit(connection, meeting_id, run, tried=tried, due_in=due_in, **columns)
            self._append(connection, meeting, segments)
            return meeting

    def finish_transcript(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        replace: bool,
        tried: NewAttempt,
        let_go: bool = False,
        **columns: Any,
    ) -> Meeting:
        """Transcript, speakers and SUMMARIZING in one transaction; earlier revisions go. Raises `LeaseLost`.

        Where a person wants to name the speakers first, and there are any, nothing is due until `summarize`.
        `segments` follow those saved by `commit_piece`, or with `replace` are all there is. With `let_go` the
        provider's copy is to be deleted.
        """
        with self._write() as connection:
            meeting = self._commit(
                connection,
                meeting_id,
                run,
                tried=tried,
                due_in=0.0,
                status=MeetingStatus.SUMMARIZING,
                stage=Stage.TRANSCRIBED,
                progress=None,
                shown_revision=col(Meeting.revision),
                **columns,
            )
            if replace:
                delete_revisions(connection, meeting_id, only=meeting.revision)
            self._append(connection, meeting, segments)
            if delete_revisions(connection, meeting_id, keep=meeting.revision):
                # Items of summaries of the earlier revision point at lines that are gone.
                anchor_anew(connection, meeting_id, meeting.revision)
            if let_go:
                self._leave_behind(connection, meeting)
            if meeting.name_speakers_first and self._has_speakers(connection, meeting):
                return self._fenced(connection, meeting_id, run, job=leases.at_rest(JobState.WAITING_FOR_NAMES))
            return meeting

    def save_raw(self, meeting_id: str, run: int, provider: str, job_id: str, body: bytes) -> None:
        """Keep a provider's raw answer (gzip) before it is parsed. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._fenced(connection, meeting_id, run)
            connection.execute(
                insert(RawTranscript).values(
                    id=new_id(),
                    meeting_id=meeting_id,
                    revision=meeting.revision,
                    provider=provider,
                    provider_job_id=job_id,
                    body=body,
                    received_at=self._clock(connection),
                )
            )

    def raw_transcript(self, meeting_id: str, job_id: str | None = None) -> RawTranscript | None:
        """The newest raw answer (body gzip), of `job_id` where given."""
        where = [col(RawTranscript.meeting_id) == meeting_id]
        if job_id is not None:
            where.append(col(RawTranscript.provider_job_id) == job_id)
        statement = select(RawTranscript).where(*where).order_by(col(RawTranscript.received_at).desc())
        with self._read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else RawTranscript(**row)

    def finish_summary(self, meeting_id: str, run: int, new: NewSummary, *, tried: NewAttempt) -> Meeting:
        """The summary as the newest version, which is shown, and COMPLETED, in one transaction. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._commit(
                connection,
                meeting_id,
                run,
                tried=tried,
                due_in=None,
                status=MeetingStatus.COMPLETED,
                stage=Stage.SUMMARIZED,
                progress=None,
                summarizer_name=new.name,
                shown_summary=None,
                name_speakers_first=False,
            )
            warnings = self._add_summary(connection, meeting, new)
            return self._fenced(connection, meeting_id, run, warnings=warnings)

    def paid_answer(self, meeting_id: str, key: str) -> str | None:
        """What a language model has answered already."""
        with self._read() as connection:
            return connection.execute(
                select(col(PaidAnswer.value)).where(
                    col(PaidAnswer.meeting_id) == meeting_id, col(PaidAnswer.key) == key
                )
            ).scalar_one_or_none()

    def save_paid_answer(
        self, meeting_id: str, run: int, key: str, value: str, *, keep: bool = False, of_view: bool = False
    ) -> None:
        """Keep an answer, in place of what the key had. Raises `LeaseLost`, having changed nothing, but with `keep`
        for a meeting that is still there: what a cancel or a retry has overtaken is paid for all the same.

        `of_view`: `run` is that of the meeting's written view.
        """
        kind = JobKind.WRITTEN_VIEW if of_view else JobKind.MEETING
        if not self._put_answer(meeting_id, key, value, kind, col(Job.run) == run):
            if keep:
                self._put_answer(meeting_id, key, value, JobKind.MEETING)
            raise LeaseLost(meeting_id)

    def _put_answer(self, meeting_id: str, key: str, value: str, kind: JobKind, *where: ColumnElement[bool]) -> bool:
        with self._write() as connection:
            # Held, so that nobody takes the lease or deletes the meeting before this commits.
            if leases.hold(connection, kind, meeting_id, *where) is None:
                return False
            same = (col(PaidAnswer.meeting_id) == meeting_id, col(PaidAnswer.key) == key)
            if not execute(connection, update(PaidAnswer).where(*same).values(value=value)).rowcount:
                connection.execute(insert(PaidAnswer).values(meeting_id=meeting_id, key=key, value=value))
            return True

    def record_retry(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt,
        code: ErrorCode,
        params: dict[str, Any],
        delay: float,
        failures: int,
    ) -> Meeting:
        """A step failed for now, `failures` times in a row by now; it is due again in `delay` seconds.

        Raises `LeaseLost`, also where the step has committed its outcome: what came after that undoes nothing.
        """
        with self._write() as connection:
            due = self._clock(connection) + timedelta(seconds=delay)
            job = {"tries": failures, **leases.let_go(due)}
            meeting = self._fenced(connection, meeting_id, run, held=True, job=job)
            self._note(connection, meeting, tried, "retry", code=code, params=params, next_run_at=due)
            return meeting

    def record_death(self, meeting_id: str, run: int, *, tried: NewAttempt) -> None:
        """The holder of the lease before this one died: a line in the timeline. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._fenced(connection, meeting_id, run)
            self._note(connection, meeting, tried, "retry", code=ErrorCode.WORKER_DIED)

    def record_failure(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: NewAttempt,
        code: ErrorCode,
        params: dict[str, Any],
        reason: str,
        let_go: bool = False,
    ) -> Meeting:
        """FAILED; nothing more until a person acts. Raises `LeaseLost` as `record_retry` does.

        With `let_go` the provider's copy is to be deleted.
        """
        with self._write() as connection:
            meeting = self._fenced(
                connection,
                meeting_id,
                run,
                held=True,
                job=leases.at_rest(),
                status=MeetingStatus.FAILED,
                error_code=code.value,
                error_params=params,
                status_reason=reason,
                progress=None,
            )
            self._note(connection, meeting, tried, "failed", code=code, params=params)
            if let_go:
                self._leave_behind(connection, meeting)
            return meeting

    def purge(self, meeting_id: str, run: int, *, let_go: bool = False) -> None:
        """Remove a deleted meeting's row and all that hangs on it. Raises `LeaseLost`.

        The provider's copy is to be deleted where no transcript was made of it; with `let_go` in any case.
        """
        with self._write() as connection:
            meeting = self._fenced(connection, meeting_id, run)
            for kind in (JobKind.WRITTEN_VIEW, JobKind.MEETING):
                leases.remove(connection, kind, meeting_id)
            connection.execute(delete(Segment).where(col(Segment.meeting_id) == meeting_id))
            if let_go or meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
                self._leave_behind(connection, meeting)
            connection.execute(delete(Meeting).where(col(Meeting.id) == meeting_id))
            self._leave_traces(connection)

    def due_now(self, meeting_id: str) -> Meeting | None:
        """The meeting with its next step due now instead of later; None where nothing is due or a worker has it."""
        return self._due_now(col(Meeting.id) == meeting_id)

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
            wanted = select(col(Meeting.id)).where(*where, col(Meeting.deleted_at).is_(None))
            scheduled = (col(Job.state) == JobState.SCHEDULED, leases.is_free(now))
            theirs = [col(Job.kind) == JobKind.MEETING, col(Job.subject).in_(wanted), *scheduled]
            job = leases.change(connection, now, theirs, due_at=now, woken_until=None, turn=None)
            return None if job is None else self._read_meeting(connection, col(Meeting.id) == job.subject)
