"""What the page of the search shows: hits by meeting, places they lead to, marks, notices, filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from cantomeet.access import LOCAL_OWNER
from cantomeet.i18n import EN, ZH, text
from cantomeet.queries.search import search_page
from cantomeet.store import Database
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.search import ShownSearch, people_choices, search_href, shown_search, status_choices
from cantomeet_ui.presenters.wanted import wanted_in_search
from tests import meetings
from tests.marking import marked
from tests.showing import services_over

ITEM = {"kind": "decision", "text": "通過預算", "evidence": [], "start": 2.0}


def shown(store: Database, query: Mapping[str, str], language: str = ZH) -> ShownSearch:
    wanted, notice = wanted_in_search(query, "", language)
    assert wanted is not None
    return shown_search(search_page(services_over(store), LOCAL_OWNER, wanted, 3), query, notice, language)


def asked_of(href: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(href)
    return parts.path, parse_qs(parts.query)


def test_a_hit_says_who_said_it_when_and_leads_there(sqlite_store: Database) -> None:
    lines = [("S1", "早晨"), ("S2", "𠵱家講預算")]
    meeting = meetings.completed(sqlite_store, lines, [ITEM], title="例會", meeting_date=date(2026, 11, 23))
    meetings.index(sqlite_store)
    (group,) = shown(sqlite_store, {"q": "预算"}).groups
    assert (group.id, group.title, group.others) == (meeting.id, "例會", "")
    assert group.date.endswith("11月23日")
    item, line = group.hits
    assert (item.source, item.who, item.time, marked(item.words)) == ("item", "摘要", "0:02", ["通過", "[預算]"])
    assert (line.source, line.who, line.time) == ("line", "講者 2", "0:02")
    assert marked(line.words) == ["𠵱家講", "[預算]"]
    assert asked_of(line.href) == (f"/meetings/{meeting.id}", {"t": ["2.0"], "find": ["预算"]})
    assert asked_of(group.href) == (f"/meetings/{meeting.id}", {"find": ["预算"]})


def test_a_person_is_shown_by_name_and_titles_have_no_time(sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store, [("S1", "預算")], title="預算會", description="關於預算")
    (speaker,) = sqlite_store.transcripts.speakers(meeting.id).values()
    sqlite_store.transcripts.rename_speaker(meeting.id, speaker.id, None, "阿明")
    meetings.index(sqlite_store)
    (group,) = shown(sqlite_store, {"q": "預算"}, EN).groups
    assert [(hit.who, hit.time) for hit in group.hits] == [("Title", ""), ("Description", ""), ("阿明", "0:00")]
    assert len({hit.key for hit in group.hits}) == 3
    assert asked_of(group.hits[2].href)[1]["t"] == ["0.0"]


def test_others_of_a_meeting_are_counted(sqlite_store: Database) -> None:
    meetings.transcribed(sqlite_store, [("S1", "預算")] * 5)
    meetings.index(sqlite_store)
    found = shown(sqlite_store, {"q": "預算"}, EN)
    assert (found.total, found.groups[0].others) == ("Found in 5 places", "2 more places in this meeting")


def test_an_index_that_is_being_built_is_named(sqlite_store: Database) -> None:
    meetings.uploaded(sqlite_store, title="預算")
    assert shown(sqlite_store, {"q": "預算"}).notice == text(ZH, "search.incomplete")
    meetings.index(sqlite_store)
    assert shown(sqlite_store, {"q": "預算"}).notice == ""


@pytest.mark.parametrize("q", ['"', "%", "*", "🙂", "，。！"])
def test_signs_alone_are_named_and_not_looked_for(q: str) -> None:
    assert wanted_in_search({"q": q}, "", ZH) == (None, text(ZH, "search.signs"))


@pytest.mark.parametrize("q", ["\x00", "x" * 201, "\ud800"])
def test_what_is_no_text_or_too_long_is_named(q: str) -> None:
    assert wanted_in_search({"q": q}, "", EN) == (None, text(EN, "search.too_long", most=200))


@pytest.mark.parametrize("bad", [{"from": "nonsense"}, {"status": "BROKEN"}, {"by": "smell"}, {"speaker": "\x00"}])
def test_a_filter_that_makes_no_sense_is_left_aside_and_named(bad: dict[str, str]) -> None:
    wanted, notice = wanted_in_search({"q": "預算", **bad}, "", EN)
    assert wanted is not None
    assert (wanted.q, wanted.by, wanted.speaker) == ("預算", "text", "")
    assert next(iter(bad)) in notice


def test_an_address_keeps_what_it_is_not_told_to_change() -> None:
    query = {"q": "a b", "from": "2026-01-01", "x": "y"}
    assert search_href(query, from_="", speaker="阿明") == "/search?q=a+b&speaker=%E9%98%BF%E6%98%8E"


def test_what_an_address_chose_can_be_seen_in_its_field() -> None:
    assert [choice.value for choice in people_choices(["阿明"], "何太", ZH)] == ["", "阿明", "何太"]
    assert people_choices([], "S1", ZH)[1] == Choice("S1", "講者 1")
    assert [choice.value for choice in status_choices("COMPLETED,FAILED", ZH)][-1] == "COMPLETED,FAILED"
    assert len(status_choices("FAILED", ZH)) == 6
