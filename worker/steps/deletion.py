"""What belongs to a deleted meeting, removed: its files first, its row last, so that a crash leaves it due."""

from __future__ import annotations

from cantomeet.models import Meeting
from cantomeet.store import NewAttempt
from worker.lease import MeetingLease
from worker.toolbox import Toolbox


def delete(tools: Toolbox, lease: MeetingLease, _tried: NewAttempt) -> Meeting | None:
    """Delete the files, then the row; the provider's copy is left to the periodic clean-up, which tries for days."""
    meeting = lease.meeting
    tools.recordings.delete(meeting.recording_key)
    # A copy that was to stay after the transcript goes with the meeting.
    tools.store.purge(meeting.id, meeting.job.run, let_go=not tools.delete_at_provider)
    return None
