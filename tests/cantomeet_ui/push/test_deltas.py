"""Only what differs from what the browser has is sent, and of a list only the rows that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.service import Services
from cantomeet_ui.push.deltas import Sent
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
