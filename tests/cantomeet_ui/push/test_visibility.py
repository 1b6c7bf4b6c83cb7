"""Nothing is read for a page that nobody sees, and it shows the newest version once it is seen."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from cantomeet_ui.push.followers import followers
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.push.live import Hints
from cantomeet_ui.push.visibility import HiddenPages
from cantomeet_ui.state import visibility
from tests.cantomeet_ui.push.test_sharing import Database, until


async def test_a_hidden_page_shows_the_newest_version_when_it_is_seen() -> None:
    hints, database, hidden = Hints(), Database(1), HiddenPages()
    shown: dict[str, list[int]] = {"seen": [], "unseen": []}

    async def follow(page: str) -> None:
        async def show(version: int) -> None:
            shown[page].append(version)

        visible = partial(hidden.until_shown, page)
        await show_changes(None, database.look, 1, show, heard=hints, at_most=3600, visible=visible)

    hidden.hide("unseen")
    following = [asyncio.create_task(follow(page)) for page in shown]
    for version in (2, 3):
        await until(lambda: hints.waiting)
        database.version = version
        hints.changed("m")
        await until(lambda version=version: shown["seen"][-1:] == [version])
    assert shown["unseen"] == []
    hidden.show("unseen")
    await until(lambda: shown["unseen"])
    assert shown == {"seen": [2, 3], "unseen": [3]}
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)


async def test_a_page_that_is_hidden_again_before_it_wakes_goes_on_waiting() -> None:
    hidden = HiddenPages()
    hidden.hide("page")
    waiting = asyncio.create_task(hidden.until_shown("page"))
    await asyncio.sleep(0)
    hidden.show("page")
    hidden.hide("page")
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    hidden.show("page")
    await waiting


def test_a_page_that_was_never_hidden_may_be_shown() -> None:
    hidden = HiddenPages()
    hidden.show("page")
    asyncio.run(hidden.until_shown("page"))


@pytest.mark.parametrize("is_open", [True, False])
async def test_only_an_open_page_can_be_hidden(is_open: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = HiddenPages()
    monkeypatch.setattr(visibility, "hidden_pages", hidden)
    monkeypatch.setattr(visibility, "this_page", lambda: "page")
    monkeypatch.setattr(followers, "is_open", lambda token: is_open)
    state, tell = (
        visibility.VisibilityState(_reflex_internal_init=True),
        visibility.VisibilityState.event_handlers["tell"],
    )
    await tell.fn(state, False)
    waiting = asyncio.create_task(hidden.until_shown("page"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert waiting.done() is not is_open
    await tell.fn(state, True)
    await waiting
