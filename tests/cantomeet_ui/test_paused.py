"""Pages explain why meetings wait while the queue is paused, and report none of them as stuck."""

from __future__ import annotations

from datetime import timedelta

from cantomeet.access import LOCAL_OWNER
from cantomeet.bulk import Act
from cantomeet.errors import ErrorCode
from cantomeet.i18n import EN
from cantomeet.listing import find_meetings
from cantomeet.queries.admin import STUCK
from cantomeet.queries.lists import upload_page
from cantomeet.queries.meeting_page import Have
from cantomeet.store import Database, NewAttempt
from cantomeet_ui.presenters.meeting import MeetingHeadView
from cantomeet_ui.presenters.paused import paused_words
from cantomeet_ui.presenters.plans import result
from tests import meetings
from tests.showing import admin_shown, list_shown, meeting_shown, services_over


def head(store: Database, meeting_id: str) -> MeetingHeadView:
    return meeting_shown(store, meeting_id, Have(), EN).head


def on_upload_page(store: Database) -> str:
    found = upload_page(services_over(store), LOCAL_OWNER, [])
    return paused_words(found.kept_waiting_since, found.now, EN)


def test_a_pause_is_shown_if_something_waits_for_it(sqlite_store: Database) -> None:
    done = meetings.completed(sqlite_store)
    sqlite_store.switches.pause(True)
    assert (on_upload_page(sqlite_store), list_shown(sqlite_store, {}, EN).paused) == ("", "")
    waiting = meetings.uploaded(sqlite_store)
    assert "paused since" in list_shown(sqlite_store, {}, EN).paused
    assert "paused since" in head(sqlite_store, waiting.id).paused
    assert head(sqlite_store, done.id).paused == ""
    sqlite_store.switches.pause(False)
    assert (on_upload_page(sqlite_store), head(sqlite_store, waiting.id).paused) == ("", "")


def test_a_pause_is_shown_for_a_waiting_written_view_too(sqlite_store: Database) -> None:
    done = meetings.completed(sqlite_store)
    sqlite_store.written_views.ask(done.id)
    sqlite_store.switches.pause(True)
    assert "paused since" in head(sqlite_store, done.id).paused


def test_no_time_of_a_retry_is_shown_while_the_queue_is_paused(sqlite_store: Database) -> None:
    meeting = meetings.transcribing(sqlite_store)
    tried = NewAttempt("submit", sqlite_store.now())
    busy = {"tried": tried, "code": ErrorCode.PROVIDER_BUSY, "params": {}, "delay": 600.0, "failures": 1}
    sqlite_store.pipeline.record_retry(meeting.id, meeting.job.run, **busy)
    assert "tried again at" in head(sqlite_store, meeting.id).banner_text
    sqlite_store.switches.pause(True)
    assert head(sqlite_store, meeting.id).banner_text == ""


def test_a_meeting_that_waits_for_the_queue_is_not_stuck(sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    long_ago = sqlite_store.now() - timedelta(hours=3)
    meetings.set_job(sqlite_store, meeting.id, due_at=long_ago)
    meetings.set_columns(sqlite_store, meeting.id, updated_at=long_ago)
    sqlite_store.switches.pause(False)  # it was not paused, so this counts as no update
    assert [row.id for row in admin_shown(sqlite_store, {}, EN).stuck] == [meeting.id]
    assert find_meetings(sqlite_store, STUCK, 9)[1] == 1
    sqlite_store.switches.pause(True)
    assert admin_shown(sqlite_store, {}, EN).stuck == []
    assert find_meetings(sqlite_store, STUCK, 9)[1] == 0
    sqlite_store.switches.pause(False)
    assert find_meetings(sqlite_store, STUCK, 9)[1] == 0, "a worker has had no time yet"


def test_a_retry_during_a_pause_says_that_meetings_begin_later() -> None:
    for act in (Act.RUN_NOW, Act.RETRY):
        assert result(act, 2, {}, EN, paused=True) == "2 meetings begin once the queue, which is paused, goes on."
    assert result(Act.RUN_NOW, 0, {}, EN, paused=True) == result(Act.RUN_NOW, 0, {}, EN)
    assert result(Act.DELETE, 2, {}, EN, paused=True) == result(Act.DELETE, 2, {}, EN)
