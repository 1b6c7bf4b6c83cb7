"""A meeting in one line shows what was found in it."""

from __future__ import annotations

import pytest

from cantomeet.cantonese import search_query
from cantomeet.listing import ListedMeeting, Match
from cantomeet.store import Database
from cantomeet_ui.presenters.rows import meeting_row
from tests import meetings
from tests.marking import marked


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("預算", ["今年嘅", "[預算]", "係十二萬 HKD，𠵱家"]),
        ("预算", ["今年嘅", "[預算]", "係十二萬 HKD，𠵱家"]),
        ("12万", ["今年嘅預算係", "[十二萬]", " HKD，𠵱家"]),
        ("ｈｋｄ", ["今年嘅預算係十二萬 ", "[HKD]", "，𠵱家"]),
        ("𠵱", ["今年嘅預算係十二萬 HKD，", "[𠵱]", "家"]),
    ],
)
def test_what_was_found_is_marked_however_it_was_asked_for(sqlite_store: Database, q: str, found: list[str]) -> None:
    line = "今年嘅預算係十二萬 HKD，𠵱家"
    match = Match("a line's id", 2.0, line, search_query(q).marks(line))
    row = meeting_row(ListedMeeting(meetings.uploaded(sqlite_store), 0, match), sqlite_store.now(), "en")
    assert marked(row.match) == found
