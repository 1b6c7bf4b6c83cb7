"""The web application as it is served, with one more address that says how many open pages wait for changes."""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Receive, Scope, Send

from cantomeet_ui.cantomeet_ui import app as pages
from cantomeet_ui.live import hints

WAITING = "/waiting-pages"


def app() -> ASGIApp:
    """For granian's factory."""
    served = pages()

    async def peek(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != WAITING:
            await served(scope, receive, send)
            return
        body = json.dumps({"waiting": hints.waiting}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    return peek
