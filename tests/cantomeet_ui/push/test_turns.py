"""Pages that one change woke are served a few at a time, and one that got stuck holds up no other."""

from __future__ import annotations

import asyncio

from cantomeet_ui.push.turns import Turns


async def test_no_more_pages_than_allowed_are_served_at_once_and_each_in_its_turn() -> None:
    turns = Turns(at_once=2, patience=30)
    running, most, served = 0, 0, list[int]()

    async def serve(page: int) -> None:
        nonlocal running, most
        async with turns.taken():
            running += 1
            most = max(most, running)
            for _ in range(3):
                await asyncio.sleep(0)
            running -= 1
            served.append(page)

    await asyncio.gather(*(serve(page) for page in range(20)))
    assert (most, served) == (2, list(range(20)))


async def test_a_stuck_page_holds_up_no_other() -> None:
    turns, released = Turns(at_once=1, patience=0.01), asyncio.Event()

    async def stuck() -> None:
        async with turns.taken():
            await released.wait()

    holder = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    async with asyncio.timeout(30), turns.taken():
        assert not holder.done()
    released.set()
    await holder
    async with asyncio.timeout(30), turns.taken():
        pass


async def test_a_page_that_closes_while_it_waits_leaves_the_turn_to_the_next() -> None:
    turns, released = Turns(at_once=1, patience=30), asyncio.Event()

    async def serve() -> None:
        async with turns.taken():
            await released.wait()

    first, second = asyncio.create_task(serve()), asyncio.create_task(serve())
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    released.set()
    await first
    async with asyncio.timeout(30), turns.taken():
        pass
