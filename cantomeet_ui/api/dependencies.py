"""FastAPI dependencies: what routes receive, and the access check that every route declares."""

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
    """The services of `build_api`. Pages and queue are notified after the response, so a slow Redis cannot delay it."""
    services: Services = request.app.state.services
    return replace(services, defer=lambda telling: after.add_task(asyncio.to_thread, telling))


CurrentServices = Annotated[Services, Depends(services_of)]


def current_actor(request: Request) -> Actor:
    """The actor who sent the request."""
    return actor_of(request)


CurrentActor = Annotated[Actor, Depends(current_actor)]


def language_of(request: Request, services: CurrentServices) -> str:
    """The reader's language from Accept-Language, else the language of the settings."""
    return preferred_language(request.headers.get("accept-language"), services.settings.language)


Language = Annotated[str, Depends(language_of)]


class Allowed:
    """A dependency that answers 403 if the actor may not do `action` at all. A test fails for a route without one."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self, actor: CurrentActor) -> None:
        access.require(actor, self.action)


class AllowedMeeting(Allowed):
    """A dependency that returns the meeting id of the path and answers 404 if it cannot be an id.

    The command or query checks in its own transaction whether the actor may do `action` with that meeting.
    """

    def __call__(self, meeting_id: str, actor: CurrentActor) -> str:  # type: ignore[override]  # FastAPI reads the signature
        access.require(actor, self.action)
        if len(meeting_id) > _LONGEST_ID or not meeting_id.isascii() or not meeting_id.isprintable():
            # A database may refuse such a text in a query.
            raise NotFound("no such meeting")
        return meeting_id
