"""The web's share of the rescue: jobs that are due and that nobody woke, should no worker look after them."""

from __future__ import annotations

import asyncio

from cantomeet.queue import JobQueue
from cantomeet.rescuer import EVERY, Rescuer
from cantomeet.store import MeetingStore


async def keep_rescuing(store: MeetingStore, queue: JobQueue, every: float = EVERY) -> None:
    """Look every second until cancelled."""
    rescuer = Rescuer(store, queue)
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(rescuer.try_to_look)
