"""Pages that need the same data at the same time share a read, and none gets data older than its last hint."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from cantomeet_ui.push.following import show_changes
from cantomeet_ui.push.live import Hints
from cantomeet_ui.push.sharing import Shared


class Database:
    """Counts reads, each of which blocks until it is released."""

    def __init__(self, version: int = 1) -> None:
        self.version, self.looks = version, 0
        self.go = threading.Event()
        self.go.set()

    def look(self) -> int:
        seen = self.version
        self.looks += 1
        assert self.go.wait(30)
        return seen


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - threads set no asyncio event
            await asyncio.sleep(0.01)


async def test_pages_that_ask_at_once_share_one_read() -> None:
    shared, database = Shared(kept=0), Database(7)
    assert await asyncio.gather(*(shared.ask("version", database.look) for _ in range(200))) == [7] * 200
    assert database.looks == 1


async def test_no_more_answers_are_kept_than_configured() -> None:
    shared, database = Shared(kept=1), Database()
    for question in ("one", "one", "two", "one"):
        await shared.ask(question, database.look)
    assert database.looks == 3


async def test_an_error_reaches_all_who_asked_and_is_not_kept() -> None:
    shared = Shared(kept=1)

    def fails() -> int:
        raise OSError("away")

    answers = await asyncio.gather(*(shared.ask("version", fails) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    assert await shared.ask("version", Database(2).look) == 2


async def test_the_others_still_get_their_answer_when_the_first_one_goes_away() -> None:
    shared, database = Shared(kept=0), Database(3)
    database.go.clear()
    first = asyncio.create_task(shared.ask("version", database.look))
    second = asyncio.create_task(shared.ask("version", database.look))
    await until(lambda: database.looks)
    first.cancel()
    database.go.set()
    assert await second == 3
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_hint_during_a_read_leads_to_another_read() -> None:
    hints, database = Hints(), Database(1)
    shown: dict[str, int] = {}

    async def follow(name: str) -> None:
        async def show(version: int) -> None:
            shown[name] = version

        await show_changes("m", database.look, 1, show, heard=hints, at_most=3600)

    early = asyncio.create_task(follow("early"))
    await until(lambda: hints.waiting)
    database.go.clear()
    hints.changed("m")
    await until(lambda: database.looks)
    database.version = 2
    hints.changed("m")
    # This page starts now: the running read started before the change.
    late = asyncio.create_task(follow("late"))
    await until(lambda: database.looks == 2)
    database.go.set()
    await until(lambda: shown == {"early": 2, "late": 2})
    early.cancel()
    late.cancel()
    await asyncio.gather(early, late, return_exceptions=True)


async def test_pages_without_hints_read_at_the_same_time() -> None:
    hints, database, shown = Hints(), Database(), list[int]()
    database.go.clear()

    async def show(version: int) -> None:
        shown.append(version)

    tasks = []
    for _ in range(5):
        tasks.append(asyncio.create_task(show_changes("m", database.look, 0, show, heard=hints, at_most=1.0)))
        await asyncio.sleep(0.01)
    await until(lambda: database.looks and not hints.waiting)
    looks = database.looks
    database.go.set()
    await until(lambda: len(shown) == 5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert looks < 5
