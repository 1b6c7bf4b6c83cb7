"""RQ's entry points. Each body is one line: the work is in `worker.kinds`."""

from __future__ import annotations

from worker.kinds import checks, index, leftovers, meeting, periodic, written_view
from worker.runtime import toolbox


def transcribe_meeting_task(meeting_id: str) -> None:
    """Run the next step towards the meeting's transcript."""
    meeting.advance(toolbox(), meeting_id)


def summarize_meeting_task(meeting_id: str) -> None:
    """Run the next step towards the meeting's summary."""
    meeting.advance(toolbox(), meeting_id)


def delete_meeting_task(meeting_id: str) -> None:
    """Remove a deleted meeting's files and rows."""
    meeting.advance(toolbox(), meeting_id)


def write_view_task(meeting_id: str) -> None:
    """Run the next step towards the meeting's written view."""
    written_view.advance(toolbox(), meeting_id)


def index_meeting_task(meeting_id: str) -> None:
    """Bring the meeting's part of the search index up to date."""
    index.advance(toolbox(), meeting_id)


def delete_leftover_task(leftover_id: str) -> None:
    """Delete a copy at a provider that is no longer needed."""
    leftovers.advance(toolbox(), leftover_id)


def periodic_task(name: str) -> None:
    """Run a periodic task of `worker.maintenance` once."""
    periodic.advance(toolbox(), name)


def check_provider_task(name: str) -> None:
    """Test a provider's key, address and model."""
    checks.advance(toolbox(), name)
