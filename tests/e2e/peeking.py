"""The served web application with an extra route that counts waiting pages, and with shorter retry pauses."""

from __future__ import annotations

import asyncio
import json

from starlette.types import ASGIApp, Receive, Scope, Send

from cantomeet_ui.cantomeet_ui import app as pages
from cantomeet_ui.push.live import hints
from cantomeet_ui.state import engine, notice, opening

WAITING = "/waiting-pages"
LOOPING = (".follow", ".watch", ".look_for_database", ".load_again")
"""Handlers that run until their page closes."""


QUICKER = {engine: "_EVERY", notice: "RETRY_SECONDS", opening: "RETRY_SECONDS"}
"""The pauses between reads without a hint, which are shortened in this process."""


def app() -> ASGIApp:
    """The application, for granian's factory option."""
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
    """The number of running background events with these names. Reflex names their tasks after their handlers."""
    names = [task.get_name() for task in asyncio.all_tasks()]
    return sum(name.startswith("reflex_event|") and any(f"{event}|" in name for event in events) for name in names)
