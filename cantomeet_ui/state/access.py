"""The door of every event handler: whoever has a websocket can name any handler with any arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

import reflex as rx

from cantomeet.access import LOCAL_OWNER, Action, require
from cantomeet.errors import NotFound
from cantomeet.models import Meeting
from cantomeet_ui import sharing
from cantomeet_ui.services import services


def handler(action: Action, *, background: bool = False) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """Make an async method an event handler that raises `NotAllowed` before it does anything.

    A test fails for a handler that was made in another way.
    """

    def make(method: Callable[..., Awaitable[Any]]) -> Any:
        @wraps(method)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            require(LOCAL_OWNER, action)
            return await method(*args, **kwargs)

        guarded.guarded_by = action  # type: ignore[attr-defined]  # read by the test that walks all handlers
        return rx.event(guarded, background=background)

    return make


async def meeting_for(action: Action, meeting_id: Any, stamp: Any = None) -> Meeting:
    """The meeting, where the asker may do `action` with it. Raises `NotFound`, also for no id, `NotAllowed`.

    `stamp`: as it was then will do; it is read once for all who ask.
    """
    checked_id = valid_id(meeting_id)
    get = partial(services().store.get, checked_id)
    if stamp is None:
        meeting = await asyncio.to_thread(get)
    else:
        meeting = await sharing.shown.ask((checked_id, stamp), get)
    require(LOCAL_OWNER, action, meeting)
    return meeting


def valid_id(meeting_id: Any) -> str:
    """The id as the database has it. Raises `NotFound` for what is no id."""
    try:
        return str(UUID(str(meeting_id)))
    except ValueError:
        raise NotFound(f"no meeting {str(meeting_id)[:36]!r}") from None
