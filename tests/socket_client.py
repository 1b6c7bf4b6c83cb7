"""A script that opens the pages' socket and sends what it likes: Socket.IO by hand, over a plain websocket."""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import reflex as rx
from websockets.sync.client import ClientConnection, connect

from cantomeet_ui import state


def event_name(of: str) -> str:
    """Of an event of ours: `event_name("items.ItemsState.hold_all")`."""
    module, state, handler = of.split(".")
    found = getattr(import_module(f"cantomeet_ui.state.{module}"), state)
    return f"{found.get_full_name()}.{handler}"


def page_events() -> list[tuple[str, list[str]]]:
    """Every event that a script can name, ours and the framework's, with the names of its arguments."""
    for module in pkgutil.iter_modules([str(Path(state.__file__ or "").parent)]):
        import_module(f"cantomeet_ui.state.{module.name}")
    states = [rx.State, *_below(rx.State)]
    # A mixin takes no events; its handlers are those of the states that it is mixed into.
    ours = [cls for cls in states if not cls.__module__.startswith("tests.") and not cls._mixin]
    return [
        (f"{cls.get_full_name()}.{name}", list(inspect.signature(handler.fn).parameters)[1:])
        for cls in ours
        for name, handler in cls.event_handlers.items()
    ]


def _below(cls: type[rx.State]) -> Iterator[type[rx.State]]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


class SocketClient:
    """One socket, which is one page."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.received: list[str] = []

    def send(self, name: Any, payload: Any = None, path: str = "/", query: Any = None) -> None:
        """An event as a page sends it."""
        place = {"pathname": path, "asPath": path, **({} if query is None else {"query": query})}
        self.send_data({"name": name, "payload": payload or {}, "router_data": place})

    def send_data(self, data: Any) -> None:
        """Anything in place of an event."""
        self.send_raw("42/_event," + json.dumps(["event", data]))

    def send_raw(self, text: str | bytes) -> None:
        self._connection.send(text)

    def answered(self, about: str, seconds: float = 20.0) -> bool:
        """True as soon as something that holds `about` has come, False after so long without."""
        try:
            while True:
                text = str(self._connection.recv(timeout=seconds))
                if text == "2":
                    self.send_raw("3")
                self.received.append(text)
                if about in text:
                    return True
        except TimeoutError:
            return False


@contextmanager
def socket_open(url: str, token: str | None = None) -> Iterator[SocketClient]:
    """A socket at `url`, which begins with http, greeted and ready for events."""
    asked = urlencode({"EIO": "4", "transport": "websocket", "token": token or uuid4().hex})
    address = f"{url.replace('http', 'ws', 1)}/_event/?{asked}"
    # A server that has had enough of a script does not say goodbye to it.
    with connect(address, max_size=None, proxy=None, close_timeout=0.5) as connection:
        client = SocketClient(connection)
        assert client.answered('"sid"')
        client.send_raw("40/_event,")
        assert client.answered("40/_event")
        yield client
