"""The list of meetings: filters, order, paging, counts, on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event

from cantomeet.errors import ErrorCode, InvalidRequest
from cantomeet.jobs import JobState
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import (
    SORTS,
    FailureCause,
    MeetingFilter,
    Sort,
    count_by_cause,
    count_by_status,
    list_meetings,
    matching_ids,
    parse_filter,
)
from cantomeet.models import Job, Meeting
from cantomeet.store import Database
from tests import meetings

ON_FIXTURES = settings(
    max_examples=2000 if os.environ.get("CANTOMEET_SOAK") else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


ACTION = {"kind": "action_item", "text": "交 budget", "evidence": []}


def titles(store: Database, **wanted: Any) -> list[str]:
    return [item.meeting.title for item in list_meetings(store, MeetingFilter(**wanted)).items]


def ids_of(store: Database, **wanted: Any) -> list[str]:
    return [item.meeting.id for item in list_meetings(store, MeetingFilter(**wanted)).items]


def pages(store: Database, **wanted: Any) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = list_meetings(store, MeetingFilter(cursor=cursor, **wanted))
        yield [item.meeting.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return


# ---- paging ------------------------------------------------------------------------------------------------

few_titles = st.sampled_from(["", "a", "A", "例會", "例會%", "𠮷野", "z" * 300, "Ab"])
few_dates = st.none() | st.sampled_from([date(2026, 1, 1), date(2026, 11, 23)])
few_instants = st.sampled_from([datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, 0, 1, tzinfo=UTC)])


@pytest.mark.timeout(900)
@ON_FIXTURES
@given(
    sort=st.sampled_from(SORTS),
    rows=st.lists(st.tuples(few_titles, few_dates, few_instants), max_size=9),
    limit=st.integers(1, 4),
)
def test_paging_shows_each_meeting_once_and_in_order(
    store: Database, sort: Sort, rows: list[tuple[str, date | None, datetime]], limit: int
) -> None:
    with store.engine.begin() as connection:
        connection.execute(delete(Meeting))
        connection.execute(delete(Job))
    ids = set()
    for title, day, created in rows:
        meeting = meetings.uploaded(store, title=title, meeting_date=day)
        meetings.set_columns(store, meeting.id, created_at=created)
        ids.add(meeting.id)

    shown = list(pages(store, sort=sort, limit=limit))

    in_order = [meeting_id for page in shown for meeting_id in page]
    assert sorted(in_order) == sorted(ids)
    assert in_order == [item.meeting.id for item in list_meetings(store, MeetingFilter(sort=sort, limit=100)).items]
    assert all(len(page) == limit for page in shown[:-1])


def test_each_sort_orders_alike_on_both_databases_and_undated_meetings_come_last(store: Database) -> None:
    days = {"b": date(2026, 5, 2), "A": None, "c": date(2026, 5, 1), "甲": None}
    for second, (title, day) in enumerate(days.items()):
        meeting = meetings.uploaded(store, title=title, meeting_date=day)
        new = f"0000000{second}-0000-4000-8000-000000000000"
        meetings.set_job(store, meeting.id, subject=new)
        meetings.set_columns(store, meeting.id, id=new, created_at=datetime(2026, 5, 3, 0, 0, second, tzinfo=UTC))
    assert {sort: "".join(titles(store, sort=sort)) for sort in SORTS} == {
        "created_at": "bAc甲",
        "-created_at": "甲cAb",
        "title": "Abc甲",
        "-title": "甲cbA",
        "meeting_date": "cbA甲",
        "-meeting_date": "bc甲A",
    }


def test_a_meeting_that_arrives_while_paging_neither_repeats_nor_hides_another(store: Database) -> None:
    old = [meetings.uploaded(store).id for _ in range(4)]
    first = list_meetings(store, MeetingFilter(limit=2))
    meetings.uploaded(store)
    second = list_meetings(store, MeetingFilter(limit=2, cursor=first.next_cursor))
    assert [item.meeting.id for item in (*first.items, *second.items)] == old[::-1]


def test_a_deleted_meeting_is_not_listed_nor_counted(store: Database) -> None:
    meeting = meetings.uploaded(store)
    store.meetings.mark_deleted(meeting.id)
    assert titles(store) == []
    assert count_by_status(store, MeetingFilter())[MeetingStatus.UPLOADED] == 0


def test_somebody_elses_meeting_is_not_listed(store: Database) -> None:
    meetings.uploaded(store, owner_id="somebody", title="theirs")
    assert titles(store) == []
    assert titles(store, owner_id="somebody") == ["theirs"]


# ---- cursors -----------------------------------------------------------------------------------------------


def packed(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


SOME_ID = "0b9d2f6e-1c1e-4a43-9a3b-7d1f5f6c2a10"
"""A fixed id, so that parametrized tests have the same name in each test process."""


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("-created_at", "nonsense"),
        ("-created_at", "é"),
        ("-created_at", "a" * 5000),
        ("-created_at", packed("-created_at", "2026-11-01T00:00:00", SOME_ID)),
        ("-created_at", packed("-created_at", None, SOME_ID)),
        ("-created_at", packed("-created_at", "0001-01-01T00:00:00+14:00", SOME_ID)),
        ("-created_at", packed("-created_at", "2026-11-01T00:00:00+00:00", "no id")),
        ("-created_at", packed("created_at", "2026-11-01T00:00:00+00:00", SOME_ID)),
        ("-created_at", packed("-created_at")),
        ("meeting_date", packed("meeting_date", 7, SOME_ID)),
        ("title", packed("title", "a\x00b", SOME_ID)),
        ("title", packed("title", "\ud800", SOME_ID)),
        ("title", packed("title", None, SOME_ID)),
    ],
)
def test_a_bad_cursor_is_refused_by_name(sqlite_store: Database, sort: Sort, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        list_meetings(sqlite_store, MeetingFilter(sort=sort, cursor=cursor))
    assert refused.value.field == "cursor"


@ON_FIXTURES
@given(cursor=st.text(max_size=60), sort=st.sampled_from(SORTS))
def test_no_invented_cursor_breaks_the_list(sqlite_store: Database, cursor: str, sort: Sort) -> None:
    with pytest.raises(InvalidRequest):
        list_meetings(sqlite_store, MeetingFilter(sort=sort, cursor=cursor))


# ---- filters -----------------------------------------------------------------------------------------------


def test_filters_by_several_statuses(store: Database) -> None:
    meetings.uploaded(store, title="new")
    meetings.failed(store, title="failed")
    meetings.completed(store, title="done")
    assert titles(store, statuses=frozenset({MeetingStatus.FAILED, MeetingStatus.COMPLETED})) == ["done", "failed"]


def test_filters_by_error_code(store: Database) -> None:
    meetings.failed(store, ErrorCode.STUCK, title="stuck")
    meetings.failed(store, ErrorCode.PROVIDER_BUSY, title="busy")
    assert titles(store, error_code=ErrorCode.STUCK) == ["stuck"]


def test_failures_are_counted_and_found_by_cause(store: Database) -> None:
    refused = {"provider": "Speechmatics", "setting": "SPEECHMATICS_API_KEY"}
    causes = {
        FailureCause("provider_key_refused", **refused): [{**refused, "reference": n} for n in range(3)],
        FailureCause("provider_busy", "模型"): [{"provider": "模型", "setting": None}] * 2,
        FailureCause("cancelled"): [{}, {}],
        FailureCause("cancelled", sent=True): [{"sent": True}, {"sent": True}],
        FailureCause("internal"): [{}],
    }
    expected: dict[FailureCause, set[str]] = {}
    for cause, several in causes.items():
        for params in several:
            failed = meetings.failed(store)
            code = None if cause.code == "internal" else cause.code
            meetings.set_columns(store, failed.id, error_code=code, error_params=params)
            expected.setdefault(cause, set()).add(failed.id)
    meetings.uploaded(store)
    assert count_by_cause(store) == {cause: len(ids) for cause, ids in expected.items()}
    assert list(count_by_cause(store).values()) == [3, 2, 2, 2, 1], "the most frequent first"
    for cause, ids in expected.items():
        assert set(ids_of(store, cause=cause)) == ids
    assert ids_of(store, cause=FailureCause("of_nobody")) == []


def test_a_meeting_that_is_long_overdue_and_not_leased_is_stuck(store: Database) -> None:
    now = store.now()
    long_ago, later = now - timedelta(hours=3), now + timedelta(hours=1)
    quiet, summarizing = {"updated_at": long_ago}, {"updated_at": long_ago, "status": MeetingStatus.SUMMARIZING}
    late = {"due_at": long_ago}
    stuck = {
        "late": (quiet, late),
        "no step due": (quiet, {"due_at": None}),
        "given up": (quiet, {**late, "lease_until": long_ago}),
        "summary": (summarizing, late),
    }
    fine = {
        "held": (quiet, {**late, "lease_until": later}),
        "due later": (quiet, {"due_at": later}),
        "moved": ({"updated_at": now}, late),
        "waits for names": (summarizing, {"state": JobState.WAITING_FOR_NAMES, "due_at": None}),
        "ended": ({**quiet, "status": MeetingStatus.COMPLETED}, late),
    }
    for title, (columns, job) in {**stuck, **fine}.items():
        meeting = meetings.uploaded(store, title=title)
        meetings.set_columns(store, meeting.id, **columns)
        meetings.set_job(store, meeting.id, **job)
    assert sorted(titles(store, stuck_for=timedelta(minutes=20))) == sorted(stuck)
    store.switches.pause(True)
    assert titles(store, stuck_for=timedelta(minutes=20)) == [], "they wait for the end of the pause"


def test_it_tells_which_of_some_meetings_the_filter_finds(store: Database) -> None:
    failed, other, waiting = meetings.failed(store), meetings.failed(store), meetings.uploaded(store)
    wanted = MeetingFilter(statuses=frozenset({MeetingStatus.FAILED}), limit=1)
    assert matching_ids(store, wanted, [failed.id, waiting.id, "no such"]) == {failed.id}
    assert matching_ids(store, wanted, []) == set()
    assert other.id not in matching_ids(store, wanted, [failed.id])


def test_counts_each_status_whatever_statuses_the_filter_asks_for(store: Database) -> None:
    meetings.uploaded(store, title="預算")
    meetings.failed(store, title="預算 二")
    meetings.failed(store, title="其他")
    wanted = MeetingFilter(statuses=frozenset({MeetingStatus.FAILED}), q="預算")
    assert count_by_status(store, wanted) == {
        MeetingStatus.UPLOADED: 1,
        MeetingStatus.TRANSCRIBING: 0,
        MeetingStatus.SUMMARIZING: 0,
        MeetingStatus.COMPLETED: 0,
        MeetingStatus.FAILED: 1,
    }


@pytest.mark.parametrize(
    ("date_from", "date_to", "found"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), ["dated", "morning", "night"]),
        (date(2026, 11, 24), None, ["next day"]),
        (None, date(2026, 11, 22), ["day before"]),
        (date(2026, 11, 22), date(2026, 11, 24), ["dated", "day before", "morning", "next day", "night"]),
    ],
)
def test_dates_are_inclusive_days_in_hong_kong(
    store: Database, date_from: date | None, date_to: date | None, found: list[str]
) -> None:
    for title, created in {
        "day before": datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC),
        "morning": datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
        "night": datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC),
        "next day": datetime(2026, 11, 23, 16, 0, tzinfo=UTC),
    }.items():
        meetings.set_columns(store, meetings.uploaded(store, title=title).id, created_at=created)
    dated = meetings.uploaded(store, title="dated", meeting_date=date(2026, 11, 23))
    meetings.set_columns(store, dated.id, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert sorted(titles(store, date_from=date_from, date_to=date_to)) == found


def test_finds_text_literally_and_whatever_its_case(store: Database) -> None:
    meetings.uploaded(store, title="nothing", description="1000 axb")
    meetings.transcribed(store, [("S1", "早晨"), ("S1", "Budget 100% a_b / \\ 交。")], title="found")
    for q in ("budget", "BUDGET", "交。", "100%", "a_b"):
        assert titles(store, q=q) == ["found"], q


def test_finds_by_the_index_what_is_written_otherwise(store: Database) -> None:
    meetings.uploaded(store, title="nothing", description="十分好")
    meetings.completed(
        store, [("S1", "早晨"), ("S1", "Ｂudget 預算十二萬")], [{**ACTION, "text": "搵廚師"}], title="found"
    )
    meetings.index(store)
    for q in ("budget", "预算", "預", "12萬", "預算，十二萬", "揾厨师", "FOUND"):
        assert titles(store, q=q) == ["found"], q
    for q in ("/", "。", "🙂", "預萬"):
        assert titles(store, q=q) == [], q
    (item,) = list_meetings(store, MeetingFilter(q="12万")).items
    assert item.match is not None
    assert item.match.text == "Ｂudget 預算十二萬"


def test_what_is_not_taken_into_the_index_yet_is_found_as_it_is_written(store: Database) -> None:
    meetings.transcribed(store, [("S1", "早晨"), ("S1", "講預算")], title="indexed")
    meetings.index(store)
    meetings.transcribed(store, [("S1", "早晨"), ("S1", "再講預算")], title="waits")
    items = list_meetings(store, MeetingFilter(q="預算")).items
    assert [(item.meeting.title, item.match and item.match.text) for item in items] == [
        ("waits", "再講預算"),
        ("indexed", "講預算"),
    ]
    assert titles(store, q="预算") == ["indexed"]


@pytest.mark.parametrize("column", ["title", "description"])
def test_finds_text_in_title_and_description_without_a_match_in_the_transcript(store: Database, column: str) -> None:
    meetings.transcribed(store, **{column: "關於預算案"})
    (item,) = list_meetings(store, MeetingFilter(q="預算")).items
    assert item.match is None


def test_shows_the_first_line_that_matches(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "早晨"), ("S1", "講預算"), ("S2", "再講預算")])
    other = meetings.transcribed(store, [("S1", "預算")])
    found = {i.meeting.id: i.match for i in list_meetings(store, MeetingFilter(q="預算")).items}
    line = store.transcripts.shown(meeting.id).segments[1]
    match = found[meeting.id]
    assert match is not None
    assert (match.segment_id, match.start, match.text) == (line.id, 2.0, "講預算")
    assert found[other.id] is not None


def test_a_long_line_is_cut_around_what_was_found(sqlite_store: Database) -> None:
    meetings.transcribed(sqlite_store, [("S1", "前" * 500 + "預算" + "後" * 500)])
    (item,) = list_meetings(sqlite_store, MeetingFilter(q="預算")).items
    assert item.match is not None
    assert "前預算後" in item.match.text
    assert len(item.match.text) < 200


def test_looks_only_in_the_revision_that_is_shown(store: Database) -> None:
    meeting = meetings.completed(store, [("S1", "舊版本")])
    again = store.pipeline.take_lease(store.meetings.retry(meeting.id, "transcribe").id, 60)
    assert again is not None
    lines = meetings.segments([("S1", "新版本")])
    store.pipeline.commit_working(again.id, again.job.run, status=MeetingStatus.TRANSCRIBING)
    store.pipeline.commit_piece(again.id, again.job.run, lines, tried=meetings._tried(store))
    assert titles(store, q="舊版本") == ["例會"]
    assert titles(store, q="新版本") == []


# ---- what each row carries ---------------------------------------------------------------------------------


def test_counts_open_action_items_of_the_newest_summary_only(store: Database) -> None:
    decision = {"kind": "decision", "text": "通過", "evidence": []}
    meeting = meetings.completed(store, items=[ACTION, ACTION, ACTION])
    store.meetings.retry(meeting.id, "summarize")
    meetings.summarized(store, meeting.id, [ACTION, {**ACTION, "done": True}, decision])
    plain = meetings.completed(store, items=[decision])
    found = {i.meeting.id: i.open_actions for i in list_meetings(store, MeetingFilter()).items}
    assert found == {meeting.id: 1, plain.id: 0}


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_takes_the_same_number_of_queries_however_long_it_is(sqlite_store: Database, count: int) -> None:
    for _ in range(count):
        meetings.transcribed(sqlite_store)
    meetings.index(sqlite_store)
    seen: list[str] = []
    event.listen(sqlite_store.engine, "before_cursor_execute", lambda _c, _k, sql, *_: seen.append(sql))
    list_meetings(sqlite_store, MeetingFilter(q="budget"))
    assert len([sql for sql in seen if sql.startswith("SELECT")]) == 5


# ---- reading parameters ------------------------------------------------------------------------------------


def test_reads_a_filter_from_query_parameters_and_takes_empty_ones_for_none() -> None:
    given = {
        "status": "FAILED, COMPLETED",
        "q": " 預算 ",
        "from": "2026-11-01",
        "to": "2026-11-30",
        "error_code": "stuck",
        "sort": "title",
        "limit": "7",
        "cursor": "",
    }
    assert parse_filter(given) == MeetingFilter(
        statuses=frozenset({MeetingStatus.FAILED, MeetingStatus.COMPLETED}),
        q="預算",
        date_from=date(2026, 11, 1),
        date_to=date(2026, 11, 30),
        error_code=ErrorCode.STUCK,
        sort="title",
        limit=7,
    )
    assert parse_filter(dict.fromkeys(given, ""), limit=20) == MeetingFilter(limit=20)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "DONE"}, "status"),
        ({"status": "FAILED,done"}, "status"),
        ({"from": "yesterday"}, "from"),
        ({"from": "20261123"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "9999-12-31"}, "from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "to"),
        ({"sort": "status"}, "sort"),
        ({"sort": "--title"}, "sort"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"error_code": "bad luck"}, "error_code"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_filter(params)
    assert refused.value.field == field
