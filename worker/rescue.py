"""The rescuer's loop: meetings that are due and that nobody woke, the periodic tasks, and the clock."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import OperationalError

from cantomeet.clock_watch import ClockWatch
from cantomeet.queue import JobQueue, rescue
from cantomeet.store import MeetingStore
from worker.maintenance import TASKS

EVERY = 1.0
"""Seconds between looks, each of which takes 4 ms of a processor."""
_log = logging.getLogger(__name__)


def tick(store: MeetingStore, queue: JobQueue, watch: ClockWatch) -> int:
    """One look; how many meetings were woken. Periodic tasks become ordinary jobs when their turn has come."""
    watch.look()
    woken = rescue(store, queue)
    for name, task in TASKS.items():
        if queue.answers() and store.claim_periodic(name, task.every):
            queue.wake_periodic(name)
    return woken


def run(store: MeetingStore, queue: JobQueue, stop: threading.Event, every: float = EVERY) -> None:
    """Look every second until `stop` is set."""
    watch = ClockWatch(store)
    while not stop.wait(every):
        try:
            woken = tick(store, queue, watch)
        except OperationalError as error:
            _log.warning("the database did not answer the rescuer: %s", type(error.orig).__name__)
            continue
        except Exception:
            # The edge of a thread: whatever one look dies of, there is another, or meetings would be left.
            _log.exception("the rescuer's look failed")
            continue
        if woken:
            _log.info("woke %d meetings that nobody had woken", woken)
