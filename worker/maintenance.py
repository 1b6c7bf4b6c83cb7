"""Periodic tasks, which `worker.kinds.periodic` runs. Each is idempotent and may run twice at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cantomeet.errors import Conflict, NotFound
from worker.erasing import erase_traces
from worker.toolbox import Toolbox

_ABANDONED_SECONDS = 24 * 60 * 60.0


def sweep_recordings(tools: Toolbox) -> None:
    """Remove uploads left unfinished for a day, and files whose meeting no longer exists."""
    tools.recordings.sweep(_ABANDONED_SECONDS, keep=tools.store.retention.recording_keys())


def apply_retention(tools: Toolbox) -> None:
    """Remove recordings and meetings older than `keep_audio_days` and `keep_meetings_days`."""
    if tools.keep_meetings_days is not None:
        for meeting in tools.store.retention.expired_meetings(tools.keep_meetings_days):
            try:
                tools.wake(tools.store.meetings.mark_deleted(meeting.id, version=meeting.version), 0.0)
            except (NotFound, Conflict):
                continue  # the same task in another process was first, or a person has just restarted the meeting
    if tools.keep_audio_days is not None:
        for meeting in tools.store.retention.expired_audio(tools.keep_audio_days):
            removed = tools.store.retention.mark_audio_removed(meeting.id)
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
    "erase_traces": PeriodicTask(20.0, erase_traces),
    "apply_retention": PeriodicTask(60 * 60.0, apply_retention),
}
