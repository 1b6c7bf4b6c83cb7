"""How an open page follows the database: woken by a hint or by the clock, it asks for a version and compares."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from cantomeet_ui.live import Hints, hints
from cantomeet_ui.sharing import versions

LONGEST_WAIT = 5.0
"""Seconds after which a page looks without a hint."""
GATHER = 0.25
"""Seconds after a push in which further changes are gathered into the next one."""
V = TypeVar("V")
_log = logging.getLogger(__name__)


async def changes_of(
    meeting_id: str | None,
    version_of: Callable[[], V],
    known: V,
    *,
    heard: Hints = hints,
    at_most: float = LONGEST_WAIT,
) -> AsyncIterator[V]:
    """Yield each new answer of `version_of` (it may block) after `known`, for ever; None follows all meetings.

    Who follows the same at the same time shares a look, so `version_of` must be the same question for all of them.
    """
    seen = 0
    while True:
        seen = await heard.wait_for_change(meeting_id, seen, at_most)
        try:
            # Only with those who have heard as much: an answer that was on its way before the last hint is too old.
            version = await versions.ask((meeting_id, seen), version_of)
        except OperationalError as error:
            _log.warning("the database did not answer a page: %s", type(error.orig).__name__)
            continue
        if version != known:
            known = version
            yield version


async def show_each_change(page: Any, stamp_of: Callable[[], Any]) -> None:
    """Have a page that shows many meetings show each change, for ever: its `_show`, from what its `_stamp` says on.

    `page` is the state of a background event, `stamp_of` the store's `stamp`.
    """
    # Only under the lock is the state the one that `load` has written: outside it a copy from before is seen.
    async with page:
        known = page._stamp
    async for _ in changes_of(None, stamp_of, known):
        async with page:
            await page._show()
        await asyncio.sleep(GATHER)
