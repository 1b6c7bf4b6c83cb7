"""Runs a rescuer in the web process, which enqueues due jobs even if the workers' own rescuer is down."""

from __future__ import annotations

import asyncio

from cantomeet.queue import JobQueue
from cantomeet.rescuer import EVERY, Rescuer
from cantomeet.store import Database


async def keep_rescuing(store: Database, queue: JobQueue, every: float = EVERY) -> None:
    """Look for due jobs that are not in a queue, every `every` seconds until cancelled."""
    rescuer = Rescuer(store, queue)
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(rescuer.try_to_look)
