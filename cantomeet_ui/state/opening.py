"""How a page is shown for the first time, also where the database does not answer just then, and at each change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cantomeet_ui.outage import AGAIN, database_waited_for
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.state.notice import say_whether_database_answers

GATHER = 0.25
"""Seconds after a push in which further changes are gathered into the next one."""


async def opened(page: Any, show: Callable[[], Awaitable[None]], follow: Any) -> list[Any]:
    """Show a page and have it followed; the events that its `load` answers with.

    Where the database does not answer now, the page says so, and the background event `follow` shows all as soon as it
    does: the page's `_stamp` has to be None before.
    """
    await _shown(page, show)
    return [follow]


async def opened_alone(page: Any, show: Callable[[], Awaitable[None]], again: Any) -> list[Any]:
    """The same for a page that nothing follows. `again`: a background event that calls `load_again` for it."""
    return [] if await _shown(page, show) else [again]


async def load_again(load: Any) -> Any:
    """The event that opens a page, a while after it was in vain."""
    await asyncio.sleep(AGAIN)
    return load


async def _shown(page: Any, show: Callable[[], Awaitable[None]]) -> bool:
    answers = False
    with database_waited_for():
        await show()
        answers = True
    await say_whether_database_answers(page, answers)
    return answers


async def show_each_change(page: Any, stamp_of: Callable[[], Any]) -> None:
    """Have a page that shows many meetings show each change, for ever: its `_show`, from what its `_stamp` says on.

    `page` is the state of a background event, `stamp_of` the store's `stamp`.
    """

    async def show(_stamp: Any) -> None:
        async with page:
            await page._show()
            await say_whether_database_answers(page, True)
        await asyncio.sleep(GATHER)

    # Only under the lock is the state the one that `load` has written: outside it a copy from before is seen.
    async with page:
        known = page._stamp
    await show_changes(None, stamp_of, known, show)
