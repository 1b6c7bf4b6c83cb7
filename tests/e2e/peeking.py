"""The web application as it is served, with one more address that says how many open pages follow what happens, and
with shorter pauses where a page looks again by itself."""

from __future__ import annotations

import asyncio
import json

from starlette.types import ASGIApp, Receive, Scope, Send

from cantomeet_ui.cantomeet_ui import app as pages
from cantomeet_ui.push.live import hints
from cantomeet_ui.state import engine, notice, opening

WAITING = "/waiting-pages"
LOOPING = (".follow", ".watch", ".look_for_database", ".load_again")
"""Handlers that go on until their page goes."""


QUICKER = {engine: "_EVERY", notice: "RETRY_SECONDS", opening: "RETRY_SECONDS"}
"""Seconds between looks that no hint cuts short, of this process alone."""


def app() -> ASGIApp:
    """For granian's factory."""
    for module, pause in QUICKER.items():
        assert getattr(module, pause) > 0.5
        setattr(module, pause, 0.5)
    served = pages()

    async def peek(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != WAITING:
            await served(scope, receive, send)
            return
        body = json.dumps(
            {
                "waiting": hints.waiting,
                "following": _running(".follow"),
                "looping": _running(*LOOPING),
                "tasks": _running(""),
            }
        ).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    return peek


def _running(*events: str) -> int:
    """Background events of these names that run now; Reflex names their tasks after their handlers."""
    names = [task.get_name() for task in asyncio.all_tasks()]
    return sum(name.startswith("reflex_event|") and any(f"{event}|" in name for event in events) for name in names)
