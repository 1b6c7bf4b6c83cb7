"""How an open page follows the database: woken by a hint or by the clock, it asks for a version and compares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from cantomeet_ui.outage import database_waited_for
from cantomeet_ui.push.live import Hints, hints
from cantomeet_ui.push.sharing import versions

LONGEST_WAIT = 5.0
"""Seconds after which a page looks without a hint."""
V = TypeVar("V")


async def show_changes(
    meeting_id: str | None,
    version_of: Callable[[], V],
    known: V,
    show: Callable[[V], Awaitable[None]],
    *,
    heard: Hints = hints,
    at_most: float = LONGEST_WAIT,
) -> None:
    """Call `show` with each new answer of `version_of` (it may block) after `known`, for ever; None follows all
    meetings. What a database that does not answer keeps from being shown is shown at a later look.

    Who follows the same at the same time shares a look, so `version_of` must be the same question for all of them.
    """
    seen = 0
    while True:
        seen = await heard.wait_for_change(meeting_id, seen, at_most)
        with database_waited_for():
            # Only with those who have heard as much: an answer that was on its way before the last hint is too old.
            version = await versions.ask((meeting_id, seen), version_of)
            if version != known:
                await show(version)
                known = version
