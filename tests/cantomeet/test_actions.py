"""Action items across meetings, on SQLite and on PostgreSQL, and as a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.actions import NOBODY, ActionFilter, FoundAction, list_actions, owners, parse_action_filter, today
from cantomeet.errors import InvalidRequest
from cantomeet.exports.calendar import calendar
from cantomeet.models import SummaryItem
from cantomeet.store import Database
from tests import meetings

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)


def action(text: str, due: date | None = None, owner: str | None = None, **columns: Any) -> dict[str, Any]:
    return {"kind": "action_item", "text": text, "evidence": [], "owner": owner, "due_date": due, **columns}


def texts(store: Database, **wanted: Any) -> list[str]:
    return [found.item.text for found in list_actions(store, ActionFilter(**wanted), DAY)]


@pytest.fixture
def filled(store: Database) -> Database:
    first = [
        action("沒有日期", owner="阿珊"),
        action("逾期", DAY - timedelta(days=1), "阿明"),
        action("今日", DAY),
        action("做完", DAY, "阿明", done=True),
        {"kind": "decision", "text": "決議", "evidence": []},
    ]
    meetings.completed(store, items=first, title="例會")
    meetings.completed(store, items=[action("下星期", DAY + timedelta(days=7), "阿明")], title="董事會")
    return store


def test_open_items_come_by_due_date_and_items_without_a_day_come_last(filled: Database) -> None:
    assert texts(filled) == ["逾期", "今日", "下星期", "沒有日期"]
    found = list_actions(filled, ActionFilter(), DAY)
    assert [f.meeting_title for f in found] == ["例會", "例會", "董事會", "例會"]


def test_they_are_filtered_by_owner_due_date_and_state(filled: Database) -> None:
    assert texts(filled, owner="阿明") == ["逾期", "下星期"]
    assert texts(filled, owner=NOBODY) == ["今日"]
    assert texts(filled, due="overdue") == ["逾期"]
    assert texts(filled, due="week") == ["今日", "下星期"]
    assert texts(filled, due="none") == ["沒有日期"]
    assert texts(filled, done="done") == ["做完"]
    assert texts(filled, owner="阿明", done="all") == ["逾期", "做完", "下星期"]
    assert texts(filled, owner="'; --") == []


def test_the_owners_of_found_items_are_listed(filled: Database) -> None:
    assert set(owners(filled, ActionFilter(owner="阿明"), DAY)) == {"", "阿明", "阿珊"}
    assert owners(filled, ActionFilter(due="overdue"), DAY) == ["阿明"]


def test_only_the_shown_summary_of_a_meeting_that_is_there_counts(store: Database) -> None:
    meeting = meetings.completed(store, items=[action("舊")])
    store.meetings.retry(meeting.id, "summarize")
    meetings.summarized(store, meeting.id, [action("新")])
    assert texts(store) == ["新"]
    store.summaries.show(meeting.id, 1)
    assert texts(store) == ["舊"]
    store.summaries.show(meeting.id, 2)
    assert texts(store) == ["新"]
    store.meetings.mark_deleted(meeting.id)
    assert texts(store) == []


def test_another_persons_items_are_not_listed(store: Database) -> None:
    meetings.completed(store, items=[action("別人的")], owner_id="u2")
    assert texts(store) == []
    assert texts(store, owner_id="u2") == ["別人的"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"due": "soon"}, "due"),
        ({"done": "maybe"}, "done"),
        ({"owner": "x" * 81}, "owner"),
        ({"owner": "\x00"}, "owner"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(params: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_action_filter(params)
    assert refused.value.field == field


def test_an_empty_parameter_is_none() -> None:
    assert parse_action_filter({"owner": " ", "due": "", "done": None}) == ActionFilter()


def test_the_day_is_hong_kongs() -> None:
    assert today(NOW) == DAY


# ---- calendar --------------------------------------------------------------------------------------------------


def found(text: str = "交 budget", title: str = "例會", **columns: Any) -> FoundAction:
    proof = {"segment_id": "s", "quote": "交", "start": 65.0, "end": 66.0, "check": "exact"}
    item = {"id": "i1", "position": 0, "due_date": date(2026, 12, 31), "evidence": [proof], "version": 3, **columns}
    shown = SummaryItem(summary_id="x", kind="action_item", text=text, **item)
    return FoundAction(shown, "m1", title, None, NOW, "zh-Hant-HK+en")


def written(*actions: FoundAction, language: str = "zh-Hant-HK") -> list[str]:
    """The calendar's lines, unfolded."""
    body = calendar(actions, NOW, language, lambda one: f"http://localhost:3000/meetings/{one.meeting_id}?t=65.0")
    assert body.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    return body.decode().replace("\r\n ", "").split("\r\n")


def test_each_item_is_an_all_day_event_that_blocks_no_time_and_keeps_its_identity() -> None:
    lines = written(found(owner="阿明"))
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    begin = lines.index("BEGIN:VEVENT")
    assert lines[begin + 1 : lines.index("END:VEVENT")] == [
        "UID:i1@cantomeet",
        "DTSTAMP:20261124T213000Z",
        "SEQUENCE:3",
        "DTSTART;VALUE=DATE:20261231",
        "DTEND;VALUE=DATE:20270101",
        "SUMMARY:交 budget",
        "DESCRIPTION:負責：阿明\\n會議：例會\\nhttp://localhost:3000/meetings/m1?t=65.0",
        "URL:http://localhost:3000/meetings/m1?t=65.0",
        "TRANSP:TRANSPARENT",
    ]
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_items_that_are_done_or_have_no_day_are_not_in_the_calendar_and_unverified_ones_say_so() -> None:
    assert "BEGIN:VEVENT" not in written(found(done=True), found(due_date=None))
    assert "SUMMARY:（未核實）交 budget" in written(found(evidence=[]))
    assert "SUMMARY:(not verified) 交 budget" in written(found(evidence=[]), language="en")


def test_the_calendar_has_a_bilingual_item_in_the_readers_language() -> None:
    assert "SUMMARY:Hand in the budget" in written(found(text_other="Hand in the budget"), language="en")
    assert "SUMMARY:交 budget" in written(found(text_other="Hand in the budget"))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_no_text_breaks_the_calendar(text: str) -> None:
    lines = written(found(text=f"x{text}", title=text))
    assert [line for line in lines if line.startswith(("BEGIN:", "END:"))] == [
        *("BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR")
    ]
    (summary,) = [line for line in lines if line.startswith("SUMMARY:")]
    assert not any(ord(c) < 32 for c in summary)
    visible = "".join(
        c for c in text.replace("\r\n", "\n").replace("\r", "\n") if (c >= " " and c != "\x7f") or c == "\n"
    )
    assert _unescaped(summary.removeprefix("SUMMARY:")) == f"x{visible}"


def _unescaped(text: str) -> str:
    plain, rest = "", iter(text)
    for character in rest:
        if character == "\\":
            character = next(rest)
            character = "\n" if character == "n" else character
        plain += character
    return plain
