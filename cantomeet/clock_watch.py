"""Detects that the database's clock was put back, as on a machine that started with a wrong one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from cantomeet.store import Database

_NOTICED = timedelta(seconds=5)
"""Smaller changes do no harm: jobs wait a little longer, and a lost submission is searched for a minute further back.
"""
_log = logging.getLogger(__name__)


def _passed() -> float:
    """Seconds that do not depend on the clock's setting, including time asleep if the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockWatch:
    """The observations of one watcher; each process that watches has its own."""

    def __init__(self, store: Database, passed: Callable[[], float] = _passed) -> None:
        self._store, self._passed = store, passed
        self._last: tuple[datetime, int, float] | None = None
        """The clock, how often times were moved, and the seconds that had passed by then."""

    def look(self) -> timedelta:
        """By how much the clock was put back since the last call, or at the first call since the newest change of a
        meeting.

        Zero if it was not, or if another watcher was first. Due times have been moved when it returns.
        """
        begun = self._passed()
        now, moves = self._store.clock.read()
        ended = self._passed()
        if self._last is None:
            newest = self._store.clock.newest_change()
            back, known = timedelta() if newest is None else newest - now, moves
        else:
            before, known, then = self._last
            back = timedelta(seconds=begun - then) - (now - before)
        moved = back > _NOTICED and self._store.clock.move_back(back, known)
        self._last = (now, moves + 1 if moved else moves, ended)
        if not moved:
            return timedelta()
        _log.warning("the clock was put back by %.0f s: due times are moved with it", back.total_seconds())
        return back
