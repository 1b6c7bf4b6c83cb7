"""What is going on with a meeting, and what was tried before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cantomeet.access import Action
from cantomeet.going_on import State, going_on
from cantomeet.queries import meetings
from cantomeet_ui.api.dependencies import AllowedMeeting, Asker, Provided

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


class NowOut(BaseModel):
    step: str
    """The one under way, or owed next."""
    state: State
    """"held": a worker has it; "waiting": for `next_run_at`; "due": for a worker; "paused": for the queue to go on;
    "names": for a person to name the speakers."""
    next_run_at: datetime | None


class AttemptOut(BaseModel):
    step: str
    outcome: Literal["done", "retry", "failed"]
    error_code: str | None
    detail: str
    """For the operator."""
    provider_job_id: str | None
    started_at: datetime
    finished_at: datetime
    next_run_at: datetime | None
    """As it was planned then."""


class TimelineOut(BaseModel):
    now: NowOut | None
    """null where it has ended."""
    attempts: list[AttemptOut]
    """Oldest first."""


@router.get("/{meeting_id}/timeline")
def timeline(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))], services: Provided, actor: Asker
) -> TimelineOut:
    """What is going on and when the next step is due; and each try of a step. A look in vain is no try."""
    found = meetings.timeline(services, actor, meeting_id)
    now = going_on(found.meeting, found.now, paused=found.paused)
    attempts = [
        AttemptOut(**{name: getattr(attempt, name) for name in AttemptOut.model_fields}) for attempt in found.attempts
    ]
    return TimelineOut(now=None if now is None else NowOut(**vars(now)), attempts=attempts)
