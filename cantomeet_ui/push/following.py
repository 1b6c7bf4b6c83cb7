"""Lets an open page follow the database: after a hint or a timeout it reads a version and compares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from cantomeet_ui.outage import outage_tolerated
from cantomeet_ui.push.live import Hints, hints
from cantomeet_ui.push.sharing import versions
from cantomeet_ui.push.visibility import until_this_page_is_shown

LONGEST_WAIT = 5.0
"""Seconds after which a page reads the version even without a hint."""
V = TypeVar("V")


async def show_changes(
    meeting_id: str | None,
    version_of: Callable[[], V],
    known: V,
    show: Callable[[V], Awaitable[None]],
    *,
    heard: Hints = hints,
    at_most: float = LONGEST_WAIT,
    visible: Callable[[], Awaitable[None]] = until_this_page_is_shown,
) -> None:
    """Call `show` with each version that differs from the last one, starting from `known`. Runs until cancelled.

    A `meeting_id` of None follows all meetings. `version_of` reads the version and may block. Pages that follow the
    same meeting share one call of it, so it must return the same for all of them. After a database outage the change
    is shown at a later read. While `visible` waits, nothing is read or shown.
    """
    seen = 0
    while True:
        seen = await heard.wait_for_change(meeting_id, seen, at_most)
        await visible()
        with outage_tolerated():
            # Shared only by pages that have seen the same hint: a read that started before it may be outdated.
            version = await versions.ask((meeting_id, seen), version_of)
            if version != known:
                await show(version)
                known = version
