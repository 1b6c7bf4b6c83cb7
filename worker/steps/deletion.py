"""Removes a deleted meeting: its files first, its row last, so that after a crash the deletion is still due."""

from __future__ import annotations

from cantomeet.models import Meeting
from cantomeet.store import NewAttempt
from worker.lease import MeetingLease
from worker.toolbox import Toolbox


def delete(tools: Toolbox, lease: MeetingLease, _tried: NewAttempt) -> Meeting | None:
    """Delete the files, then the row. A job of its own (`worker.kinds.leftovers`) deletes the provider's copy."""
    meeting = lease.meeting
    tools.recordings.delete(meeting.recording_key)
    # With `delete_at_provider` the copy is already scheduled for deletion. Without it, it goes with the meeting.
    tools.store.pipeline.purge(meeting.id, meeting.job.run, delete_copy=not tools.delete_at_provider)
    return None
