"""How a page is shown for the first time, also where the database does not answer just then, and at each change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import reflex as rx
from reflex.event import EventHandler

from cantomeet.queries.stamps import Stamp
from cantomeet_ui.outage import AGAIN, database_waited_for
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.state.notice import HasStates, say_whether_database_answers

GATHER = 0.25
"""Seconds after a push in which further changes are gathered into the next one."""


class FollowingPage(HasStates, Protocol):
    """The state of a page that shows many meetings."""

    _stamp: Stamp | None

    async def _show(self) -> None: ...

    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *exc_info: object) -> None: ...


async def opened(page: rx.State, show: Callable[[], Awaitable[None]], follow: EventHandler) -> list[EventHandler]:
    """Show a page and have it followed; the events that its `load` answers with.

    Where the database does not answer now, the page says so, and the background event `follow` shows all as soon as it
    does: the page's `_stamp` has to be None before.
    """
    await _shown(page, show)
    return [follow]


async def opened_alone(page: rx.State, show: Callable[[], Awaitable[None]], again: EventHandler) -> list[EventHandler]:
    """The same for a page that nothing follows. `again`: a background event that calls `load_again` for it."""
    return [] if await _shown(page, show) else [again]


async def load_again(load: EventHandler) -> EventHandler:
    """The event that opens a page, a while after it was in vain."""
    await asyncio.sleep(AGAIN)
    return load


async def _shown(page: rx.State, show: Callable[[], Awaitable[None]]) -> bool:
    answers = False
    with database_waited_for():
        await show()
        answers = True
    await say_whether_database_answers(page, answers)
    return answers


async def show_each_change(page: FollowingPage, stamp_of: Callable[[], Stamp]) -> None:
    """Have a page that shows many meetings show each change, for ever: its `_show`, from what its `_stamp` says on.

    `page` is the state of a background event, `stamp_of` the store's `stamp`.
    """

    async def show(_stamp: Stamp | None) -> None:
        async with page:
            await page._show()
            await say_whether_database_answers(page, True)
        await asyncio.sleep(GATHER)

    # Only under the lock is the state the one that `load` has written: outside it a copy from before is seen.
    async with page:
        known = page._stamp
    await show_changes(None, stamp_of, known, show)
