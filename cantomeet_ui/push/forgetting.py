"""Keeps the states of open pages, and those of closed ones for two minutes. Reflex drops both after an hour."""

from __future__ import annotations

import asyncio
import time

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import StateToken

CLOSED_SECONDS = 120.0
"""A page that reconnects within this time finds its state unchanged, for example after a reload."""
EVERY = 20.0


class ClosedPages:
    """Tracks since when each page has been without a connection."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def to_forget(self, held: set[str], connected: set[str], now: float) -> set[str]:
        """The pages in `held` that have been closed for `CLOSED_SECONDS`. `now` is in seconds."""
        closed = held - connected
        self._since = {page: self._since.get(page, now) for page in closed}
        return {page for page, since in self._since.items() if now - since >= CLOSED_SECONDS}


async def forget_closed_pages(app: rx.App) -> None:
    """Sweep every `EVERY` seconds until cancelled."""
    pages = ClosedPages()
    while True:
        await asyncio.sleep(EVERY)
        sweep(app, pages, time.monotonic())


def sweep(app: rx.App, pages: ClosedPages, now: float) -> None:
    """Drop the states of all pages that have been closed for long enough, except states that are in use.

    Those of open pages do not expire, however long nothing happens: a change would be shown by a new state, which knows
    neither the page's address nor its filters.
    """
    manager = app.state_manager
    assert isinstance(manager, StateManagerMemory), "rxconfig.py says so"
    held = {token.ident: token for _, token in manager._token_expires_at.values()}
    connected = set(app.event_namespace.token_to_sid) if app.event_namespace else set()
    for page in connected & set(held):
        manager._track_token(held[page])
    for page in pages.to_forget(set(held), connected, now):
        if not _is_busy(manager, held[page]):
            manager._purge_token(held[page])


def _is_busy(manager: StateManagerMemory, token: StateToken[rx.State]) -> bool:
    lock = manager._states_locks.get(token.lock_key)
    return lock is not None and lock.locked()
