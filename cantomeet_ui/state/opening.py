"""How a page is shown for the first time, also where the database does not answer just then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cantomeet_ui.outage import AGAIN, database_waited_for
from cantomeet_ui.state.notice import say_whether_database_answers


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
