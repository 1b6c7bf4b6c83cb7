"""Runs one step of any background job: lease, step, commit, then continue, retry or fail.

`advance` takes a job's lease, runs one step, commits its outcome together with the time of the next step, and enqueues
that step. If a process dies in between, the database still says what is due. The engine knows no queue and no kind of
job.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ParamSpec
from uuid import uuid4

from cantomeet.database import OUTAGES, outage_name
from cantomeet.errors import ErrorCode, LeaseLost, PermanentError, StepError, StorageFull, TransientError
from cantomeet.models import Job, Meeting
from worker.lease import Lease
from worker.toolbox import Toolbox
from worker.turns import Snooze

MOST_DEATHS = 5
"""After so many worker deaths at one step, the step itself is taken for the cause and the job fails."""
_WRITE_RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries of a write that the database refused."""
P = ParamSpec("P")
After = Meeting | Job | None
"""What a committed step returns: the meeting for a meeting's own job, else the job; None if nothing more is due."""
_log = logging.getLogger(__name__)


class Work(ABC):
    """A leased job: its next step, and how each outcome of the step is saved.

    `step`, `retry`, `fail` and `snooze` commit their outcome in one transaction that checks the lease. They raise
    `LeaseLost` if another worker has the job.
    """

    gives_up = True
    """Whether the job fails after too many tries or deaths. If False it is retried for ever."""

    def __init__(self, tools: Toolbox, lease: Lease) -> None:
        self.tools, self.lease = tools, lease

    @property
    def job(self) -> Job:
        return self.lease.job

    @property
    def name(self) -> str:
        """The name that the log shows."""
        return str(self.job.kind)

    @abstractmethod
    def step(self) -> After:
        """Run the next step and commit its result."""

    @abstractmethod
    def retry(self, error: TransientError, failures: int) -> After:
        """Schedule another try. `failures` counts the consecutive failures, this one included."""

    @abstractmethod
    def fail(self, error: StepError) -> None:
        """Record a permanent failure. Nothing more is due until a person retries."""

    def snooze(self, snooze: Snooze) -> After:
        """Schedule the step again later. This does not count as a failure."""
        return self.tools.store.jobs.go_on(self.job, snooze.seconds)

    def record_worker_death(self) -> None:
        """Record that the previous worker died at this step, in the timeline if the kind of job has one."""
        _log.info("%s %s: the worker before this one died", self.name, self.job.subject)

    def go_on(self, after: After) -> None:
        """Enqueue the next step, if one is due."""
        if isinstance(after, Job) and after.due_at is not None:
            self.tools.wake_job(after, delay_of(after))


Take = Callable[[Toolbox, str], Work | None]
"""Takes the lease of a subject's job. Returns None if the job is not due or another worker has it."""


def advance(take: Take, tools: Toolbox, subject: str) -> None:
    """Run the next step of the subject's job if it is due and no other worker has it.

    A permanent failure is committed and then raised again, so that RQ keeps the failed job's details.
    """
    work = take(tools, subject)
    if work is None:
        return
    try:
        _check_deaths(work)
        with work.lease.renewed():
            after = work.step()
    except LeaseLost:
        _log.info("%s: %s was taken over by somebody else", subject, work.name)
        return
    except Snooze as snooze:
        after = _commit_outcome(work.snooze, snooze)
    except PermanentError as error:
        _commit_outcome(work.fail, error)
        raise
    except Exception as error:
        # The edge of a job: after any error the job is retried or has failed. It is never left leased.
        transient = as_transient(error, tools.timeouts)
        if transient.code is ErrorCode.PROVIDER_BUSY:
            tools.on_busy(transient.retry_after)
        failures = 1 if work.lease.progressed else work.job.tries + 1
        if transient.code is ErrorCode.WORKER_DIED:
            # Each try starts its child process twice.
            transient.params["times"] = 2 * failures
        if work.gives_up and failures >= tools.backoff.tries_of(transient.code):
            _commit_outcome(work.fail, transient)
            raise
        after = _commit_outcome(work.retry, transient, failures)
    work.go_on(after)


def delay_of(job: Job) -> float:
    """Seconds from the last update of a job until it is due."""
    return 0.0 if job.due_at is None else max(0.0, (job.due_at - job.updated_at).total_seconds())


def _check_deaths(work: Work) -> None:
    """Record the previous worker's death, if it died. Raises `PermanentError` after too many deaths at this step."""
    if not work.job.worker_died:
        return
    if work.job.deaths >= MOST_DEATHS and work.gives_up:
        raise PermanentError(
            "the workers before this one ended without a word", code=ErrorCode.WORKER_DIED, times=work.job.deaths
        )
    work.record_worker_death()


def _commit_outcome(write: Callable[P, After], *args: P.args, **kwargs: P.kwargs) -> After:
    """Call `write`, and call it again for some seconds while the database is locked.

    Without the outcome of its step, the job would look as if its worker had died. Returns None if another worker has
    taken the job: that worker's outcome counts. Raises the outage after the last try.
    """
    for pause in (*_WRITE_RETRY_SECONDS, None):
        try:
            return write(*args, **kwargs)
        except LeaseLost:
            return None
        except OUTAGES as error:
            if pause is None:
                raise
            _log.warning("the end of a step is not written down yet: %s", outage_name(error))
            time.sleep(pause)
    return None


def as_transient(error: Exception, timeouts: tuple[type[Exception], ...]) -> TransientError:
    """The `TransientError` for any exception of a step. `timeouts` are the queue's own timeout exceptions."""
    if isinstance(error, TransientError):
        return error
    if isinstance(error, timeouts):
        return TransientError("the step took too long", code=ErrorCode.STEP_TIMED_OUT)
    if isinstance(error, OUTAGES):
        return TransientError(outage_name(error), code=ErrorCode.DATABASE_BUSY)
    if isinstance(error, StorageFull):
        return TransientError("no room", code=ErrorCode.DISK_FULL)
    reference = uuid4().hex[:8]
    _log.exception("an unexpected error, reference %s", reference)
    return TransientError(type(error).__name__, code=ErrorCode.INTERNAL, reference=reference)
