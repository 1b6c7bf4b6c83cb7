"""Opens a page, even during a database outage, and shows each later change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import reflex as rx
from reflex.event import EventHandler

from cantomeet.queries.stamps import Stamp
from cantomeet_ui.outage import RETRY_SECONDS, outage_tolerated
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.push.turns import turns
from cantomeet_ui.state.notice import HasStates, say_whether_database_answers

GATHER = 0.5
"""Seconds between two pushes to a page while changes keep coming. All pages wait for the same instants."""


class FollowingPage(HasStates, Protocol):
    """The state of a page that shows many meetings."""

    _stamp: Stamp | None

    async def _show(self, stamp: Stamp | None = None) -> None: ...

    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *exc_info: object) -> None: ...


async def open_page(page: rx.State, show: Callable[[], Awaitable[None]], follow: EventHandler) -> list[EventHandler]:
    """Show a page. Returns the events that its `load` has to return, which follow later changes.

    If the database does not answer, the page says so and the background event `follow` shows everything as soon as it
    does. For that, the page's `_stamp` must be None.
    """
    await _try_to_show(page, show)
    return [follow]


async def open_unfollowed_page(
    page: rx.State, show: Callable[[], Awaitable[None]], again: EventHandler
) -> list[EventHandler]:
    """Show a page that does not follow changes. Returns the events that its `load` has to return.

    `again` is a background event of the page that calls `load_again`. It runs if the database does not answer.
    """
    return [] if await _try_to_show(page, show) else [again]


async def load_again(load: EventHandler) -> EventHandler:
    """Wait `RETRY_SECONDS`, then return the event `load`, which opens the page again."""
    await asyncio.sleep(RETRY_SECONDS)
    return load


async def _try_to_show(page: rx.State, show: Callable[[], Awaitable[None]]) -> bool:
    answers = False
    with outage_tolerated():
        await show()
        answers = True
    await say_whether_database_answers(page, answers)
    return answers


def seconds_to_gather(now: float) -> float:
    """Seconds until a page may be pushed to again. It ends at a multiple of `GATHER`, so that pages share a read."""
    left = GATHER - now % GATHER
    return left if left >= GATHER / 2 else left + GATHER


async def show_each_change(page: FollowingPage, stamp_of: Callable[[], Stamp]) -> None:
    """Call the `_show` of a page that shows several meetings at each change. Runs until cancelled.

    `page` is the state of a background event. Its `_stamp` is what it shows now, and `stamp_of` reads the newest stamp,
    which `_show` is given to share its read with other pages.
    """

    async def show(stamp: Stamp | None) -> None:
        async with turns.taken(), page:
            await page._show(stamp)
            await say_whether_database_answers(page, True)
        await asyncio.sleep(seconds_to_gather(asyncio.get_running_loop().time()))

    # The state that `load` wrote is visible only under the lock. Without it a background event sees an old copy.
    async with page:
        known = page._stamp
    await show_changes(None, stamp_of, known, show)
