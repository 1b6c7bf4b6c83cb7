"""What the routes work with, and the checks that every route declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from cantomeet import access
from cantomeet.access import LOCAL_OWNER, Action
from cantomeet.errors import NotFound
from cantomeet.models import Meeting
from cantomeet.queue import QueueOverview
from cantomeet.settings import Settings
from cantomeet.storage import Storage
from cantomeet.store import MeetingStore
from cantomeet_ui.api.problems import preferred_language

_LONGEST_ID = 36


class QueueWatch(Protocol):
    """What `/health` and the admin side ask of the queue; `cantomeet.queue.JobQueue` is one."""

    def answers(self) -> bool: ...

    def worker_count(self) -> int: ...

    def try_write(self) -> None: ...

    def overview(self) -> QueueOverview: ...

    def ask_check(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Deps:
    """Wired once a process, where the app is made."""

    settings: Settings
    store: MeetingStore
    recordings: Storage
    wake: Callable[[Meeting], object]
    """Asks the queue for the meeting's next step; must not raise where the queue is away."""
    publish: Callable[[str, int], object] = lambda meeting_id, version: None
    """Tells open pages that a meeting has another version."""
    wake_written: Callable[[str], object] = lambda meeting_id: None
    """Asks the queue for the next step of a meeting's written view."""
    queue: QueueWatch | None = None
    """None: no queue is watched, and `/health` says so."""


def deps_of(request: Request) -> Deps:
    """The parts that `build_api` was given."""
    deps: Deps = request.app.state.deps
    return deps


Provided = Annotated[Deps, Depends(deps_of)]


def language_of(request: Request, deps: Provided) -> str:
    """The reader's language, from Accept-Language, else the installation's."""
    return preferred_language(request.headers.get("accept-language"), deps.settings.language)


Language = Annotated[str, Depends(language_of)]


class Allowed:
    """A dependency: 403 where the asker may not do `action` at all. A test fails for a route without one."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self) -> None:
        access.require(LOCAL_OWNER, self.action)


class AllowedMeeting(Allowed):
    """A dependency: the path's meeting, where the asker may do `action` with it; else 404 or 403."""

    def __call__(self, meeting_id: str, deps: Provided) -> Meeting:  # type: ignore[override]  # FastAPI reads the signature
        if len(meeting_id) > _LONGEST_ID or not meeting_id.isascii() or not meeting_id.isprintable():
            # Not every database takes every text to look for.
            raise NotFound("no such meeting")
        meeting = deps.store.get(meeting_id)
        access.require(LOCAL_OWNER, self.action, meeting)
        return meeting
