"""One look at the database for all open pages that ask the same thing: 200 pages of one meeting read it once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

V = TypeVar("V")


class Shared:
    """Answers by question. Not thread-safe: it lives on the event loop, the questions are asked in threads.

    `kept`: how many answers are kept; those that are still being found out are kept in any case. A question must name
    all that its answer depends on, the state of the database included (a version, or what had been heard by then).
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._answers: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def ask(self, question: Hashable, find_out: Callable[[], V]) -> V:
        """The answer; `find_out` (it may block, and raise) is called where nobody has asked yet."""
        answer = self._answers.get(question)
        # An answer belongs to the event loop in which it was asked for; tests have several.
        if answer is None or answer.get_loop() is not asyncio.get_running_loop():
            answer = asyncio.ensure_future(asyncio.to_thread(find_out))
            answer.add_done_callback(lambda done: self._found(question, done))
            self._answers[question] = answer
        # Who asked first may go away; the others still wait.
        found: V = answer.result() if answer.done() else await asyncio.shield(answer)
        return found

    def _found(self, question: Hashable, answer: asyncio.Future[Any]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._answers.pop(question, None)
        done = [known for known, found in self._answers.items() if found.done()]
        for known in done[: max(0, len(done) - self._kept)]:
            del self._answers[known]


shown = Shared(kept=16)
"""What pages that follow a meeting show of a version."""
versions = Shared(kept=0)
"""Versions, only while they are being looked up."""
