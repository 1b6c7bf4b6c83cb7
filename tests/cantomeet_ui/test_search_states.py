"""The handlers of the search and of finding in one meeting, without a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cantomeet.cantonese import Sounds
from cantomeet.store import Database
from cantomeet_ui.state import finding, search
from cantomeet_ui.state.finding import FindState
from cantomeet_ui.state.search import SearchState
from tests import meetings
from tests.marking import marked
from tests.showing import services_over

READINGS = {"陈": ["can"], "尘": ["can"]}


class Page:
    """A state in one browser tab, with its handlers by name."""

    def __init__(self, state: Any) -> None:
        self.state = state

    async def do(self, handler: str, *arguments: Any) -> Any:
        return await type(self.state).event_handlers[handler].fn(self.state, *arguments)


@pytest.fixture(autouse=True)
def served(sqlite_store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def get_state(_self: Any, _wanted: Any) -> Any:
        return SimpleNamespace(lang="en", view="spoken")

    services = services_over(sqlite_store)
    for module, state in ((search, SearchState), (finding, FindState)):
        monkeypatch.setattr(module, "services", lambda: services)
        monkeypatch.setattr(state, "get_state", get_state)


@pytest.fixture
def page() -> Page:
    return Page(SearchState(_reflex_internal_init=True))  # type: ignore[call-arg]  # Reflex's own switch


async def looked_for(page: Page, **query: str) -> Any:
    page.state._query = query
    await page.do("refresh")
    return page.state


async def test_without_words_the_page_asks_for_them(page: Page) -> None:
    state = await looked_for(page, speaker="阿明")
    assert (state.phase, state.groups, state.notice) == ("ask", [], "")
    assert (await looked_for(page, q="  ")).phase == "ask"


async def test_what_is_found_can_be_looked_for_further(page: Page, sqlite_store: Database) -> None:
    meetings.transcribed(sqlite_store, [("S1", "預算")] * 7)
    meetings.index(sqlite_store)
    state = await looked_for(page, q="预算")
    assert (state.phase, state.total, state.more, state.clear_href) == ("rows", "Found in 7 places", False, "")
    (group,) = state.groups
    assert (len(group.hits), group.others) == (search.EACH, "2 more places in this meeting")


async def test_more_meetings_are_added_and_none_is_shown_twice(
    page: Page, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cantomeet_ui.presenters.wanted.SEARCH_PAGE", 2)
    for number in range(5):
        meetings.uploaded(sqlite_store, title=f"預算{number}")
        meetings.index(sqlite_store)
    state = await looked_for(page, q="預算")
    assert (len(state.groups), state.more) == (2, True)
    for _ in range(4):
        await page.do("show_more")
    assert [group.title for group in state.groups] == [f"預算{number}" for number in (4, 3, 2, 1, 0)]
    assert (state.total, state.more) == ("Found in 5 places", False)


async def test_nothing_found_offers_the_sound_and_the_filters_to_clear(
    page: Page, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = await looked_for(page, q="陳", speaker="阿明")
    assert state.phase == "none"
    assert state.sound_href == "/search?q=%E9%99%B3&by=sound&speaker=%E9%98%BF%E6%98%8E"
    assert state.clear_href == "/search?q=%E9%99%B3"
    meetings.transcribed(sqlite_store, [("S1", "問塵生")])
    meetings.index(sqlite_store)
    monkeypatch.setattr("cantomeet.listing.search.known_sounds", lambda: Sounds(READINGS, READINGS))
    state = await looked_for(page, q="陳", by="sound")
    assert [marked(hit.words) for hit in state.groups[0].hits] == [["問", "[塵]", "生"]]


@pytest.mark.parametrize("q", ['"', "%", "*", "\x00", "x" * 201, "🙂", "\ud800", "，"])
async def test_bad_words_have_a_notice_and_no_hits(page: Page, q: str) -> None:
    state = await looked_for(page, q=q)
    assert (state.phase, state.groups) == ("ask", [])
    assert state.notice


async def test_people_can_be_chosen(page: Page, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store, [("S1", "預算"), ("S2", "預算")])
    speaker = next(one for one in sqlite_store.transcripts.speakers(meeting.id).values() if one.label == "S2")
    sqlite_store.transcripts.rename_speaker(meeting.id, speaker.id, None, "阿明")
    meetings.index(sqlite_store)
    state = await looked_for(page, q="預算", speaker="阿明")
    assert [choice.value for choice in state.people] == ["", "阿明"]
    assert state.total == "Found in 1 place"


async def test_what_is_typed_goes_into_the_address_once(page: Page) -> None:
    page.state._query = {"q": "預", "speaker": "阿明"}
    page.state.q = "預"
    assert await page.do("search", " 預 ") is None
    told = await page.do("search", "預算")
    assert "/search?q=%E9%A0%90%E7%AE%97&speaker" in str(told)
    assert await page.do("search", "預算") is None


# ---- in one meeting ------------------------------------------------------------------------------------------


@pytest.fixture
def find() -> Page:
    return Page(FindState(_reflex_internal_init=True))  # type: ignore[call-arg]  # Reflex's own switch


async def test_words_are_found_in_the_lines_of_the_open_meeting(find: Page, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store, [("S1", "𠵱家講預算"), ("S2", "好")])
    line = sqlite_store.transcripts.shown(meeting.id).segments[0]
    object.__setattr__(find.state, "meeting_id", meeting.id)
    await find.do("find", " 预算 ")
    assert (find.state.found.q, find.state.found.ids) == ("预算", [line.id])
    assert marked(find.state.found.lines[line.id]) == ["𠵱家講", "[預算]"]
    for nothing in ("", "。", "沒有"):
        await find.do("find", nothing)
        assert (find.state.found.q, find.state.found.ids) == (nothing, [])


async def test_in_a_meeting_that_is_not_there_nothing_is_found(find: Page) -> None:
    object.__setattr__(find.state, "meeting_id", "not-an-id")
    await find.do("find", "預算")
    assert find.state.found.ids == []
