"""Periodic tasks. Each is idempotent and safe when run twice at once; a table says when each is due next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cantomeet.errors import Conflict, ErrorCode, NotFound, PermanentError, TransientError
from cantomeet.models import ProviderLeftover
from worker.erasing import erase_traces
from worker.toolbox import Toolbox
from worker.turns import asking

_ABANDONED_SECONDS = 24 * 60 * 60.0
_HOLD_SECONDS = 15 * 60.0
"""At the most, between two tries to delete a provider's copy."""
_FIRST_PAUSE = 30.0
_SEARCHES = (60.0, 120.0, 300.0, 900.0)
"""Seconds between two looks for a job that was let go of before its id was known: the list may be behind."""
_PROVIDER_KEEPS = timedelta(days=8)
"""Speechmatics deletes by itself after 7 days; then there is nothing left to try for."""
_log = logging.getLogger(__name__)


def sweep_recordings(tools: Toolbox) -> None:
    """Remove uploads that nobody finished for a day, and files whose meeting is gone."""
    tools.recordings.sweep(_ABANDONED_SECONDS, keep=tools.store.recording_keys())


def delete_leftovers(tools: Toolbox) -> None:
    """Delete the copies at providers that are not needed any more; what fails is tried again later."""
    for leftover in tools.store.claim_leftovers(_HOLD_SECONDS):
        try:
            gone = _delete_at_provider(tools, leftover)
        except (TransientError, PermanentError) as error:
            _log.warning("a copy at %s is not deleted yet: %s", leftover.provider, error.code.value)
            gone = False
            asked_to_wait = error.retry_after if isinstance(error, TransientError) else None
            pause = min(_HOLD_SECONDS, _FIRST_PAUSE * 2.0 ** min(leftover.attempt_count, 8))
            tools.store.note_leftover(leftover.id, max(pause, asked_to_wait or 0.0))
        if gone or tools.store.now() - leftover.created_at > _PROVIDER_KEEPS:
            tools.store.forget_leftover(leftover.id)


def _delete_at_provider(tools: Toolbox, leftover: ProviderLeftover) -> bool:
    provider = tools.remote(leftover.provider)
    job_id = leftover.provider_job_id
    if job_id is None and leftover.submit_key is not None:
        job_id = _search(tools, leftover, leftover.submit_key)
        if job_id is None:
            if leftover.looks >= len(_SEARCHES):
                return True
            tools.store.note_leftover(
                leftover.id, _SEARCHES[leftover.looks], looks=leftover.looks + 1, searched=None, attempt_count=0
            )
            return False
    if job_id is not None:
        provider.delete(job_id)
    return True


def _search(tools: Toolbox, leftover: ProviderLeftover, submit_key: str) -> str | None:
    """The job with this key; a search that fails half-way goes on from there the next time."""
    limit = asking(leftover.provider)
    tools.store.spend_turn(limit)
    sent_after = leftover.sent_after

    def reached(before: datetime) -> None:
        tools.store.note_leftover(leftover.id, searched=before)
        if tools.store.take_turn(limit, reserved=True) > 0:
            raise TransientError("no turn to ask is free", code=ErrorCode.PROVIDER_BUSY)

    return tools.remote(leftover.provider).find(
        submit_key,
        None if sent_after is None else lambda: tools.store.now() - sent_after,
        before=leftover.searched,
        on_page=reached,
    )


def apply_retention(tools: Toolbox) -> None:
    """Remove recordings and meetings that are older than the settings keep them."""
    if tools.keep_meetings_days is not None:
        for meeting in tools.store.expired_meetings(tools.keep_meetings_days):
            try:
                tools.wake(tools.store.mark_deleted(meeting.id, version=meeting.version), 0.0)
            except (NotFound, Conflict):
                continue  # the same task, run elsewhere at the same moment, was first; or a person set it going again
    if tools.keep_audio_days is not None:
        for meeting in tools.store.expired_audio(tools.keep_audio_days):
            removed = tools.store.mark_audio_removed(meeting.id)
            if removed is not None:
                tools.recordings.delete(removed.recording_key)
                tools.publish(removed.id, removed.version)


@dataclass(frozen=True)
class PeriodicTask:
    every: float
    """Seconds between runs."""
    run: Callable[[Toolbox], None]


TASKS = {
    "sweep_recordings": PeriodicTask(60 * 60.0, sweep_recordings),
    "delete_leftovers": PeriodicTask(20.0, delete_leftovers),
    "erase_traces": PeriodicTask(20.0, erase_traces),
    "apply_retention": PeriodicTask(60 * 60.0, apply_retention),
}


def run(tools: Toolbox, name: str) -> None:
    """One run of the task. Raises `KeyError` for a name that this version of the program does not have."""
    TASKS[name].run(tools)
