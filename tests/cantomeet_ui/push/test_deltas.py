"""Only what differs from what the browser has is sent, and of a list only the rows that differ."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.access import Actor
from cantomeet.errors import NotAllowed
from cantomeet.service import Services
from cantomeet_ui.push.deltas import Sent
from cantomeet_ui.state import meetings as meetings_state
from cantomeet_ui.state.meetings import MeetingsState
from tests import meetings as made
from tests.cantomeet_ui.push.test_following import services, shown_page
from tests.counting import counted

__all__ = ["services"]
KEYS = {"rows": "id"}


@dataclass(frozen=True)
class Row:
    id: str
    text: str


def shown_by(browser: dict[str, Any]) -> list[Row]:
    """The rows as the page draws them."""
    return [browser[row] if isinstance(row, str) else row for row in browser["rows"]]


def test_equal_values_are_not_sent_again() -> None:
    sent = Sent()
    assert sent.changes({"notice": "", "more": False}, KEYS) == {"notice": "", "more": False}
    assert sent.changes({"notice": "", "more": True}, KEYS) == {"more": True}


def test_a_list_changed_in_place_is_sent() -> None:
    sent, picked = Sent(), ["a"]
    sent.changes({"picked": picked}, KEYS)
    picked.append("b")
    assert sent.changes({"picked": picked}, KEYS) == {"picked": ["a", "b"]}


def test_of_a_list_only_the_changed_row_is_sent() -> None:
    sent = Sent()
    sent.changes({"rows": [Row("1", "a"), Row("2", "b")]}, KEYS)
    assert sent.changes({"rows": [Row("1", "a"), Row("2", "c")]}, KEYS) == {"rows 2": Row("2", "c")}


def test_everything_is_sent_after_a_reload() -> None:
    sent, rows = Sent(), [Row("1", "a")]
    first = sent.changes({"rows": rows}, KEYS)
    sent.forget()
    assert sent.changes({"rows": rows}, KEYS) == first == {"rows": ["rows 1"], "rows 1": Row("1", "a")}


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["x", "y"]), max_size=4), max_size=8))
def test_the_browser_shows_each_list_as_it_is(lists: list[dict[str, str]]) -> None:
    sent, browser = Sent(), dict[str, Any]()
    for number, texts in enumerate(lists):
        rows = [Row(name, text) for name, text in texts.items()][:: -1 if number % 2 else 1]
        browser |= sent.changes({"rows": rows}, KEYS)
        assert shown_by(browser) == rows


async def test_a_list_page_sends_only_the_row_that_changed(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [made.uploaded(services.store, title=f"例會 {number}") for number in range(3)]
    state = await shown_page(MeetingsState, monkeypatch)
    (first,) = state.get_delta().values()
    assert {f"rows_rx_state_ {meeting.id}" for meeting in held} <= first.keys()
    state._clean()
    services.store.meetings.edit(held[1].id, None, title="改過的標題")
    await state._show()
    (sent,) = state.get_delta().values()
    assert list(sent) == [f"rows_rx_state_ {held[1].id}"]
    state._clean()
    await state._show()
    assert state.get_delta() == {}


ROWS = "rows_rx_state_"


async def pushed(state: Any, browser: dict[str, Any]) -> dict[str, Any]:
    """Show what has changed; what is sent of it, which the browser has afterwards."""
    await state._show()
    sent = next(iter(state.get_delta().values()), {})
    browser |= sent
    state._clean()
    return sent


def titles(browser: dict[str, Any]) -> list[str]:
    return [browser[row].title for row in browser[ROWS]]


async def test_a_row_leaves_its_filter_and_comes_back(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    going, staying = (made.transcribing(services.store, title=title) for title in ("going", "staying"))
    state = await shown_page(MeetingsState, monkeypatch, _query={"status": "TRANSCRIBING"})
    browser = dict[str, Any]()
    await pushed(state, browser)
    assert titles(browser) == ["staying", "going"]
    services.store.meetings.cancel(going.id)
    sent = await pushed(state, browser)
    assert titles(browser) == ["staying"]
    assert sent[f"{ROWS} {going.id}"] is None
    assert f"{ROWS} {staying.id}" not in sent
    made.set_columns(services.store, going.id, status="TRANSCRIBING")
    await pushed(state, browser)
    assert titles(browser) == ["staying", "going"]


async def test_a_row_that_moves_in_the_order_is_not_lost(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = (made.uploaded(services.store, title=title) for title in ("a", "b", "c"))
    state, browser = await shown_page(MeetingsState, monkeypatch, _query={"sort": "title"}), dict[str, Any]()
    await pushed(state, browser)
    assert titles(browser) == ["a", "b", "c"]
    services.store.meetings.edit(first.id, None, title="d")
    sent = await pushed(state, browser)
    assert titles(browser) == ["b", "c", "d"]
    assert [name for name in sent if name.startswith(f"{ROWS} ")] == [f"{ROWS} {first.id}"]


async def test_a_deleted_meeting_leaves_every_page_that_showed_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = made.uploaded(services.store, title="deleted")
    made.uploaded(services.store, title="kept")
    tabs = [(await shown_page(MeetingsState, monkeypatch), dict[str, Any]()) for _ in range(2)]
    for state, browser in tabs:
        await pushed(state, browser)
    services.store.meetings.mark_deleted(meeting.id)
    for state, browser in tabs:
        await pushed(state, browser)
        assert titles(browser) == ["kept"]


async def test_other_filters_during_a_push_are_what_is_shown_in_the_end(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address changes while a change is being read; the page's lock lets `load` in only after the push."""
    moving = made.transcribing(services.store, title="moving")
    made.failed(services.store, title="failed")
    state, browser = await shown_page(MeetingsState, monkeypatch), dict[str, Any]()
    await pushed(state, browser)
    services.store.meetings.edit(moving.id, None, title="moved")
    await pushed(state, browser)
    state._query = {"status": "FAILED"}
    state._send_all()
    sent = await pushed(state, browser)
    assert titles(browser) == ["failed"]
    assert f"{ROWS} {moving.id}" not in sent, "what the filter leaves out is not sent"
    services.store.meetings.edit(moving.id, None, title="moved again")
    assert [name for name in await pushed(state, browser) if name.startswith(ROWS)] == []


async def test_tabs_in_other_languages_or_of_other_owners_share_no_read(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.failed(services.store, title="ours")
    made.failed(services.store, title="theirs", owner_id="somebody")
    tabs = [await shown_page(MeetingsState, monkeypatch) for _ in range(3)]
    readers = {id(tabs[0]): ("en", None), id(tabs[1]): ("zh-Hant-HK", None), id(tabs[2]): ("en", "somebody")}

    async def language_of(state: Any, _: Any) -> Any:
        return SimpleNamespace(lang=readers[id(state)][0])

    def actor(state: Any) -> Actor:
        return Actor(readers[id(state)][1])

    monkeypatch.setattr(MeetingsState, "get_state", language_of)
    monkeypatch.setattr(meetings_state, "actor_of", actor)
    stamp = services.store.stamps.of_all()
    for state in tabs[:2]:
        await state._show(stamp)
    texts = [state.rows[0].status_text for state in tabs[:2]]
    assert [row.title for state in tabs[:2] for row in state.rows] == ["ours", "ours"]
    assert texts[0] != texts[1]
    # Nobody but the local owner may list meetings yet.
    with pytest.raises(NotAllowed):
        await tabs[2]._show(stamp)


async def test_pages_that_show_the_same_change_share_one_read(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.uploaded(services.store)
    pages = [await shown_page(MeetingsState, monkeypatch) for _ in range(3)]
    pages[2]._query = {"status": "FAILED"}
    made.uploaded(services.store)
    stamp = services.store.stamps.of_all()
    with counted(services.store.engine) as found:
        for page in pages:
            await page._show(stamp)
    assert found.transactions == 2
    assert [len(page.rows) for page in pages] == [2, 2, 0]
