"""A meeting's own job: short steps from the recording to the summary, or its deletion."""

from __future__ import annotations

from functools import partial

from cantomeet.errors import ErrorCode, StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting
from cantomeet.reasons import reason_text
from cantomeet.store import LEASE_SECONDS, NewAttempt
from worker import steps
from worker.engine import After, Work, delay_of
from worker.engine import advance as advance_job
from worker.lease import MeetingLease
from worker.toolbox import Toolbox
from worker.turns import Snooze

KIND = JobKind.MEETING


class MeetingWork(Work):
    """Records every outcome in the meeting's timeline and notifies the pages that show it."""

    def __init__(self, tools: Toolbox, meeting: Meeting) -> None:
        renew = partial(tools.store.pipeline.renew_lease, meeting.id, meeting.job.run)
        self._lease = MeetingLease(meeting, meeting.job, renew, lambda: publish(tools, meeting.id))
        super().__init__(tools, self._lease)
        self.meeting = meeting
        self._tried = NewAttempt(step=steps.name_of(meeting), started_at=tools.store.now())
        # A deletion is tried for ever.
        self.gives_up = meeting.deleted_at is None

    @property
    def name(self) -> str:
        return self._tried.step

    def step(self) -> After:
        return steps.take(self.tools, self._lease, self._tried)

    def snooze(self, snooze: Snooze) -> After:
        return self.tools.store.pipeline.postpone(
            self.meeting.id,
            self.job.run,
            snooze.seconds,
            turn=snooze.turn,
            tries=snooze.tries,
            deaths=snooze.deaths,
            **snooze.columns,
        )

    def retry(self, error: TransientError, failures: int) -> After:
        return self.tools.store.pipeline.record_retry(
            self.meeting.id,
            self.job.run,
            tried=self._ended_by(error),
            code=error.code,
            params=error.params,
            delay=self.tools.backoff.delay(failures - 1, error.retry_after),
            failures=failures,
        )

    def fail(self, error: StepError) -> None:
        meeting = self.meeting
        reason = reason_text(error.code, error.params, self.tools.language, audio_removed=meeting.audio_removed)
        # A rejected job has no result to fetch. Other jobs are kept: a retry may still fetch them at no cost.
        useless = error.code is ErrorCode.PROVIDER_REJECTED and meeting.stage == Stage.SUBMITTED
        failed = self.tools.store.pipeline.record_failure(
            meeting.id,
            self.job.run,
            tried=self._ended_by(error),
            code=error.code,
            params=error.params,
            reason=reason,
            delete_copy=useless and self.tools.delete_at_provider,
        )
        self.tools.publish(failed.id, failed.version)

    def record_worker_death(self) -> None:
        self.tools.store.pipeline.record_death(self.meeting.id, self.job.run, tried=self._tried)

    def go_on(self, after: After) -> None:
        if not isinstance(after, Meeting):
            return
        if after.version != self.meeting.version:
            self.tools.publish(after.id, after.version)
        if after.job.due_at is not None:
            self.tools.wake(after, delay_of(after.job))

    def _ended_by(self, error: StepError) -> NewAttempt:
        return NewAttempt(self._tried.step, self._tried.started_at, error.detail)


def take(tools: Toolbox, meeting_id: str) -> MeetingWork | None:
    meeting = tools.store.pipeline.take_lease(meeting_id, LEASE_SECONDS)
    return None if meeting is None else MeetingWork(tools, meeting)


def advance(tools: Toolbox, meeting_id: str) -> None:
    """Run the meeting's next step, as `worker.engine.advance` does."""
    advance_job(take, tools, meeting_id)


def publish(tools: Toolbox, meeting_id: str) -> None:
    """Notify pages that the meeting has changed, if it still exists."""
    version = tools.store.stamps.version(meeting_id)
    if version is not None:
        tools.publish(meeting_id, version)
