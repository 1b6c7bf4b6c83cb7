"""Listens to `cantomeet.changes` once per web process and wakes the open pages that wait.

A page waits at most a few seconds for a hint and then reads the database. So without Redis the pages are updated too,
only a few seconds later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from cantomeet import changes

MOST_REMEMBERED = 10_000
"""Limit on the meetings whose last hint is remembered. Beyond it all are forgotten and every page reads once."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
"""Seconds between attempts to reach Redis."""
_log = logging.getLogger(__name__)


class Hints:
    """Counts the hints and wakes waiting pages. Not thread-safe: use it on the event loop only."""

    def __init__(self) -> None:
        self._count = 0
        self._last_of: dict[str, int] = {}
        self._last_of_all = 0
        self._waiting: dict[asyncio.Future[None], str | None] = {}

    @property
    def waiting(self) -> int:
        """The number of open pages that wait now."""
        return len(self._waiting)

    def changed(self, meeting_id: str) -> None:
        """Wake the pages that show this meeting, and those that show several meetings."""
        if len(self._last_of) >= MOST_REMEMBERED and meeting_id not in self._last_of:
            self.anything_changed()
            return
        self._count += 1
        self._last_of[meeting_id] = self._count
        self._wake(meeting_id)

    def anything_changed(self) -> None:
        """Wake every page: hints may have been missed."""
        self._count += 1
        self._last_of.clear()
        self._last_of_all = self._count
        self._wake(None)

    async def wait_for_change(self, meeting_id: str | None, seen: int, at_most: float = 5.0) -> int:
        """Wait at most `at_most` seconds for a hint about the meeting (None: any meeting) that is newer than `seen`.

        Returns the `seen` for the next call, so a hint between two calls is not missed. Start with 0. Without a hint,
        all waits end at common multiples of `at_most`, so that pages can share a read.
        """
        if self._heard(meeting_id) <= seen:
            with self._waiter(meeting_id) as heard:
                await asyncio.wait([heard], timeout=at_most - asyncio.get_running_loop().time() % at_most)
        return self._count

    def _heard(self, meeting_id: str | None) -> int:
        last = self._count if meeting_id is None else self._last_of.get(meeting_id, 0)
        return max(last, self._last_of_all)

    @contextmanager
    def _waiter(self, meeting_id: str | None) -> Iterator[asyncio.Future[None]]:
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[heard] = meeting_id
        try:
            yield heard
        finally:
            del self._waiting[heard]
            heard.cancel()

    def _wake(self, meeting_id: str | None) -> None:
        for heard, wanted in self._waiting.items():
            if not heard.done() and (meeting_id is None or wanted is None or wanted == meeting_id):
                heard.set_result(None)


hints = Hints()
"""The hints of this web process."""


async def listen_for_changes(url: str) -> None:
    """Pass on the changes published at the Redis `url` until cancelled. Reconnects after a lost connection."""
    pause = _FIRST_PAUSE
    while True:
        try:
            async for change in changes.listen(url):
                pause = _FIRST_PAUSE
                if change is None:
                    hints.anything_changed()
                else:
                    hints.changed(change.meeting_id)
        except redis.RedisError as error:
            _log.info("no hints from Redis (%s); pages look by themselves", type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
