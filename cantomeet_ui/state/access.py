"""Guards every event handler, because any client of the websocket can call any handler with any arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.event import EventSpec

from cantomeet.access import Action, require
from cantomeet.errors import NotFound, RequestError
from cantomeet_ui.actor import actor_of
from cantomeet_ui.push.followers import followers
from cantomeet_ui.state.arguments import Arguments


def handler(
    action: Action, *, background: bool = False, outlives_page: bool = False
) -> Callable[[Callable[..., Awaitable[object]]], Any]:
    """Make an async method an event handler that first checks the actor's right to `action` and the arguments.

    It raises `NotAllowed`. Arguments that do not match the annotations, and each `RequestError` that the method
    raises, are shown on the page. A background event ends with the socket of its page and runs once per page, unless it
    `outlives_page`. A test fails for a handler that is made in another way.
    """

    # Any: the page gives a handler variables in place of its values, and no type of Python's says that.
    def make(method: Callable[..., Awaitable[object]]) -> Any:
        arguments = Arguments(method)

        @wraps(method)
        async def guarded(state: rx.State, *args: object, **kwargs: object) -> object:
            require(actor_of(state), action)
            try:
                arguments.check(args, kwargs)
                if background and not outlives_page:
                    return await followers.follow(method.__qualname__, partial(method, state, *args, **kwargs))
                return await method(state, *args, **kwargs)
            except RequestError as error:
                return refused(error)

        guarded.guarded_by = action  # type: ignore[attr-defined]  # read by the test that checks all handlers
        return rx.event(guarded, background=background)

    return make


def refused(error: RequestError) -> EventSpec:
    """The event that shows on the page why a request was refused."""
    from cantomeet_ui.state.notice import NoticeState  # it has handlers itself

    told: EventSpec = NoticeState.refuse(error.code.value, str(error.params.get("field", ""))[:80])
    return told


def valid_id(meeting_id: object) -> str:
    """The id in the database's form. Raises `NotFound` if it is not a UUID."""
    try:
        return str(UUID(str(meeting_id)))
    except ValueError:
        raise NotFound(f"no meeting {str(meeting_id)[:36]!r}") from None
