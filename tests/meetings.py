"""Meetings in every state, made through the store as the pipeline makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import update
from sqlmodel import col

from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Job, Meeting
from cantomeet.store import Database, NewAttempt, NewItem, NewSegment, NewSummary
from cantomeet.stored_json import StoredWord
from tests.conftest import new_meeting

LINES = (("S1", "早晨，各位。"), ("S2", "Budget 下星期三之前交。"), (None, "好，散會。"))


def uploaded(store: Database, **columns: Any) -> Meeting:
    return store.meetings.create(new_meeting(**columns))[0]


def transcribing(store: Database, **columns: Any) -> Meeting:
    meeting = store.pipeline.take_lease(uploaded(store, **columns).id, 60)
    assert meeting is not None
    return store.pipeline.commit_working(meeting.id, meeting.job.run, status=MeetingStatus.TRANSCRIBING)


def failed(store: Database, code: ErrorCode = ErrorCode.PROVIDER_BUSY, **columns: Any) -> Meeting:
    meeting = transcribing(store, **columns)
    return store.pipeline.record_failure(
        meeting.id, meeting.job.run, tried=_tried(store), code=code, params={"provider": "Speechmatics"}, reason="太忙"
    )


def partly_recognised(store: Database, lines: Sequence[tuple[str | None, str]] = LINES, **columns: Any) -> Meeting:
    meeting = transcribing(store, **columns)
    return store.pipeline.commit_piece(meeting.id, meeting.job.run, segments(lines), tried=_tried(store))


def transcribed(store: Database, lines: Sequence[tuple[str | None, str]] = LINES, **columns: Any) -> Meeting:
    meeting = transcribing(store, **columns)
    return store.pipeline.finish_transcript(
        meeting.id, meeting.job.run, segments(lines), replace=False, tried=_tried(store)
    )


def completed(
    store: Database,
    lines: Sequence[tuple[str | None, str]] = LINES,
    items: Sequence[Mapping[str, Any]] = (),
    method: str = "extractive",
    **columns: Any,
) -> Meeting:
    return summarized(store, transcribed(store, lines, **columns).id, items, method)


def summarized(
    store: Database, meeting_id: str, items: Sequence[Mapping[str, Any]], method: str = "extractive"
) -> Meeting:
    """A SUMMARIZING meeting gets these items and is COMPLETED."""
    meeting = store.pipeline.take_lease(meeting_id, 60)
    assert meeting is not None
    made = [cast(NewItem, item) for item in items]
    summary = NewSummary(method, "zh-Hant-HK", made, title="例會紀要", name="逐字摘錄")
    return store.pipeline.finish_summary(meeting.id, meeting.job.run, summary, tried=_tried(store))


def segments(lines: Sequence[tuple[str | None, str]]) -> list[NewSegment]:
    """Lines of two seconds each: (speaker's label, text)."""

    def segment(begin: float, speaker: str | None, text: str) -> NewSegment:
        word: StoredWord = {"text": text, "start": begin, "end": begin + 1.5, "confidence": None}
        return NewSegment(begin, begin + 1.5, text, text, [word], speaker)

    return [segment(2.0 * n, speaker, text) for n, (speaker, text) in enumerate(lines)]


def set_columns(store: Database, meeting_id: str, **columns: Any) -> None:
    """Write columns that no method of the store lets a test choose."""
    with store.engine.begin() as connection:
        connection.execute(update(Meeting).where(col(Meeting.id) == meeting_id).values(**columns))


def key_of(meeting: Meeting) -> str:
    """The key that it was sent with; empty where nothing was sent."""
    return "" if meeting.submission is None else meeting.submission.key


def set_job(store: Database, meeting_id: str, **columns: Any) -> None:
    """The same for columns of the meeting's own job."""
    own = (col(Job.kind) == JobKind.MEETING, col(Job.subject) == meeting_id)
    with store.engine.begin() as connection:
        assert connection.execute(update(Job).where(*own).values(**columns)).rowcount == 1


def at_rest(meeting: Meeting, **job: Any) -> Meeting:
    """A meeting that no store has read, with such a job beside it."""
    own = {"kind": JobKind.MEETING, "subject": meeting.id, "state": JobState.ENDED, "updated_at": meeting.updated_at}
    return meeting.with_job(Job(**{**own, **job}))


def periodic_tasks_are_due(store: Database) -> None:
    """As after the seconds between two runs."""
    with store.engine.begin() as connection:
        periodic = col(Job.kind) == JobKind.PERIODIC
        connection.execute(
            update(Job).where(periodic).values(due_at=datetime(2000, 1, 1, tzinfo=UTC), woken_until=None)
        )


def index(store: Database) -> None:
    """Take every changed text into the search index, as workers do after a second."""
    while store.search.update_some(7):
        pass
    assert store.search.is_complete()


def index_job_is_due(store: Database, meeting_id: str) -> None:
    """As after the second that a change of a text waits for others."""
    own = (col(Job.kind) == JobKind.INDEX, col(Job.subject) == meeting_id)
    with store.engine.begin() as connection:
        connection.execute(update(Job).where(*own).values(due_at=datetime(2000, 1, 1, tzinfo=UTC)))


def _tried(store: Database) -> NewAttempt:
    return NewAttempt("recognise", store.now())
