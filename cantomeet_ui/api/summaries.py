"""The versions of a meeting's summary, and letting a summary go on that waits for the speakers' names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action
from cantomeet.models import Meeting
from cantomeet.usage import total_usage
from cantomeet_ui.api.deps import AllowedMeeting, Language, Provided
from cantomeet_ui.api.projection import head_of, summary_head_of
from cantomeet_ui.api.receiving import waking
from cantomeet_ui.api.schemas import MeetingHead, SummaryVersionsOut

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


class Shown(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(strict=True, ge=1, lt=2**31)]


@router.get("/{meeting_id}/summaries")
def summaries(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.READ))], deps: Provided, language: Language
) -> SummaryVersionsOut:
    """All versions without their items; one with its items: GET /api/meetings/{id}?summary_version=."""
    found = deps.store.summaries(meeting.id)
    shown = meeting.shown_summary or (found[0].version if found else None)
    items = [summary_head_of(one, one.version == shown, language) for one in found]
    return SummaryVersionsOut.model_validate({"items": items, "usage": total_usage(*(one.usage for one in found))})


@router.put("/{meeting_id}/summaries/shown")
def show(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.EDIT))],
    wanted: Shown,
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
) -> MeetingHead:
    """Show this version from now on, until another one is chosen or written."""
    changed = deps.store.show_summary(meeting.id, wanted.version)
    after.add_task(deps.publish, changed.id, changed.version)
    return head_of(changed, language)


@router.post("/{meeting_id}/summarise", status_code=202, deprecated=True)
@router.post("/{meeting_id}/summarize", status_code=202)
def summarize(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.RETRY))],
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
) -> MeetingHead:
    """The speakers are named, or need no names: the summary that waits for that is written now. 409 where none does."""
    going = deps.store.summarize(meeting.id)
    after.add_task(waking(deps, going))
    return head_of(going, language)
