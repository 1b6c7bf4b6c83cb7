"""No statement of a list, a page or the engine reads a table that grows from end to end, on either database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from cantomeet.access import LOCAL_OWNER
from cantomeet.actions import ActionFilter, list_actions, owners
from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import (
    SORTS,
    FailureCause,
    MeetingFilter,
    Sort,
    count_by_cause,
    count_by_error_code,
    count_by_status,
    find_meetings,
    list_meetings,
    matching_ids,
    newest_by_cause,
)
from cantomeet.store import Database
from cantomeet_ui.api.health import Checks
from tests import meetings
from tests.cantomeet.queries import test_snapshots as every
from tests.plans import plans, read_whole
from tests.showing import services_over

SHOWN_BY = {"sqlite": "USE TEMP B-TREE FOR ORDER BY", "postgresql": r"\bSort\b"}
"""How a plan shows that rows are sorted."""
ITEM = {"kind": "action_item", "text": "交 budget", "evidence": []}
DAY = date(2026, 11, 28)
FILTERS: dict[str, dict[str, Any]] = {
    "status": {"statuses": frozenset({MeetingStatus.FAILED, MeetingStatus.UPLOADED})},
    "text": {"q": "budget"},
    "phrase": {"q": "交 budget"},
    "from": {"date_from": DAY},
    "to": {"date_to": DAY},
    "error code": {"error_code": ErrorCode.PROVIDER_BUSY},
    "cause": {"cause": FailureCause("provider_busy", "Speechmatics")},
    "stuck": {"stuck_for": timedelta(minutes=20)},
    "waits for names": {"waiting_for": "names"},
    "transcriber": {"transcriber": "whisper", "next_transcriber": "whisper"},
    "age": {"older_than": timedelta(days=7)},
    "owner": {"owner_id": "somebody"},
}


@pytest.fixture
def filled(store: Database) -> Database:
    meetings.completed(store, items=[ITEM])
    meetings.failed(store)
    meetings.uploaded(store)
    meetings.index(store)
    return store


def list_reads(store: Database, wanted: MeetingFilter) -> Callable[[], object]:
    """Everything that is asked about a list."""

    def read() -> None:
        page = list_meetings(store, wanted)
        count_by_status(store, wanted)
        count_by_error_code(store, wanted)
        find_meetings(store, wanted, 10)
        matching_ids(store, wanted, [item.meeting.id for item in page.items] or ["x"])

    return read


def test_a_table_that_is_read_from_end_to_end_is_noticed(filled: Database) -> None:
    """The hourly look for recordings that no meeting needs does that, and may."""
    assert read_whole(filled, filled.retention.recording_keys).keys() == {"meeting"}


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_a_list_alone_and_beside_another(filled: Database, name: str) -> None:
    for other in FILTERS:
        wanted = MeetingFilter(**{**FILTERS[name], **FILTERS[other]})
        assert read_whole(filled, list_reads(filled, wanted)) == {}, other


def test_a_text_is_looked_for_while_the_search_index_is_behind(filled: Database) -> None:
    meetings.completed(filled, items=[ITEM])
    assert not filled.search.is_complete()
    for other in FILTERS.values():
        wanted = MeetingFilter(**{**FILTERS["text"], **other})
        assert read_whole(filled, list_reads(filled, wanted)) == {}, other


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_of_a_list_and_its_next_page(filled: Database, sort: Sort) -> None:
    first = list_meetings(filled, MeetingFilter(sort=sort, limit=1))
    for cursor in (None, first.next_cursor):
        assert read_whole(filled, list_reads(filled, MeetingFilter(sort=sort, cursor=cursor))) == {}


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
def test_a_page_in_order_of_creation_is_not_sorted(filled: Database, sort: Sort) -> None:
    for wanted in (MeetingFilter(sort=sort), MeetingFilter(sort=sort, **FILTERS["status"])):
        first, *_ = plans(filled, lambda wanted=wanted: list_meetings(filled, wanted))
        assert not re.search(SHOWN_BY[filled.engine.dialect.name], first), first


@pytest.mark.parametrize("name", sorted({*every.ABOUT_ONE, *every.OF_MANY} - {"search"}))
def test_every_query_of_a_page_or_of_the_api(filled: Database, name: str) -> None:
    """The search has a test of its own, `tests.cantomeet.test_search`."""
    meeting = list_meetings(filled, MeetingFilter(statuses=frozenset({MeetingStatus.COMPLETED}))).items[0].meeting
    given = {**every.ABOUT_ONE, **every.OF_MANY}[name]
    own = {"upload_page": {"ids": [meeting.id]}, "admin_page": {"picked": [meeting.id], "opened": meeting.id}}
    about = [meeting.id] if name in every.ABOUT_ONE else []
    changed = {**given, **own.get(name, {})}
    read = every.QUERIES[name]
    found = read_whole(filled, lambda: read(services_over(filled), LOCAL_OWNER, *about, **changed))
    # The stamp is made of all meetings, in an index that holds no more than that.
    assert {table for table, plan in found.items() if "USING COVERING INDEX ix_meeting_stamp" not in plan} == set()


@pytest.mark.parametrize("due", ["", "overdue", "week", "none"])
def test_action_items(filled: Database, due: Any) -> None:
    for wanted in (ActionFilter(due=due), ActionFilter("S1", due, "all"), ActionFilter("-", due, "done")):
        assert read_whole(filled, lambda wanted=wanted: list_actions(filled, wanted, DAY)) == {}
        assert read_whole(filled, lambda wanted=wanted: owners(filled, wanted, DAY)) == {}


def test_failures_by_cause(filled: Database) -> None:
    assert read_whole(filled, lambda: count_by_cause(filled)) == {}
    assert read_whole(filled, lambda: newest_by_cause(filled, 5)) == {}


@pytest.mark.parametrize("paused", [False, True])
def test_what_the_engine_and_the_rescuer_ask_again_and_again(filled: Database, paused: bool) -> None:
    filled.switches.pause(paused)
    jobs = filled.jobs
    asked: dict[str, Callable[[], object]] = {
        "due": jobs.wake_due,
        "the oldest that is due": jobs.oldest_due_seconds,
        "at the provider": jobs.in_flight,
        "periodic tasks": lambda: jobs.keep_scheduled(JobKind.PERIODIC, ["sweep_recordings"]),
        "a lease": lambda: jobs.take(JobKind.INDEX, "x"),
        "a meeting's lease": lambda: filled.pipeline.take_lease("x", 60),
        "a webhook": lambda: filled.pipeline.due_now_by_job("x"),
        "an index that is behind": lambda: filled.search.update_some(5),
        "an index that is complete": filled.search.is_complete,
        "what waits while paused": filled.switches.kept_waiting_since,
        "the clock": filled.clock.read,
        "old recordings": lambda: filled.retention.expired_audio(1),
        "old meetings": lambda: filled.retention.expired_meetings(1),
        "what was deleted": lambda: filled.erasing.gone(["x"]),
        "an earlier upload": lambda: filled.meetings.find_by_idempotency_key("k"),
    }
    for name, read in asked.items():
        assert read_whole(filled, read) == {}, name


def test_health(filled: Database) -> None:
    checks = Checks.of(services_over(filled))
    for probe in (checks.oldest_due, checks.database_write):
        assert read_whole(filled, probe._probe) == {}


@pytest.mark.parametrize("read", ["stamp", "counts"])
def test_stamp_and_counts_come_from_an_index_alone(sqlite_store: Database, read: str) -> None:
    meetings.uploaded(sqlite_store)
    reads = {"stamp": sqlite_store.stamps.of_all, "counts": lambda: count_by_status(sqlite_store, MeetingFilter())}
    (plan,) = plans(sqlite_store, reads[read])
    assert re.search(r"(SCAN|SEARCH) meeting USING COVERING INDEX", plan), plan


def test_a_page_of_the_newest_is_read_from_an_index(sqlite_store: Database) -> None:
    meetings.uploaded(sqlite_store)
    first, *_ = plans(sqlite_store, lambda: list_meetings(sqlite_store, MeetingFilter()))
    assert "SEARCH meeting USING INDEX" in first, first


def test_corrected_lines_are_found_without_reading_the_others(sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    (plan,) = plans(sqlite_store, lambda: sqlite_store.transcripts.corrected(meeting.id))
    assert "ix_segment_edited" in plan, plan
