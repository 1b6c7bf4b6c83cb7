"""A meeting in one line shows what was found in it."""

from __future__ import annotations

import pytest

from cantomeet.listing import ListedMeeting, Match
from cantomeet.store import Database
from cantomeet_ui.presenters.rows import meeting_row
from tests import meetings


@pytest.mark.parametrize(
    ("q", "parts"),
    [
        ("預算", ("今年嘅", "預算", "係十二萬 HKD")),
        ("预算", ("今年嘅", "預算", "係十二萬 HKD")),
        ("12万", ("今年嘅預算係", "十二萬", " HKD")),
        ("ｈｋｄ", ("今年嘅預算係十二萬 ", "HKD", "")),
        ("沒有", ("", "", "今年嘅預算係十二萬 HKD")),
    ],
)
def test_what_was_found_is_marked_however_it_was_asked_for(
    sqlite_store: Database, q: str, parts: tuple[str, str, str]
) -> None:
    match = Match("a line's id", 2.0, "今年嘅預算係十二萬 HKD")
    row = meeting_row(ListedMeeting(meetings.uploaded(sqlite_store), 0, match), sqlite_store.now(), "en", q)
    assert (row.before, row.found, row.after) == parts
