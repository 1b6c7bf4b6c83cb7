"""Keeping a meeting while a step works on it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from cantomeet.errors import LeaseLost
from cantomeet.models import Meeting
from cantomeet.store import LEASE_SECONDS, MeetingStore

_BEAT_SECONDS = 1.0
"""So soon a cancel ends an upload or a recognition."""
_LONGEST_STEP_SECONDS = 2 * 60 * 60.0
"""As RQ's job timeout: a step that hangs longer is not kept alive by its heart."""
_SHOW_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Lease:
    """A meeting that is ours: its heart beats in a thread, and its progress goes to the database now and then."""

    def __init__(self, store: MeetingStore, meeting: Meeting, changed: Callable[[str], None]) -> None:
        self._store, self.meeting, self._changed = store, meeting, changed
        self._lost = threading.Event()
        self._renewed_at = time.monotonic()
        self._ended = threading.Event()
        self._shown_at = 0.0
        self._shown: int | None = None
        self.progressed = False
        """Something was saved that the next try need not do again: a failure after it is the first in a row."""

    @property
    def run(self) -> int:
        """The fencing number that was given with it."""
        return self.meeting.run

    def show(self, fraction: float | None) -> None:
        """Show progress within the status (0..1), at most once a second. Raises `LeaseLost`."""
        self.check()
        now = time.monotonic()
        percent = None if fraction is None else max(0, min(100, int(fraction * 100)))
        if percent is None or percent == self._shown or now - self._shown_at < _SHOW_SECONDS:
            return
        self._shown, self._shown_at = percent, now
        self._renew(percent)
        self._changed(self.meeting.id)

    def check(self) -> None:
        """Raises `LeaseLost` where the meeting was taken: by a cancel, a retry, another worker.

        As the heart found; where it has not beaten for long, because this whole process stood still or the database
        did, the database is asked before anything else is done.
        """
        if self._lost.is_set():
            raise LeaseLost(self.meeting.id)
        if time.monotonic() - self._renewed_at > LEASE_SECONDS / 2:
            self._renew()

    def _renew(self, percent: int | None = None) -> None:
        asked_at = time.monotonic()
        self._store.renew_lease(self.meeting.id, self.meeting.run, LEASE_SECONDS, percent)
        self._renewed_at = asked_at

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Renew the lease in the background until the block ends."""
        heart = threading.Thread(target=self._beat, name=f"lease-{self.meeting.id}", daemon=True)
        heart.start()
        try:
            yield
        finally:
            self._ended.set()
            heart.join(timeout=_BEAT_SECONDS)

    def _beat(self) -> None:
        started = time.monotonic()
        while not self._ended.wait(_BEAT_SECONDS) and time.monotonic() - started < _LONGEST_STEP_SECONDS:
            try:
                self._renew()
            except LeaseLost:
                self._lost.set()
                return
            except OperationalError as error:
                # The next beat may still come in time; if not, the fence refuses our result.
                _log.warning("a heartbeat was lost: %s", type(error).__name__)
