"""The rescuer's loop, beside the workers."""

from __future__ import annotations

import threading

from cantomeet.queue import JobQueue
from cantomeet.rescuer import EVERY, Rescuer
from cantomeet.store import MeetingStore
from worker.maintenance import TASKS


def run(store: MeetingStore, queue: JobQueue, stop: threading.Event, every: float = EVERY) -> None:
    """Look every second until `stop` is set."""
    rescuer = Rescuer(store, queue, TASKS)
    while not stop.wait(every):
        rescuer.try_to_look()
