"""The timeline of a meeting: its current step and its earlier attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cantomeet.access import Action
from cantomeet.going_on import State, going_on
from cantomeet.queries import meetings
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


class NowOut(BaseModel):
    step: str
    """The running step, or the next one."""
    state: State
    """"held": a worker runs it; "waiting": until `next_run_at`; "due": waits for a worker; "paused": the queue is
    paused; "names": waits until a person has named the speakers."""
    next_run_at: datetime | None


class AttemptOut(BaseModel):
    step: str
    outcome: Literal["done", "retry", "failed"]
    error_code: str | None
    detail: str
    """Details for the operator."""
    provider_job_id: str | None
    started_at: datetime
    finished_at: datetime
    next_run_at: datetime | None
    """When the next try was planned at that time."""


class TimelineOut(BaseModel):
    now: NowOut | None
    """null if nothing more is to be done."""
    attempts: list[AttemptOut]
    """Oldest first."""


@router.get("/{meeting_id}/timeline")
def timeline(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))], services: CurrentServices, actor: CurrentActor
) -> TimelineOut:
    """The current step and when it is due, and each attempt of a step. A poll of a running job is no attempt."""
    found = meetings.timeline(services, actor, meeting_id)
    now = going_on(found.meeting, found.now, paused=found.paused)
    attempts = [
        AttemptOut(**{name: getattr(attempt, name) for name in AttemptOut.model_fields}) for attempt in found.attempts
    ]
    return TimelineOut(now=None if now is None else NowOut(**vars(now)), attempts=attempts)
