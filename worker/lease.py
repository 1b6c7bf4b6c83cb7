"""Keeps a job's lease while a step works on it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cantomeet.database import OUTAGES, outage_name
from cantomeet.errors import LeaseLost
from cantomeet.models import Job, Meeting
from cantomeet.store import LEASE_SECONDS

_BEAT_SECONDS = 1.0
"""Seconds between renewals. A cancel ends an upload or a recognition within this time."""
_LONGEST_STEP_SECONDS = 2 * 60 * 60.0
"""The same as RQ's job timeout. After that, the lease of a step that hangs is no longer renewed."""
_SHOW_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Lease:
    """A leased job. A heartbeat thread renews the lease, and `show` saves the progress."""

    def __init__(
        self,
        job: Job,
        renew: Callable[[float, int | None], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`renew` extends the lease by so many seconds and saves the progress (0-100). It raises `LeaseLost`.

        `changed` is called after progress was saved.
        """
        self.job = job
        self._renew_for, self._changed = renew, changed
        self._lost = threading.Event()
        self._renewed_at = time.monotonic()
        self._ended = threading.Event()
        self._shown_at = 0.0
        self._shown: int | None = None
        self.progressed = False
        """Whether the step saved work that the next try reuses. A failure after that counts as the first in a row."""

    @property
    def run(self) -> int:
        """The lease's fencing token."""
        return self.job.run

    def show(self, fraction: float | None) -> None:
        """Show progress within the status (0..1), at most once a second. Raises `LeaseLost`."""
        self.check()
        now = time.monotonic()
        percent = None if fraction is None else max(0, min(100, int(fraction * 100)))
        if percent is None or percent == self._shown or now - self._shown_at < _SHOW_SECONDS:
            return
        self._shown, self._shown_at = percent, now
        self._renew(percent)
        self._changed()

    def check(self) -> None:
        """Raises `LeaseLost` if a cancel, a retry or another worker has taken the job.

        This is what the heartbeat thread found at its last renewal. If that was long ago, because this process or the
        database was suspended, the lease is renewed here first.
        """
        if self._lost.is_set():
            raise LeaseLost(self.job.subject)
        if time.monotonic() - self._renewed_at > LEASE_SECONDS / 2:
            self._renew()

    def _renew(self, percent: int | None = None) -> None:
        asked_at = time.monotonic()
        self._renew_for(LEASE_SECONDS, percent)
        self._renewed_at = asked_at

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease in the background until the block ends."""
        name = f"lease-{self.job.kind}-{self.job.subject}"
        heartbeat = threading.Thread(target=self._beat, name=name, daemon=True)
        heartbeat.start()
        try:
            yield
        finally:
            self._ended.set()
            heartbeat.join(timeout=_BEAT_SECONDS)

    def _beat(self) -> None:
        started = time.monotonic()
        while not self._ended.wait(_BEAT_SECONDS) and time.monotonic() - started < _LONGEST_STEP_SECONDS:
            try:
                self._renew()
            except LeaseLost:
                self._lost.set()
                return
            except OUTAGES as error:
                # The next renewal may still be in time. If not, the fencing token makes the store refuse our result.
                _log.warning("a heartbeat was lost: %s", outage_name(error))


class MeetingLease(Lease):
    """The lease of a meeting's own job, or of its written view's."""

    def __init__(
        self,
        meeting: Meeting,
        job: Job,
        renew: Callable[[float, int | None], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(job, renew, changed)
        self.meeting = meeting
        """The meeting when the lease was taken, or as the step last saved it."""
