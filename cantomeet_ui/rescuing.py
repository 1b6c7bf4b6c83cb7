"""The web's share of the rescue: meetings that are due and that nobody woke, should no worker look after them."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import OperationalError

from cantomeet.clock_watch import ClockWatch
from cantomeet.queue import JobQueue, rescue
from cantomeet.store import MeetingStore

EVERY = 1.0
"""Seconds between looks."""
_log = logging.getLogger(__name__)


async def keep_rescuing(store: MeetingStore, queue: JobQueue, every: float = EVERY) -> None:
    """Look every second until cancelled."""
    watch = ClockWatch(store)
    while True:
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(_look, store, queue, watch)
        except OperationalError as error:
            _log.warning("the database did not answer the rescuer: %s", type(error.orig).__name__)
        except Exception:
            # The edge of a task: whatever one look dies of, there is another, or meetings would be left.
            _log.exception("the rescuer's look failed")


def _look(store: MeetingStore, queue: JobQueue, watch: ClockWatch) -> None:
    watch.look()
    rescue(store, queue)
