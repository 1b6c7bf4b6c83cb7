"""Versions of a meeting's summary, and starting a summary that waits for the speakers' names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action
from cantomeet.queries.meetings import summary_versions
from cantomeet.service import meetings
from cantomeet.usage import total_usage
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.projection import head_of, summary_head_of
from cantomeet_ui.api.schemas import MeetingHead, SummaryVersionsOut

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


class ShownIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(strict=True, ge=1, lt=2**31)]


@router.get("/{meeting_id}/summaries")
def summaries(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> SummaryVersionsOut:
    """All versions without their items. GET /api/meetings/{id}?summary_version= has the items of one."""
    versions = summary_versions(services, actor, meeting_id)
    items = [summary_head_of(one, one.version == versions.shown, language) for one in versions.found]
    return SummaryVersionsOut.model_validate(
        {"items": items, "usage": total_usage(*(one.usage for one in versions.found))}
    )


@router.put("/{meeting_id}/summaries/shown")
def show(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.EDIT))],
    wanted: ShownIn,
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> MeetingHead:
    """Show this version until another one is chosen or written."""
    return head_of(meetings.show_summary(services, actor, meeting_id, wanted.version), language)


@router.post("/{meeting_id}/summarise", status_code=202, deprecated=True)
@router.post("/{meeting_id}/summarize", status_code=202)
def summarize(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.RETRY))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> MeetingHead:
    """Start the summary that waits for the speakers' names, with or without names. 409 if none waits."""
    return head_of(meetings.summarize(services, actor, meeting_id), language)
