"""The background events of open pages: they end with the socket of their page, and a page has at most a few."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from reflex_base.event.context import EventContext

MOST_OF_A_PAGE = 4
"""The page with most has three: its rows, its engine room and its look for the database."""
T = TypeVar("T")


class Followers:
    """Those that run now, by the token of their page. Not thread-safe: it lives on the event loop."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, asyncio.Task[object]]] = {}
        self.is_open: Callable[[str], bool] = lambda token: True
        """Whether a page's socket is there; told by the door through which sockets come."""

    @property
    def running(self) -> int:
        """How many there are."""
        return sum(len(tasks) for tasks in self._of.values())

    async def follow(self, name: str, event: Callable[[], Awaitable[T]]) -> T | None:
        """Run the event in place of the page's earlier one of this `name`, as long as the page is there."""
        token, task = _token(), asyncio.current_task()
        if task is None or not self.is_open(token):
            return None
        self._enter(token, name, task)
        try:
            return await event()
        finally:
            self._leave(token, name, task)

    def closed(self, token: str) -> None:
        """The page's socket has ended, and all that followed for it ends."""
        for task in list(self._of.get(token, {}).values()):
            task.cancel()

    def _enter(self, token: str, name: str, task: asyncio.Task[object]) -> None:
        tasks = self._of.setdefault(token, {})
        replaced = [earlier] if (earlier := tasks.pop(name, None)) else []
        tasks[name] = task
        oldest = list(tasks)[: max(0, len(tasks) - MOST_OF_A_PAGE)]
        for ended in (*replaced, *(tasks.pop(other) for other in oldest)):
            ended.cancel()

    def _leave(self, token: str, name: str, task: asyncio.Task[object]) -> None:
        tasks = self._of.get(token, {})
        if tasks.get(name) is task:
            del tasks[name]
        if not tasks:
            self._of.pop(token, None)


followers = Followers()
"""Of this web process."""


def _token() -> str:
    """Of the page whose event runs now."""
    try:
        return str(EventContext.get().token)
    except LookupError:
        return ""
