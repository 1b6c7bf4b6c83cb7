"""The first entry of a timeline: the meeting's current or next step (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cantomeet.lifecycle import ACTIVE, next_step
from cantomeet.models import Job, Meeting

State = Literal["held", "waiting", "due", "paused", "names"]


@dataclass(frozen=True)
class GoingOn:
    step: str
    """The current step, or the next one, as an `Attempt` names it."""
    state: State
    """"held": a worker runs it; "waiting": until `next_run_at`; "due": for a worker; "paused": until the queue resumes;
    "names": until a person names the speakers.
    """
    next_run_at: datetime | None


def going_on(meeting: Meeting, now: datetime, *, paused: bool) -> GoingOn | None:
    """The entry, or None for a meeting that has ended. `now` is the database's clock."""
    if meeting.status not in ACTIVE:
        return None
    step = next_step(meeting.status, meeting.stage, meeting.transcriber)
    return GoingOn(step, _state(meeting.job, now, paused), meeting.job.due_at)


def _state(job: Job, now: datetime, paused: bool) -> State:
    if job.due_at is None:
        return "names"
    if job.lease_until is not None and job.lease_until > now:
        return "held"
    if paused:
        return "paused"
    return "waiting" if job.due_at > now else "due"
