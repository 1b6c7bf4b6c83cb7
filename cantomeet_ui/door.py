"""The door of every socket: what comes in is an event of ours with the arguments that it takes, or it is refused.

Reflex believes what a page sends, and a traceback is its answer to what no page would. Any script can open a socket.
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
from cantomeet.storable import fault_in
from cantomeet_ui.push.followers import followers
from cantomeet_ui.state.arguments import Arguments

_FRAMEWORKS_SETTER = ".setvar"
"""Reflex gives it to every state and has no switch for it; no page of ours uses it."""
_LONGEST_PLACE = 4000
"""Characters of an address and of what its query has."""
MOST_WAITING = 300
"""Events of one page; what a script sends beyond is dropped, for all that waits is done when it has long gone."""
_MOST_TOLD = 5
"""Refusals of one socket that the log tells of."""
_log = logging.getLogger(__name__)
_arguments: dict[str, Arguments] = {}


class Place(TypedDict, total=False):
    """Where a page is, as Reflex names it."""

    pathname: str
    asPath: str
    query: dict[str, str]


class TakenEvent(TypedDict):
    """An event as Reflex takes it."""

    name: str
    payload: dict[str, object]
    router_data: Place


class Door(EventNamespace):
    """In place of Reflex's own namespace."""

    def __init__(self, namespace: str, app: App) -> None:
        super().__init__(namespace, app)
        self._refused: Counter[str] = Counter()
        """By socket."""

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        followers.is_open = self._is_open
        await super().on_connect(sid, environ, auth)

    def on_disconnect(self, sid: str, *reason: object) -> asyncio.Task[object] | None:
        token = self.sid_to_token.get(sid)
        self._refused.pop(sid, None)
        task = super().on_disconnect(sid)
        if token is not None:
            followers.closed(token)
            if task is not None:
                # Until then the page counts as open, and an event of it that was on its way may have begun to follow.
                task.add_done_callback(lambda _: followers.closed(token))
        return task

    async def on_event(self, sid: str, data: object) -> None:
        if self._waiting(sid) >= MOST_WAITING:
            return
        try:
            event = checked(data)
        except InvalidRequest as error:
            self._refused[sid] += 1
            if self._refused[sid] <= _MOST_TOLD:
                _log.warning("an event that no page sends was refused: %s: %s", error.field, error.detail)
            await self._refuse(sid, error)
            return
        try:
            await super().on_event(sid, event)
        except Exception as error:
            # The edge: whatever of an event makes Reflex stumble, the socket's other events go on.
            _log.warning("an event could not be taken: %s", type(error).__name__)

    async def _refuse(self, sid: str, error: InvalidRequest) -> None:
        token = self.sid_to_token.get(sid)
        if token is not None:
            from cantomeet_ui.state.notice import NoticeState

            told = NoticeState.refuse(ErrorCode.INVALID_REQUEST.value, error.field[:80])
            await self.app.event_processor.enqueue_many(token, *Event.from_event_type(told))

    def _waiting(self, sid: str) -> int:
        """Events of the page that are not done yet; those that are done in the background apart."""
        queues = self.app.event_processor._token_queues
        return len(queues.get(self.sid_to_token.get(sid, ""), ()))

    def _is_open(self, token: str) -> bool:
        return token in self.token_to_sid


def checked(data: object) -> TakenEvent:
    """Name, arguments and place of an event. Raises `InvalidRequest` for what no page sends."""
    if isinstance(data, str):
        data = _parsed(data)
    if not isinstance(data, dict):
        raise InvalidRequest("an object", field="event")
    name, payload = _name(data.get("name")), data.get("payload", {})
    if not isinstance(payload, dict):
        raise InvalidRequest("an object", field="payload")
    _arguments_of(name).check((), payload)
    wrong = fault_in(data.get("router_data"))
    if wrong is not None:
        raise InvalidRequest(wrong[1], field="router_data")
    _check_kept_in_browser(payload.get("vars"))
    return {"name": name, "payload": payload, "router_data": _place(data.get("router_data"))}


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
        return found
    except (ValueError, RecursionError):
        raise InvalidRequest("no JSON", field="event") from None


def _name(given: object) -> str:
    handlers = RegistrationContext.get().event_handlers
    if not isinstance(given, str) or given not in handlers or given.endswith(_FRAMEWORKS_SETTER):
        raise InvalidRequest("no such event", field="name")
    return given


def _arguments_of(name: str) -> Arguments:
    if name not in _arguments:
        _arguments[name] = Arguments(RegistrationContext.get().event_handlers[name].handler.fn)
    return _arguments[name]


def _check_kept_in_browser(kept: object) -> None:
    """What cookies hold: a text for each variable that is kept there."""
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


def _place(given: object) -> Place:
    """Where the page is; Reflex adds the rest itself."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidRequest("an object", field="router_data")
    place: Place = {}
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
        or len(given) > _LONGEST_PLACE
        or not given.isprintable()
    ):
        raise InvalidRequest("an address of ours", field="router_data")
    return given


def _query(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping) or not all(isinstance(v, str) for v in given.values()):
        raise InvalidRequest("texts by name", field="router_data")
    if sum(len(name) + len(value) for name, value in given.items()) > _LONGEST_PLACE:
        raise InvalidRequest(f"at most {_LONGEST_PLACE} characters", field="router_data")
    return dict(given)
