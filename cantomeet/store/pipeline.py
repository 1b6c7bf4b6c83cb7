"""What the pipeline does, every write fenced by `run`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, insert, select, update
from sqlmodel import col

from cantomeet.errors import ErrorCode, LeaseLost
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import (
    Meeting,
    PaidAnswer,
    RawTranscript,
    Segment,
    WrittenView,
    new_id,
)
from cantomeet.store.anchoring import anchor_anew
from cantomeet.store.base import WAKE_GRACE, columns_of_meeting, delete_revisions, execute
from cantomeet.store.erasing import Erasing
from cantomeet.store.summaries import Summaries
from cantomeet.store.types import NewAttempt, NewSegment, NewSummary
from cantomeet.store.waking import is_due


class Pipeline(Summaries, Erasing):
    """Lease, steps, results, failures."""

    def take_lease(self, meeting_id: str, seconds: float) -> Meeting | None:
        """The meeting with its new `run`, or None where it is not due or somebody else has it.

        Where the holder before let the lease run out without a word, `death_count` has risen and `woken_until` is now.
        """
        with self._write() as connection:
            now = self._clock(connection)
            left = col(Meeting.lease_until).is_not(None)
            row = (
                connection.execute(
                    update(Meeting)
                    .where(col(Meeting.id) == meeting_id, *is_due(now))
                    .values(
                        run=col(Meeting.run) + 1,
                        lease_until=now + timedelta(seconds=seconds),
                        woken_until=case((left, now), else_=None),
                        wake_count=0,
                        death_count=case((left, col(Meeting.death_count) + 1), else_=col(Meeting.death_count)),
                    )
                    .returning(*columns_of_meeting())
                )
                .mappings()
                .first()
            )
        return None if row is None else Meeting(**row)

    def renew_lease(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """Keep the meeting for `seconds` more, showing `progress` where given. Raises `LeaseLost`."""
        with self._write() as connection:
            values: dict[str, Any] = {"lease_until": self._clock(connection) + timedelta(seconds=seconds)}
            shown = {} if progress is None else {"progress": progress}
            # A beat that was under way when the step committed must not take the meeting again: nobody would have it.
            where = [col(Meeting.id) == meeting_id, col(Meeting.run) == run, col(Meeting.lease_until).is_not(None)]
            if shown:
                changed = self._changed(connection, where, **values, **shown) is not None
            else:
                changed = bool(execute(connection, update(Meeting).where(*where).values(**values)).rowcount)
        if not changed:
            raise LeaseLost(meeting_id)

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

    def postpone(self, meeting_id: str, run: int, due_in: float, **columns: Any) -> Meeting:
        """Let go of the lease with nothing done that anybody would see; due again in `due_in` seconds.

        `version` stays, so no page reads the meeting again for it. Raises `LeaseLost`, having changed nothing.
        """
        with self._write() as connection:
            now = self._clock(connection)
            due = now + timedelta(seconds=due_in)
            row = (
                connection.execute(
                    update(Meeting)
                    .where(col(Meeting.id) == meeting_id, col(Meeting.run) == run)
                    .values(
                        lease_until=None,
                        next_run_at=due,
                        woken_until=due + timedelta(seconds=WAKE_GRACE),
                        updated_at=now,
                        **{"turn": None, **columns},
                    )
                    .returning(*columns_of_meeting())
                )
                .mappings()
                .first()
            )
        if row is None:
            raise LeaseLost(meeting_id)
        return Meeting(**row)

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
                return self._fenced(connection, meeting_id, run, next_run_at=None, woken_until=None)
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
        of_views = select(col(WrittenView.run)).where(
            col(WrittenView.meeting_id) == meeting_id, col(WrittenView.run) == run
        )
        held = self._put_answer(meeting_id, key, value, of_views.exists() if of_view else col(Meeting.run) == run)
        if not held:
            if keep:
                self._put_answer(meeting_id, key, value)
            raise LeaseLost(meeting_id)

    def _put_answer(self, meeting_id: str, key: str, value: str, *where: ColumnElement[bool]) -> bool:
        with self._write() as connection:
            # An update, so that nobody takes the lease or deletes the meeting before this commits.
            touched = update(Meeting).where(col(Meeting.id) == meeting_id, *where).values(run=col(Meeting.run))
            if not execute(connection, touched).rowcount:
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
            now = self._clock(connection)
            due = now + timedelta(seconds=delay)
            meeting = self._fenced(
                connection,
                meeting_id,
                run,
                held=True,
                attempt_count=failures,
                lease_until=None,
                next_run_at=due,
                woken_until=due + timedelta(seconds=WAKE_GRACE),
                turn=None,
            )
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
                status=MeetingStatus.FAILED,
                error_code=code.value,
                error_params=params,
                status_reason=reason,
                progress=None,
                lease_until=None,
                woken_until=None,
                next_run_at=None,
                turn=None,
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
            connection.execute(delete(Segment).where(col(Segment.meeting_id) == meeting_id))
            if let_go or meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
                self._leave_behind(connection, meeting)
            connection.execute(delete(Meeting).where(col(Meeting.id) == meeting_id))
            self._leave_traces(connection)
