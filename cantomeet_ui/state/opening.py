"""How a page is shown for the first time."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from reflex.event import EventSpec

from cantomeet_ui.following import DATABASE_AWAY
from cantomeet_ui.state.notice import NoticeState

_log = logging.getLogger(__name__)


async def opened(show: Callable[[], Awaitable[None]], follow: Any) -> list[Any]:
    """Show a page and have it followed; the events that its `load` answers with.

    Where the database does not answer now, the page says that something failed, and the background event `follow`
    shows all as soon as it does: the page's `_stamp` has to be None before.
    """
    try:
        await show()
    except DATABASE_AWAY as error:
        return [failed(error), follow]
    return [follow]


def failed(exception: Exception) -> EventSpec:
    """What tells a page that its handler failed; the log, beside the same reference, says how."""
    reference = uuid4().hex[:8]
    _log.error("a page's handler failed (%s)", reference, exc_info=exception)
    told: EventSpec = NoticeState.show(reference)
    return told
