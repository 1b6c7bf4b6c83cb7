"""Rewrites a meeting's transcript in written Chinese, independently of the meeting's own job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from cantomeet.errors import ErrorCode, NotFound, PermanentError, StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.models import Job, Meeting, Segment, WrittenView
from cantomeet.store import LEASE_SECONDS, Database
from worker.engine import After, Work
from worker.engine import advance as advance_job
from worker.kinds.meeting import publish
from worker.lease import MeetingLease
from worker.providers import Rewriter, SummaryRequest, TranscriptLine, Unfinished
from worker.steps.paid_answers import PaidAnswers, stored_usage
from worker.toolbox import Toolbox

KIND = JobKind.WRITTEN_VIEW


class WrittenViewWork(Work):
    """Rewrites some lines in each step, and saves the view once all lines are there."""

    def __init__(self, tools: Toolbox, meeting: Meeting, view: WrittenView, job: Job) -> None:
        renew = partial(tools.store.written_views.renew, meeting.id, job.run)
        self._lease = MeetingLease(meeting, job, renew, lambda: publish(tools, meeting.id))
        super().__init__(tools, self._lease)
        self._view = view

    def step(self) -> After:
        tools, meeting = self.tools, self._lease.meeting
        rewriter = _rewriter(tools)
        segments = _to_rewrite(tools.store, meeting.id)
        paid = PaidAnswers(tools.store, self._lease, f"written{self._view.round}", of_view=True)
        request = SummaryRequest(
            [_line(segment) for segment in segments], "zh-Hant-HK", cache=paid, may_ask=paid.may_ask
        )
        try:
            made = rewriter.rewrite(request, self._lease.show)
        except Unfinished as so_far:
            paid.pause(so_far.usage)
            return tools.store.written_views.go_on(meeting.id, self.job.run, 0.0)
        versions = {segment.id: segment.version for segment in segments}
        texts = {segment_id: (versions[segment_id], text) for segment_id, text in made.texts.items()}
        usage = stored_usage(paid.settled(made.usage))
        after = tools.store.written_views.finish(meeting.id, self.job.run, texts, name=rewriter.name, usage=usage)
        if after is not None:
            tools.publish(after.id, after.version)
        return None

    def retry(self, error: TransientError, failures: int) -> After:
        delay = self.tools.backoff.delay(failures - 1, error.retry_after)
        return self.tools.store.written_views.go_on(
            self.job.subject, self.job.run, delay, failures=failures, code=error.code
        )

    def fail(self, error: StepError) -> None:
        after = self.tools.store.written_views.fail(self.job.subject, self.job.run, error.code, error.params)
        if after is not None:
            self.tools.publish(after.id, after.version)


def take(tools: Toolbox, meeting_id: str) -> WrittenViewWork | None:
    job = tools.store.jobs.take(KIND, meeting_id, LEASE_SECONDS)
    if job is None:
        return None
    try:
        meeting = tools.store.meetings.get(meeting_id)
    except NotFound:
        return None  # the meeting is being deleted
    written = tools.store.written_views.find(meeting_id)
    return None if written is None else WrittenViewWork(tools, meeting, written.view, job)


def advance(tools: Toolbox, meeting_id: str) -> None:
    """Run the view's next step, as `worker.engine.advance` does."""
    advance_job(take, tools, meeting_id)


def _rewriter(tools: Toolbox) -> Rewriter:
    if tools.rewriter is None:
        raise PermanentError("no language model", code=ErrorCode.WRITTEN_UNAVAILABLE, setting="OPENAI_MODEL")
    return tools.rewriter


def _to_rewrite(store: Database, meeting_id: str) -> Sequence[Segment]:
    """Segments without a rewriting, or with one that predates a correction."""
    written = store.written_views.find(meeting_id)
    segments = store.transcripts.shown(meeting_id).segments
    return [s for s in segments if s.text.strip() and (written is None or written.state_of(s) != "written")]


def _line(segment: Segment) -> TranscriptLine:
    # Without the speaker: naming one later would change the request, and the paid answer could not be reused.
    return TranscriptLine(segment.id, segment.start, segment.end, segment.text)
