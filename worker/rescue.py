"""The rescuer's loop, which runs in the workers' parent process."""

from __future__ import annotations

import threading

from cantomeet.queue import JobQueue
from cantomeet.rescuer import EVERY, Rescuer
from cantomeet.store import Database
from worker.maintenance import TASKS


def run(store: Database, queue: JobQueue, stop: threading.Event, every: float = EVERY) -> None:
    """Look for due jobs that are not in a queue, every `every` seconds until `stop` is set."""
    rescuer = Rescuer(store, queue, TASKS)
    while not stop.wait(every):
        rescuer.try_to_look()
