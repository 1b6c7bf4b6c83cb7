"""What whoever runs it asks of the store: the pause switch, what is remembered, counts, and filters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from cantomeet.errors import Conflict, ErrorCode, NotFound
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import MeetingFilter, count_by_error_code, find_meetings, list_meetings
from cantomeet.models import Job, Meeting
from cantomeet.store import Database
from tests import meetings


def at_once(what: Callable[[int], object], people: int = 4) -> None:
    """All of them at the same moment; an error of any of them is raised."""
    gate, errors = threading.Barrier(people), list[Exception]()

    def do(number: int) -> None:
        gate.wait()
        try:
            what(number)
        except Exception as error:  # of a thread: handed to the test, which looks at it
            errors.append(error)

    threads = [threading.Thread(target=do, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_many_who_pause_at_once_pause_it_once(store: Database) -> None:
    at_once(lambda _: store.switches.pause(True))
    since = store.switches.paused_since()
    assert since is not None
    store.switches.pause(True)
    assert store.switches.paused_since() == since
    at_once(lambda _: store.switches.pause(False))
    assert (store.switches.paused(), store.switches.paused_since()) == (False, None)


def test_pages_see_that_a_pause_begins_and_ends_and_whether_something_waits(store: Database) -> None:
    meeting = meetings.uploaded(store)
    before = (store.stamps.of_all(), store.stamps.of_one(meeting.id))
    assert store.switches.kept_waiting_since() is None
    store.switches.pause(True)
    paused = (store.stamps.of_all(), store.stamps.of_one(meeting.id))
    assert all(seen != was for seen, was in zip(paused, before, strict=True))
    assert store.switches.kept_waiting_since() == store.switches.paused_since()
    store.switches.pause(False)
    assert (store.stamps.of_all()[3], store.stamps.of_one(meeting.id)) == (None, before[1])
    store.switches.pause(True)
    store.meetings.mark_deleted(meeting.id)
    assert store.switches.kept_waiting_since() is None
    assert store.stamps.of_one(meeting.id) == (None, store.switches.paused_since())


def test_a_step_under_way_finishes_while_it_is_paused_and_the_next_waits(store: Database) -> None:
    meeting = meetings.transcribing(store)
    store.switches.pause(True)
    after = store.pipeline.commit_piece(
        meeting.id, meeting.job.run, meetings.segments(meetings.LINES), tried=meetings._tried(store)
    )
    assert store.transcripts.shown(after.id).segments != []
    assert store.pipeline.take_lease(after.id, 60) is None
    assert store.pipeline.due_now(after.id) is not None, "a person may ask for it; it waits all the same"
    assert store.pipeline.take_lease(after.id, 60) is None
    store.switches.pause(False)
    assert store.pipeline.take_lease(after.id, 60) is not None


def test_resuming_forgets_only_the_wake_ups_of_what_is_due(store: Database) -> None:
    due, later = meetings.uploaded(store), meetings.uploaded(store)
    meetings.index(store)
    in_a_while = store.now() + timedelta(minutes=5)
    meetings.set_job(store, due.id, woken_until=in_a_while, wake_count=5)
    meetings.set_job(store, later.id, woken_until=in_a_while, due_at=in_a_while)
    store.switches.pause(True)
    store.switches.pause(False)
    assert [woken.id for woken in store.jobs.wake_due()] == [due.id]
    assert store.meetings.get(later.id).job.woken_until == in_a_while


def test_resuming_wakes_a_written_view_that_was_woken_in_vain(store: Database) -> None:
    meeting = meetings.completed(store)
    meetings.index(store)
    store.written_views.ask(meeting.id)
    assert [job.kind for job in store.jobs.wake_due()] == [JobKind.WRITTEN_VIEW]
    store.switches.pause(True)
    assert store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60) is None
    store.switches.pause(False)
    assert [job.kind for job in store.jobs.wake_due()] == [JobKind.WRITTEN_VIEW]


def test_a_meeting_and_its_written_view_that_are_due_at_once_are_both_woken(store: Database) -> None:
    meeting = meetings.completed(store)
    store.written_views.ask(meeting.id)
    meetings.set_job(store, meeting.id, state=JobState.SCHEDULED, due_at=store.now(), woken_until=None)
    first, second = store.jobs.wake_due()
    assert isinstance(first, Meeting)
    assert isinstance(second, Job)
    assert (first.id, second.kind, second.subject) == (meeting.id, JobKind.WRITTEN_VIEW, meeting.id)


def test_many_who_remember_the_same_at_once_leave_one_of_theirs(store: Database) -> None:
    at_once(lambda number: store.key_values.put("check:llm", str(number)))
    assert store.key_values.find("check:llm") in set("0123")


def test_failures_are_counted_by_code_within_the_other_filters(store: Database) -> None:
    for title in ("甲", "甲", "乙"):
        meetings.failed(store, title=title)
    meetings.failed(store, ErrorCode.DISK_FULL, title="甲")
    meetings.completed(store, title="甲")
    assert list(count_by_error_code(store, MeetingFilter()).items()) == [("provider_busy", 3), ("disk_full", 1)]
    narrowed = MeetingFilter(q="甲", error_code=ErrorCode.DISK_FULL, statuses=frozenset({MeetingStatus.COMPLETED}))
    assert count_by_error_code(store, narrowed) == {"provider_busy": 2, "disk_full": 1}


def test_meetings_are_found_by_age_and_transcriber_the_oldest_first(store: Database) -> None:
    made = [meetings.uploaded(store, title=title) for title in ("新", "舊", "更舊")]
    for meeting, days in zip(made, (0, 3, 9), strict=True):
        created = store.now() - timedelta(days=days)
        meetings.set_columns(store, meeting.id, created_at=created, transcriber="whisper" if days else "speechmatics")
    old = MeetingFilter(older_than=timedelta(days=2))
    found, fitting = find_meetings(store, old, 1)
    assert ([meeting.title for meeting in found], fitting) == (["更舊"], 2)
    assert [row.meeting.title for row in list_meetings(store, old).items] == ["舊", "更舊"]
    by_whisper = find_meetings(store, MeetingFilter(transcriber="whisper"), 10)
    assert [meeting.title for meeting in by_whisper[0]] == ["更舊", "舊"]
    meetings.uploaded(store, title="未定")
    for name, title in (("whisper", "舊"), ("speechmatics", "新")):
        both = find_meetings(store, MeetingFilter(transcriber=name, next_transcriber=name, q=title), 10)
        undecided = find_meetings(store, MeetingFilter(transcriber=name, next_transcriber=name, q="未定"), 10)
        other = find_meetings(store, MeetingFilter(transcriber=name, next_transcriber="another", q="未定"), 10)
        assert (both[1] > 0, undecided[1], other[1]) == (True, 1, 0)
    assert [meeting.title for meeting in store.meetings.get_some([made[0].id, "not-there"])] == ["新"]


def test_a_deletion_is_for_the_version_that_was_seen(store: Database) -> None:
    meeting = meetings.failed(store)
    with pytest.raises(Conflict):
        store.meetings.mark_deleted(meeting.id, version=meeting.version - 1)
    assert store.meetings.get(meeting.id).job.run == meeting.job.run
    store.meetings.mark_deleted(meeting.id, version=meeting.version)
    with pytest.raises(NotFound):
        store.meetings.mark_deleted(meeting.id, version=meeting.version)
