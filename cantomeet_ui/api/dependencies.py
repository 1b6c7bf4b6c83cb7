"""What a route is given, and the checks that every route declares."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request

from cantomeet import access
from cantomeet.access import Action, Actor
from cantomeet.errors import NotFound
from cantomeet.service import Services
from cantomeet_ui.actor import actor_of
from cantomeet_ui.api.problems import preferred_language

_LONGEST_ID = 36


def services_of(request: Request, after: BackgroundTasks) -> Services:
    """Those that `build_api` was given. Pages and queue are told after the answer: a Redis that is away or slow never
    holds it up.
    """
    services: Services = request.app.state.services
    return replace(services, defer=lambda telling: after.add_task(asyncio.to_thread, telling))


Provided = Annotated[Services, Depends(services_of)]


def asker(request: Request) -> Actor:
    """Who sent the request."""
    return actor_of(request)


Asker = Annotated[Actor, Depends(asker)]


def language_of(request: Request, services: Provided) -> str:
    """The reader's language, from Accept-Language, else the installation's."""
    return preferred_language(request.headers.get("accept-language"), services.settings.language)


Language = Annotated[str, Depends(language_of)]


class Allowed:
    """A dependency: 403 where the asker may not do `action` at all. A test fails for a route without one."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self, actor: Asker) -> None:
        access.require(actor, self.action)


class AllowedMeeting(Allowed):
    """A dependency: the id in the path; 404 for what is no id.

    Whether the asker may do `action` with that meeting is asked by the command or query, in its own transaction.
    """

    def __call__(self, meeting_id: str, actor: Asker) -> str:  # type: ignore[override]  # FastAPI reads the signature
        access.require(actor, self.action)
        if len(meeting_id) > _LONGEST_ID or not meeting_id.isascii() or not meeting_id.isprintable():
            # Not every database takes every text to look for.
            raise NotFound("no such meeting")
        return meeting_id
