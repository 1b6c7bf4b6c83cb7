"""Limits the background events of open pages and cancels them when the page's socket closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from reflex_base.event.context import EventContext

MAX_PER_PAGE = 4
"""Limit on the background events of one page. The admin page has three: its rows, its engine section, and the wait for
the database."""
T = TypeVar("T")


class Followers:
    """The running background events, by the token of their page. Not thread-safe: use it on the event loop only."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, asyncio.Task[object]]] = {}
        self.is_open: Callable[[str], bool] = lambda token: True
        """Whether a page's socket is open. Set by `cantomeet_ui.event_guard`."""

    @property
    def running(self) -> int:
        """The number of running background events."""
        return sum(len(tasks) for tasks in self._of.values())

    async def follow(self, name: str, event: Callable[[], Awaitable[T]]) -> T | None:
        """Run a background event until the page closes. It replaces the page's earlier event of this `name`.

        Returns None if the page is already closed.
        """
        token, task = this_page(), asyncio.current_task()
        if task is None or not self.is_open(token):
            return None
        self._enter(token, name, task)
        try:
            return await event()
        finally:
            self._leave(token, name, task)

    def closed(self, token: str) -> None:
        """Cancel all background events of a page whose socket has closed."""
        for task in list(self._of.get(token, {}).values()):
            task.cancel()

    def _enter(self, token: str, name: str, task: asyncio.Task[object]) -> None:
        tasks = self._of.setdefault(token, {})
        replaced = [earlier] if (earlier := tasks.pop(name, None)) else []
        tasks[name] = task
        oldest = list(tasks)[: max(0, len(tasks) - MAX_PER_PAGE)]
        for ended in (*replaced, *(tasks.pop(other) for other in oldest)):
            ended.cancel()

    def _leave(self, token: str, name: str, task: asyncio.Task[object]) -> None:
        tasks = self._of.get(token, {})
        if tasks.get(name) is task:
            del tasks[name]
        if not tasks:
            self._of.pop(token, None)


followers = Followers()
"""The followers of this web process."""


def this_page() -> str:
    """The token of the page whose event runs now. Empty outside of an event."""
    try:
        return str(EventContext.get().token)
    except LookupError:
        return ""
