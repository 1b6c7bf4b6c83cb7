"""Validates every event that arrives on a socket: only known events with valid arguments pass.

Any script can open a socket. Reflex trusts what arrives there, and answers malformed events with a traceback.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypedDict

from reflex.app import App, EventNamespace
from reflex.event import Event
from reflex.state import State
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.registry import RegistrationContext

from cantomeet.errors import ErrorCode, InvalidRequest
from cantomeet.storable import is_storable
from cantomeet_ui.push.followers import followers
from cantomeet_ui.push.visibility import hidden_pages
from cantomeet_ui.state.arguments import Arguments

_REFLEX_SETTER = ".setvar"
"""Reflex adds this event to every state and cannot be told not to. Our pages do not use it."""
_MAX_LOCATION_CHARACTERS = 4000
"""Limit on the characters of an address, and of its query."""
MAX_QUEUED_EVENTS = 300
"""Limit on the queued events of one page. More are dropped, because Reflex runs them even after the page has gone."""
_MAX_LOGGED_REFUSALS = 5
"""Limit on the refusals of one socket that are logged."""
_log = logging.getLogger(__name__)
_arguments: dict[str, Arguments] = {}


class Location(TypedDict, total=False):
    """The location of a page, as Reflex names its parts."""

    pathname: str
    asPath: str
    query: dict[str, str]


class CheckedEvent(TypedDict):
    """An event in the form that Reflex takes."""

    name: str
    payload: dict[str, object]
    router_data: Location


class GuardedEventNamespace(EventNamespace):
    """Replaces Reflex's event namespace and checks each event first."""

    def __init__(self, namespace: str, app: App) -> None:
        super().__init__(namespace, app)
        self._refused: Counter[str] = Counter()
        """Number of refused events by socket id."""

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        followers.is_open = self._is_open
        await super().on_connect(sid, environ, auth)

    def on_disconnect(self, sid: str, *reason: object) -> asyncio.Task[object] | None:
        token = self.sid_to_token.get(sid)
        self._refused.pop(sid, None)
        task = super().on_disconnect(sid)
        if token is not None:
            _page_closed(token)
            if task is not None:
                # Until then the page counts as open, and an event that was on its way may have started a new follower.
                task.add_done_callback(lambda _: _page_closed(token))
        return task

    async def on_event(self, sid: str, data: object) -> None:
        if self._queued(sid) >= MAX_QUEUED_EVENTS:
            return
        try:
            event = checked(data)
        except InvalidRequest as error:
            self._refused[sid] += 1
            if self._refused[sid] <= _MAX_LOGGED_REFUSALS:
                _log.warning("an event that no page sends was refused: %s: %s", error.field, error.detail)
            await self._refuse(sid, error)
            return
        try:
            await super().on_event(sid, event)
        except Exception as error:
            # The edge of an event: after any error of Reflex, the socket's other events still run.
            _log.warning("an event could not be taken: %s", type(error).__name__)

    async def _refuse(self, sid: str, error: InvalidRequest) -> None:
        token = self.sid_to_token.get(sid)
        if token is not None:
            from cantomeet_ui.state.notice import NoticeState

            told = NoticeState.refuse(ErrorCode.INVALID_REQUEST.value, error.field[:80])
            await self.app.event_processor.enqueue_many(token, *Event.from_event_type(told))

    def _queued(self, sid: str) -> int:
        """How many events of the page are not done yet, background events excluded."""
        queues = self.app.event_processor._token_queues
        return len(queues.get(self.sid_to_token.get(sid, ""), ()))

    def _is_open(self, token: str) -> bool:
        return token in self.token_to_sid


def _page_closed(token: str) -> None:
    followers.closed(token)
    hidden_pages.show(token)


def checked(data: object) -> CheckedEvent:
    """The name, arguments and location of an event. Raises `InvalidRequest` for anything that no page sends."""
    if isinstance(data, str):
        data = _parsed(data)
    if not isinstance(data, dict):
        raise InvalidRequest("an object", field="event")
    name, payload = _name(data.get("name")), data.get("payload", {})
    if not isinstance(payload, dict):
        raise InvalidRequest("an object", field="payload")
    _arguments_of(name).check((), payload)
    _check_kept_in_browser(payload.get("vars"))
    return {"name": name, "payload": payload, "router_data": _location(data.get("router_data"))}


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
        return found
    except (ValueError, RecursionError):
        raise InvalidRequest("no JSON", field="event") from None


def _name(name: object) -> str:
    handlers = RegistrationContext.get().event_handlers
    if not isinstance(name, str) or name not in handlers or name.endswith(_REFLEX_SETTER):
        raise InvalidRequest("no such event", field="name")
    return name


def _arguments_of(name: str) -> Arguments:
    if name not in _arguments:
        _arguments[name] = Arguments(RegistrationContext.get().event_handlers[name].handler.fn)
    return _arguments[name]


def _check_kept_in_browser(kept: object) -> None:
    """Check the values of cookies: each must be a string and belong to a variable that is stored in the browser."""
    if not isinstance(kept, dict | None):
        raise InvalidRequest("texts by name", field="vars")
    for name, value in (kept or {}).items():
        if not isinstance(value, str) or not _is_kept_in_browser(name):
            raise InvalidRequest("a text that the browser keeps", field="vars")


def _is_kept_in_browser(name: str) -> bool:
    state, _, variable = name.rpartition(".")
    try:
        return State.get_class_substate(state)._is_client_storage(variable.removesuffix(FIELD_MARKER))
    except ValueError:
        return False


def _location(given: object) -> Location:
    """The page's path and query. Reflex adds the rest of `router_data` itself."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidRequest("an object", field="router_data")
    place: Location = {}
    if "pathname" in given:
        place["pathname"] = _path(given["pathname"])
    if "asPath" in given:
        place["asPath"] = _path(given["asPath"])
    if "query" in given:
        place["query"] = _query(given["query"])
    return place


def _path(given: object) -> str:
    if (
        not isinstance(given, str)
        or not given.startswith("/")
        or given.startswith("//")
        or len(given) > _MAX_LOCATION_CHARACTERS
        or not given.isprintable()
    ):
        raise InvalidRequest("an address of ours", field="router_data")
    return given


def _query(given: object) -> dict[str, str]:
    """Without what is no text, as of `?q=%00`: a person may open such an address, and the page says what is wrong."""
    if not isinstance(given, Mapping) or not all(isinstance(v, str) for v in given.values()):
        raise InvalidRequest("texts by name", field="router_data")
    if sum(len(name) + len(value) for name, value in given.items()) > _MAX_LOCATION_CHARACTERS:
        raise InvalidRequest(f"at most {_MAX_LOCATION_CHARACTERS} characters", field="router_data")
    return {name: value for name, value in given.items() if is_storable(name) and is_storable(value)}
