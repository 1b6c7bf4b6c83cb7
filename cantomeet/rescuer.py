"""The rescuer, which wakes due jobs that are in no queue and watches the clock. Worker and web process run one each."""

from __future__ import annotations

import logging
from collections.abc import Collection

from cantomeet.clock_watch import ClockWatch
from cantomeet.database import OUTAGES, outage_name
from cantomeet.jobs import JobKind
from cantomeet.queue import JobQueue, rescue
from cantomeet.store import Database

EVERY = 1.0
"""Seconds between rounds, each of which takes 4 ms of a processor."""
_log = logging.getLogger(__name__)


class Rescuer:
    """The rounds of one process; any number of processes may run them."""

    def __init__(self, store: Database, queue: JobQueue, periodic: Collection[str] = ()) -> None:
        """`periodic`: names of the periodic tasks that this process schedules."""
        self._store, self._queue, self._periodic = store, queue, periodic
        self._watch = ClockWatch(store)

    def look(self) -> int:
        """One round. Returns how many jobs were woken."""
        self._watch.look()
        self._store.jobs.keep_scheduled(JobKind.PERIODIC, self._periodic)
        return rescue(self._store, self._queue)

    def try_to_look(self) -> None:
        """One round. All errors are logged, because the next round must follow, or due jobs would be left."""
        try:
            woken = self.look()
        except OUTAGES as error:
            _log.warning("the database did not answer the rescuer: %s", outage_name(error))
        except Exception:  # the edge of a loop that must not end
            _log.exception("the rescuer's look failed")
        else:
            if woken:
                _log.info("woke %d jobs that nobody had woken", woken)
