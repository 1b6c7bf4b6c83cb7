"""The rescuer: wakes meetings that are due and that nobody woke, and the periodic tasks.

Any number may run, on any machine: compare-and-set gives each meeting to one of them.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import OperationalError

from cantomeet.store import MeetingStore
from worker.queue import JobQueue

EVERY = 5.0
"""Seconds between looks."""
PERIODIC = {"sweep_recordings": 60 * 60.0}
"""Seconds between runs of `worker.upkeep.TASKS`, which the web side must not import; a test holds them equal."""
_log = logging.getLogger(__name__)


def tick(store: MeetingStore, queue: JobQueue) -> int:
    """One look; how many meetings were woken. Marks nothing while Redis is away."""
    if not queue.answers():
        return 0
    woken = sum(queue.wake(meeting) for meeting in store.wake_due())
    for name, every in PERIODIC.items():
        if store.claim_periodic(name, every):
            queue.wake_periodic(name)
    return woken


def run(store: MeetingStore, queue: JobQueue, stop: threading.Event, every: float = EVERY) -> None:
    """Look every few seconds until `stop` is set."""
    while not stop.wait(every):
        try:
            woken = tick(store, queue)
        except OperationalError as error:
            _log.warning("the database did not answer the rescuer: %s", type(error.orig).__name__)
            continue
        if woken:
            _log.info("woke %d meetings that nobody had woken", woken)
