"""The door of every event handler: whoever has a websocket can name any handler with any arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from cantomeet.access import LOCAL_OWNER, Action, require
from cantomeet.errors import NotFound
from cantomeet.models import Meeting
from cantomeet_ui.services import services

P = ParamSpec("P")
T = TypeVar("T")


def guarded(action: Action) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Have an async handler raise `NotAllowed` before it does anything. A test fails for a handler without it."""

    def guard(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(handler)
        async def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            require(LOCAL_OWNER, action)
            return await handler(*args, **kwargs)

        checked.guarded_by = action  # type: ignore[attr-defined]  # read by the test that walks all handlers
        return checked

    return guard


async def meeting_for(action: Action, meeting_id: Any) -> Meeting:
    """The meeting, where the asker may do `action` with it. Raises `NotFound`, also for no id, `NotAllowed`."""
    checked_id = valid_id(meeting_id)
    meeting = await asyncio.to_thread(services().store.get, checked_id)
    require(LOCAL_OWNER, action, meeting)
    return meeting


def valid_id(meeting_id: Any) -> str:
    """The id as the database has it. Raises `NotFound` for what is no id."""
    try:
        return str(UUID(str(meeting_id)))
    except ValueError:
        raise NotFound(f"no meeting {str(meeting_id)[:36]!r}") from None
