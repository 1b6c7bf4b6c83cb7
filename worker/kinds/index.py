"""Brings the search index up to date after a change of a meeting's texts."""

from __future__ import annotations

import logging
import time

from cantomeet.errors import StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import LEASE_SECONDS
from worker.engine import After, Work
from worker.engine import advance as advance_job
from worker.lease import Lease
from worker.toolbox import Toolbox

KIND = JobKind.INDEX
_AT_ONCE = 50
_SECONDS = 1.0
"""For other jobs that are done along with one, some at a time: after an upgrade every meeting has one."""
_log = logging.getLogger(__name__)


class IndexWork(Work):
    """Never fails: the search says that it is incomplete until the part is written."""

    gives_up = False

    def __init__(self, tools: Toolbox, job: Job) -> None:
        super().__init__(tools, Lease(job, lambda seconds, _: tools.store.jobs.renew(job, seconds)))

    def step(self) -> After:
        self.tools.store.search.update(self.job)
        until = time.monotonic() + _SECONDS
        while self.tools.store.search.update_some(_AT_ONCE) and time.monotonic() < until:
            pass
        return None

    def retry(self, error: TransientError, failures: int) -> After:
        _log.warning("a meeting is not in the search index yet: %s", error.code.value)
        return self.tools.store.jobs.go_on(
            self.job, self.tools.backoff.delay(failures - 1, error.retry_after), tries=failures
        )

    def fail(self, error: StepError) -> None:
        raise AssertionError("it does not give up")


def take(tools: Toolbox, meeting_id: str) -> IndexWork | None:
    job = tools.store.jobs.take(KIND, meeting_id, LEASE_SECONDS)
    return None if job is None else IndexWork(tools, job)


def advance(tools: Toolbox, meeting_id: str) -> None:
    """Write the meeting's part of the index, as `worker.engine.advance` does."""
    advance_job(take, tools, meeting_id)
