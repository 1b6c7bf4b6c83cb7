"""Shares one database read among all open pages that need the same data."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

V = TypeVar("V")


class Shared:
    """A cache of answers by question. Not thread-safe: use it on the event loop; the reads run in threads.

    `kept` limits the finished answers that are kept. Running reads are always shared. A question must contain all that
    its answer depends on, including the state of the database: a version, or the last hint seen.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._answers: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def ask(self, question: Hashable, find_out: Callable[[], V]) -> V:
        """The answer to `question`. Calls `find_out`, which may block and raise, if the answer is not known yet."""
        answer = self._answers.get(question)
        # A future belongs to one event loop, and tests have several.
        if answer is None or answer.get_loop() is not asyncio.get_running_loop():
            answer = asyncio.ensure_future(asyncio.to_thread(find_out))
            answer.add_done_callback(lambda done: self._found(question, done))
            self._answers[question] = answer
        # Shielded: the first caller may be cancelled while others still wait.
        found: V = answer.result() if answer.done() else await asyncio.shield(answer)
        return found

    def _found(self, question: Hashable, answer: asyncio.Future[Any]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._answers.pop(question, None)
        done = [known for known, found in self._answers.items() if found.done()]
        for known in done[: max(0, len(done) - self._kept)]:
            del self._answers[known]


shown = Shared(kept=16)
"""What pages show of a meeting or of many, by version."""
versions = Shared(kept=0)
"""Versions, shared only while they are being read."""


async def read_for(version: Hashable | None, question: tuple[Hashable, ...], read: Callable[[], V]) -> V:
    """Call `read`, once for all pages that are about to show this version and ask the same question.

    A `version` of None reads for this page alone. `read` may block. The question must contain all that the answer
    depends on besides the version, and the kind of page. The answer is shared, so nobody may change it.
    """
    if version is None:
        return await asyncio.to_thread(read)
    return await shown.ask((version, *question), read)
