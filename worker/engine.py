"""The one loop of background work: lease, step, commit, go on, retry, give up. Knows no queue and no kind of job.

`advance` takes a job's lease, does one step, commits what came of it together with when the next one is due, and wakes
the next one. Whatever dies in between, the database still says what is due.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ParamSpec
from uuid import uuid4

from sqlalchemy.exc import OperationalError

from cantomeet.errors import ErrorCode, LeaseLost, PermanentError, StepError, StorageFull, TransientError
from cantomeet.models import Job, Meeting
from worker.lease import Lease
from worker.toolbox import Toolbox
from worker.turns import Snooze

MOST_DEATHS = 5
"""Workers that die at one step before the step itself is held to be what kills them."""
_AGAIN = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a write that the database did not take is tried again."""
P = ParamSpec("P")
After = Meeting | Job | None
"""What a committed step has left: a meeting for its own job, else the job; None where nothing more is due."""
_log = logging.getLogger(__name__)


class Work(ABC):
    """One job in a worker's hands: its step, and how what comes of the step is written down.

    Each method but `wake` commits its outcome in one transaction, fenced, and raises `LeaseLost` where another has it.
    """

    gives_up = True
    """It fails after too many tries or deaths; else it is tried for ever."""

    def __init__(self, tools: Toolbox, lease: Lease) -> None:
        self.tools, self.lease = tools, lease

    @property
    def job(self) -> Job:
        return self.lease.job

    @property
    def name(self) -> str:
        """For the log."""
        return str(self.job.kind)

    @abstractmethod
    def step(self) -> After:
        """Do the next step."""

    @abstractmethod
    def retry(self, error: TransientError, failures: int) -> After:
        """The step failed for now, `failures` times in a row by now."""

    @abstractmethod
    def fail(self, error: StepError) -> None:
        """Nothing more until somebody asks again."""

    def snooze(self, snooze: Snooze) -> After:
        """The step is to be taken again later, which is no failure."""
        return self.tools.store.go_on_with_job(self.job, snooze.seconds)

    def record_worker_death(self) -> None:
        """The worker before this one died: where a timeline is kept, it says so."""
        _log.info("%s %s: the worker before this one died", self.name, self.job.subject)

    def go_on(self, after: After) -> None:
        """Wake the next step, if one is due."""
        if isinstance(after, Job) and after.due_at is not None:
            self.tools.wake_job(after, delay_of(after))


Take = Callable[[Toolbox, str], Work | None]
"""Takes the lease of a subject's job; None where it is not due or somebody else has it."""


def advance(take: Take, tools: Toolbox, subject: str) -> None:
    """Do the next step of the subject's job if it is due and nobody has it.

    A permanent failure is raised again after it was committed, so that the queue keeps the failed job's info.
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
        after = _settled(work.snooze, snooze)
    except PermanentError as error:
        _settled(work.fail, error)
        raise
    except Exception as error:
        # The edge of a job: whatever a step dies of, it is tried again or has failed, never left.
        transient = as_transient(error, tools.timeouts)
        failures = 1 if work.lease.progressed else work.job.tries + 1
        if transient.code is ErrorCode.WORKER_DIED:
            # Each try began its child twice.
            transient.params["times"] = 2 * failures
        if work.gives_up and failures >= tools.backoff.tries_of(transient.code):
            _settled(work.fail, transient)
            raise
        after = _settled(work.retry, transient, failures)
    work.go_on(after)


def delay_of(job: Job) -> float:
    """Seconds from the writing of a job until it is due."""
    return 0.0 if job.due_at is None else max(0.0, (job.due_at - job.updated_at).total_seconds())


def _check_deaths(work: Work) -> None:
    """Note that the worker before this one died. Raises `PermanentError` where too many did at this step."""
    if not work.job.worker_died:
        return
    if work.job.deaths >= MOST_DEATHS and work.gives_up:
        raise PermanentError(
            "the workers before this one ended without a word", code=ErrorCode.WORKER_DIED, times=work.job.deaths
        )
    work.record_worker_death()


def _settled(write: Callable[P, After], *args: P.args, **kwargs: P.kwargs) -> After:
    """Write down how a step ended, however long the database is held: else its worker would be taken for dead.

    None where somebody else has the job by now: what they make of it counts.
    """
    for pause in (*_AGAIN, None):
        try:
            return write(*args, **kwargs)
        except LeaseLost:
            return None
        except OperationalError as error:
            if pause is None:
                raise
            _log.warning("the end of a step is not written down yet: %s", type(error.orig).__name__)
            time.sleep(pause)
    return None


def as_transient(error: Exception, timeouts: tuple[type[Exception], ...]) -> TransientError:
    """What a step died of, as something to be tried again."""
    if isinstance(error, TransientError):
        return error
    if isinstance(error, timeouts):
        return TransientError("the step took too long", code=ErrorCode.STEP_TIMED_OUT)
    if isinstance(error, OperationalError):
        return TransientError(type(error.orig).__name__, code=ErrorCode.DATABASE_BUSY)
    if isinstance(error, StorageFull):
        return TransientError("no room", code=ErrorCode.DISK_FULL)
    reference = uuid4().hex[:8]
    _log.exception("an unexpected error, reference %s", reference)
    return TransientError(type(error).__name__, code=ErrorCode.INTERNAL, reference=reference)
