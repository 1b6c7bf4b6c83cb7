"""The story of a meeting, one short step at a time. Knows nothing of queues: it is told how to wake and to publish.

`advance` takes the lease, does one step, commits what came of it together with when the next one is due, and wakes the
next one. Whatever dies in between, the database still says what is due.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from sqlalchemy.exc import OperationalError

from cantomeet.errors import ErrorCode, LeaseLost, PermanentError, StorageFull, TransientError
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting
from cantomeet.reasons import reason_text
from cantomeet.store import LEASE_SECONDS, NewAttempt
from worker import steps
from worker.lease import Lease
from worker.toolbox import Toolbox
from worker.turns import Snooze

MOST_DEATHS = 5
"""Workers that die at one step of a meeting before the step itself is held to be what kills them."""
_AGAIN = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a write that the database did not take is tried again."""
P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger(__name__)


def advance(tools: Toolbox, meeting_id: str) -> None:
    """Do the meeting's next step if it is due and nobody has it.

    A permanent failure is raised again after it was committed, so that the queue keeps the failed job's info.
    """
    meeting = tools.store.take_lease(meeting_id, LEASE_SECONDS)
    if meeting is None:
        return
    tried = NewAttempt(step=steps.name_of(meeting), started_at=tools.store.now())
    lease = Lease(tools.store, meeting, lambda changed: _publish(tools, changed))
    try:
        _record_worker_death(tools, meeting, tried)
        with lease.beating():
            after = steps.take(tools, lease, tried)
    except LeaseLost:
        _log.info("%s: %s was taken over by somebody else", meeting.id, tried.step)
        return
    except Snooze as snooze:
        after = _settled(_snooze, tools, meeting, snooze)
    except PermanentError as error:
        _settled(_fail, tools, meeting, tried, error.code, error.params, error.detail)
        raise
    except Exception as error:
        # The edge of a job: whatever a step dies of, the meeting is tried again or FAILED, never left.
        transient = as_transient(error, tools.timeouts)
        before = 0 if lease.progressed else meeting.attempt_count
        if transient.code is ErrorCode.WORKER_DIED:
            # Each try began its child twice.
            transient.params["times"] = 2 * (before + 1)
        if _out_of_tries(tools, meeting, transient, before):
            _settled(_fail, tools, meeting, tried, transient.code, transient.params, transient.detail)
            raise
        after = _settled(_retry, tools, meeting, tried, transient, before)
    if after is not None:
        _go_on(tools, meeting, after)


def _settled(write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Write down how a step ended, however long the database is held: else its worker would be taken for dead."""
    for pause in _AGAIN:
        try:
            return write(*args, **kwargs)
        except OperationalError as error:
            _log.warning("the end of a step is not written down yet: %s", type(error.orig).__name__)
            time.sleep(pause)
    return write(*args, **kwargs)


def _record_worker_death(tools: Toolbox, meeting: Meeting, tried: NewAttempt) -> None:
    """Note that the worker before this one died. Raises `PermanentError` where too many did at this step."""
    if meeting.woken_until is None:
        return
    if meeting.death_count >= MOST_DEATHS and meeting.deleted_at is None:
        raise PermanentError(
            "the workers before this one ended without a word", code=ErrorCode.WORKER_DIED, times=meeting.death_count
        )
    tools.store.record_death(meeting.id, meeting.run, tried=tried)


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


def _out_of_tries(tools: Toolbox, meeting: Meeting, error: TransientError, before: int) -> bool:
    if meeting.deleted_at is not None:
        return False  # a deletion is owed for ever
    return before + 1 >= tries_of(tools, error)


def tries_of(tools: Toolbox, error: TransientError) -> int:
    """How many failures in a row are the end; what is likely to be our own fault gets few."""
    return tools.backoff.tries_of(error.code)


def _retry(tools: Toolbox, meeting: Meeting, tried: NewAttempt, error: TransientError, before: int) -> Meeting | None:
    """`before`: failures in a row before this one."""
    delay = tools.backoff.delay(before, error.retry_after)
    tried = NewAttempt(tried.step, tried.started_at, error.detail)
    try:
        return tools.store.record_retry(
            meeting.id,
            meeting.run,
            tried=tried,
            code=error.code,
            params=error.params,
            delay=delay,
            failures=before + 1,
        )
    except LeaseLost:
        return None


def _snooze(tools: Toolbox, meeting: Meeting, snooze: Snooze) -> Meeting | None:
    try:
        return tools.store.postpone(meeting.id, meeting.run, snooze.seconds, **snooze.columns)
    except LeaseLost:
        return None


def _fail(
    tools: Toolbox, meeting: Meeting, tried: NewAttempt, code: ErrorCode, params: dict[str, Any], detail: str
) -> None:
    reason = reason_text(code, params, tools.language, audio_removed=meeting.audio_removed)
    tried = NewAttempt(tried.step, tried.started_at, detail)
    # A rejected job can come to nothing any more; one that may still be fetched is kept for a retry that costs nothing.
    useless = code is ErrorCode.PROVIDER_REJECTED and meeting.stage == Stage.SUBMITTED
    let_go = useless and tools.delete_at_provider
    try:
        failed = tools.store.record_failure(
            meeting.id, meeting.run, tried=tried, code=code, params=params, reason=reason, let_go=let_go
        )
    except LeaseLost:
        return
    tools.publish(failed.id, failed.version)


def _go_on(tools: Toolbox, before: Meeting, after: Meeting) -> None:
    if after.version != before.version:
        tools.publish(after.id, after.version)
    if after.next_run_at is not None:
        delay = (after.next_run_at - after.updated_at).total_seconds()
        tools.wake(after, max(0.0, delay))


def _publish(tools: Toolbox, meeting_id: str) -> None:
    version = tools.store.version(meeting_id)
    if version is not None:
        tools.publish(meeting_id, version)
