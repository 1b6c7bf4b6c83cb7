"""Deletes copies at a provider that are no longer needed, and retries for days if the provider is down."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.models import Job, ProviderLeftover
from cantomeet.store import LEASE_SECONDS
from worker.engine import After, Work
from worker.engine import advance as advance_job
from worker.lease import Lease
from worker.toolbox import Toolbox
from worker.turns import read_limit

KIND = JobKind.LEFTOVER
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 15 * 60.0
_MOST_DOUBLINGS = 8
_SEARCHES = (60.0, 120.0, 300.0, 900.0)
"""Seconds between searches for a job that was abandoned before its id was known. The provider's list may lag."""
_PROVIDER_KEEPS = timedelta(days=8)
"""Speechmatics deletes jobs by itself after 7 days, so no retry is needed after that."""
_log = logging.getLogger(__name__)


class LeftoverWork(Work):
    """Never fails: it is retried until the provider has surely deleted the copy by itself."""

    gives_up = False

    def __init__(self, tools: Toolbox, leftover: ProviderLeftover, job: Job) -> None:
        super().__init__(tools, Lease(job, lambda seconds, _: tools.store.jobs.renew(job, seconds)))
        self._leftover = leftover

    def step(self) -> After:
        leftover = self._leftover
        try:
            job_id = leftover.provider_job_id
            if job_id is None and leftover.submit_key is not None:
                job_id = self._search(leftover.submit_key)
                if job_id is None and leftover.looks < len(_SEARCHES):
                    pause = _SEARCHES[leftover.looks]
                    return self.tools.store.leftovers.note(self.job, pause, looks=leftover.looks + 1, searched=None)
            if job_id is not None:
                self.tools.remote(leftover.provider).delete(job_id)
        except PermanentError as error:
            # A key that is refused today may be accepted tomorrow.
            raise TransientError(error.detail, code=error.code) from None
        self.tools.store.leftovers.forget(self.job)
        return None

    def retry(self, error: TransientError, failures: int) -> After:
        _log.warning("a copy at %s is not deleted yet: %s", self._leftover.provider, error.code.value)
        if self.tools.store.now() - self._leftover.created_at > _PROVIDER_KEEPS:
            self.tools.store.leftovers.forget(self.job)
            return None
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
        return self.tools.store.leftovers.note(self.job, max(pause, error.retry_after or 0.0), tries=failures)

    def fail(self, error: StepError) -> None:
        raise AssertionError("it does not give up")

    def _search(self, submit_key: str) -> str | None:
        """The id of the job with this key, or None. A search that fails half-way continues from there the next time."""
        tools, leftover = self.tools, self._leftover
        limit = read_limit(leftover.provider)
        tools.store.turns.spend(limit)
        sent_after = leftover.sent_after

        def save_position(before: datetime) -> None:
            tools.store.leftovers.note(self.job, searched=before)
            if tools.store.turns.take(limit, reserved=True) > 0:
                raise TransientError("no turn to ask is free", code=ErrorCode.PROVIDER_BUSY)

        return tools.remote(leftover.provider).find(
            submit_key,
            None if sent_after is None else lambda: tools.store.now() - sent_after,
            before=leftover.searched,
            on_page=save_position,
        )


def take(tools: Toolbox, leftover_id: str) -> LeftoverWork | None:
    job = tools.store.jobs.take(KIND, leftover_id, LEASE_SECONDS)
    if job is None:
        return None
    leftover = tools.store.leftovers.find(leftover_id)
    assert leftover is not None, "it goes with its job"
    return LeftoverWork(tools, leftover, job)


def advance(tools: Toolbox, leftover_id: str) -> None:
    """Try to delete the copy, as `worker.engine.advance` does."""
    advance_job(take, tools, leftover_id)
