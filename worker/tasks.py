"""RQ's entry points. A job is an address, not a place to work: each body is one line."""

from __future__ import annotations

from worker.kinds import checks, leftovers, meeting, periodic, written_view
from worker.runtime import toolbox


def transcribe_meeting_task(meeting_id: str) -> None:
    """The next step towards the meeting's transcript."""
    meeting.advance(toolbox(), meeting_id)


def summarize_meeting_task(meeting_id: str) -> None:
    """The next step towards the meeting's summary."""
    meeting.advance(toolbox(), meeting_id)


def delete_meeting_task(meeting_id: str) -> None:
    """Remove what belongs to a deleted meeting."""
    meeting.advance(toolbox(), meeting_id)


def write_view_task(meeting_id: str) -> None:
    """The next step towards the meeting's written view."""
    written_view.advance(toolbox(), meeting_id)


def delete_leftover_task(leftover_id: str) -> None:
    """Delete a copy at a provider that is not needed any more."""
    leftovers.advance(toolbox(), leftover_id)


def periodic_task(name: str) -> None:
    """One run of a periodic task of `worker.maintenance`."""
    periodic.advance(toolbox(), name)


def check_provider_task(name: str) -> None:
    """Test whether a provider's key, address and model would do."""
    checks.advance(toolbox(), name)
