"""The written-Chinese view of a meeting's transcript, a step at a time, beside the pipeline and like it.

It has a lease, a fencing number, tries and a count of deaths of its own, so it neither waits for the meeting nor holds
it up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from cantomeet.errors import CantoMeetError, ErrorCode, LeaseLost, NotFound, PermanentError
from cantomeet.models import Meeting, Segment, WrittenView
from cantomeet.store import LEASE_SECONDS, MeetingStore
from worker.lease import Lease
from worker.pipeline import MOST_DEATHS, as_transient, tries_of
from worker.providers import Rewriter, SummaryRequest, TranscriptLine, Unfinished
from worker.steps.paid_answers import PaidAnswers
from worker.toolbox import Toolbox

_log = logging.getLogger(__name__)


class ViewLease(Lease):
    """The view of a meeting that is ours."""

    def __init__(
        self, store: MeetingStore, meeting: Meeting, view: WrittenView, changed: Callable[[str], None]
    ) -> None:
        super().__init__(store, meeting, changed)
        self.view = view

    @property
    def run(self) -> int:
        return self.view.run

    def _renew(self, percent: int | None = None) -> None:
        asked_at = time.monotonic()
        self._store.renew_written(self.meeting.id, self.run, LEASE_SECONDS, percent)
        self._renewed_at = asked_at


def advance(tools: Toolbox, meeting_id: str) -> None:
    """Do the view's next step if it is due and nobody has it. A permanent failure is raised again."""
    view = tools.store.take_written(meeting_id, LEASE_SECONDS)
    if view is None:
        return
    try:
        meeting = tools.store.get(meeting_id)
    except NotFound:
        return
    lease = ViewLease(tools.store, meeting, view, lambda _: _publish(tools, meeting_id))
    try:
        _check_deaths(view)
        with lease.beating():
            _step(tools, lease)
    except LeaseLost:
        _log.info("%s: its written view was taken over by somebody else", meeting_id)
    except PermanentError as error:
        _fail(tools, lease, error)
        raise
    except Exception as error:
        # The edge of a job, as in the pipeline.
        transient = as_transient(error, tools.timeouts)
        failures = 1 if lease.progressed else view.attempt_count + 1
        if failures >= tries_of(tools, transient):
            _fail(tools, lease, transient)
            raise
        delay = tools.backoff.delay(failures - 1, transient.retry_after)
        _due(tools, lease, delay, failures=failures, code=transient.code)


def _check_deaths(view: WrittenView) -> None:
    """Raises `PermanentError` where too many workers before this one died at this step."""
    if view.death_count >= MOST_DEATHS:
        raise PermanentError(
            "the workers before this one ended without a word", code=ErrorCode.WORKER_DIED, times=view.death_count
        )


def _step(tools: Toolbox, lease: ViewLease) -> None:
    rewriter = _rewriter(tools)
    meeting, view = lease.meeting, lease.view
    segments = _to_rewrite(tools.store, meeting.id)
    paid = PaidAnswers(tools.store, lease, f"written{view.round}", of_view=True)
    request = SummaryRequest([_line(segment) for segment in segments], "zh-Hant-HK", cache=paid, may_ask=paid.may_ask)
    try:
        made = rewriter.rewrite(request, lease.show)
    except Unfinished as so_far:
        paid.pause(so_far.usage)
        _due(tools, lease, 0.0)
        return
    versions = {segment.id: segment.version for segment in segments}
    texts = {segment_id: (versions[segment_id], text) for segment_id, text in made.texts.items()}
    usage = asdict(paid.settled(made.usage))
    after = tools.store.finish_written(meeting.id, view.run, texts, name=rewriter.name, usage=usage)
    if after is not None:
        tools.publish(after.id, after.version)


def _rewriter(tools: Toolbox) -> Rewriter:
    if tools.rewriter is None:
        raise PermanentError("no language model", code=ErrorCode.WRITTEN_UNAVAILABLE, setting="OPENAI_MODEL")
    return tools.rewriter


def _to_rewrite(store: MeetingStore, meeting_id: str) -> Sequence[Segment]:
    """Lines that have no rewriting, or one of what they were before a correction."""
    written = store.written(meeting_id)
    segments = store.transcript(meeting_id).segments
    return [s for s in segments if s.text.strip() and (written is None or written.state_of(s) != "written")]


def _line(segment: Segment) -> TranscriptLine:
    # Without the speaker: a name that is given later would make another question of it.
    return TranscriptLine(segment.id, segment.start, segment.end, segment.text)


def _due(tools: Toolbox, lease: ViewLease, delay: float, *, failures: int = 0, code: ErrorCode | None = None) -> None:
    try:
        tools.store.go_on_with_written(lease.meeting.id, lease.run, delay, failures=failures, code=code)
    except LeaseLost:
        return
    tools.wake_written(lease.meeting.id, delay)


def _fail(tools: Toolbox, lease: ViewLease, error: CantoMeetError) -> None:
    try:
        after = tools.store.fail_written(lease.meeting.id, lease.run, error.code, error.params)
    except LeaseLost:
        return
    if after is not None:
        tools.publish(after.id, after.version)


def _publish(tools: Toolbox, meeting_id: str) -> None:
    version = tools.store.version(meeting_id)
    if version is not None:
        tools.publish(meeting_id, version)
