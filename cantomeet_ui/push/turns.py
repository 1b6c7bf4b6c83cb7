"""Lets only a few of the pages that one change woke be served at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 4
"""Pages served at the same time. All at once, each would be done only when nearly all are."""
PATIENCE = 0.5
"""Seconds after which a page no longer waits for its turn: pages that got stuck must not hold up others."""


class Turns:
    """Turns of pages on one event loop."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._free, self._patience = asyncio.Semaphore(at_once), patience

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Run the block when it is this page's turn, or once it has waited long enough."""
        got = False
        try:
            async with asyncio.timeout(self._patience):
                got = await self._free.acquire()
        except TimeoutError:
            pass
        try:
            yield
        finally:
            if got:
                self._free.release()


turns = Turns()
"""The turns of this web process."""
