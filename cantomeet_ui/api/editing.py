"""Corrections by hand of summary items, transcript lines and speaker names.

Each edit sends in If-Match the version of what it changes: the `version` of the item, segment or speaker in a
meeting's JSON, or `*`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action
from cantomeet.service import corrections
from cantomeet.service.edits import ItemEdit, SegmentEdit
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.fields import Day
from cantomeet_ui.api.projection import item_out, segment_out, speaker_out
from cantomeet_ui.api.schemas import EditedItemOut, SegmentOut, SpeakerOut
from cantomeet_ui.api.versions import plain_etag, precondition_of

router = APIRouter(prefix="/api/meetings/{meeting_id}", tags=["corrections"])

Edited = Annotated[str, Depends(AllowedMeeting(Action.EDIT))]
RowId = Annotated[str, Path(max_length=36, pattern=r"^[!-~]+$")]
IfMatch = Annotated[str | None, Header(description="The version that the edit was made against, or *.")]
Flag = Annotated[bool, Field(strict=True)]
_VERSIONED: dict[int | str, dict[str, Any]] = {
    412: {"description": "Changed since the version in If-Match."},
    428: {"description": "If-Match is missing."},
}


class ItemEditIn(BaseModel):
    """Omitted fields stay unchanged. Only action items have `owner`, due date and `done`."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    text_other: str = ""
    owner: str | None = None
    due_text: str | None = None
    due_date: Day | None = None
    done: Flag = False
    stale: Flag = False
    """Only false: confirms that the item still holds."""


class SegmentEditIn(BaseModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    speaker_id: str | None = Field(default=None, max_length=36)
    """One of the meeting's speakers. null means unknown."""


class SpeakerEditIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str | None
    """null or empty removes the name. The recogniser's label is shown then."""


@router.patch("/items/{item_id}", responses=_VERSIONED)
def edit_item(
    meeting_id: Edited,
    item_id: RowId,
    wanted: ItemEditIn,
    services: CurrentServices,
    actor: CurrentActor,
    response: Response,
    if_match: IfMatch = None,
) -> EditedItemOut:
    """Correct an item of a summary, mark it as done, or confirm that it still holds. Its evidence stays."""
    given = ItemEdit(**wanted.model_dump(exclude_unset=True))
    item = corrections.edit_item(services, actor, meeting_id, item_id, given, precondition_of(if_match))
    response.headers["ETag"] = plain_etag(item)
    return item_out(item)


@router.delete("/items/{item_id}", status_code=204, responses=_VERSIONED)
def delete_item(
    meeting_id: Edited, item_id: RowId, services: CurrentServices, actor: CurrentActor, if_match: IfMatch = None
) -> None:
    """Delete an item from its summary."""
    corrections.delete_item(services, actor, meeting_id, item_id, precondition_of(if_match))


@router.patch("/segments/{segment_id}", responses=_VERSIONED)
def edit_segment(
    meeting_id: Edited,
    segment_id: RowId,
    wanted: SegmentEditIn,
    services: CurrentServices,
    actor: CurrentActor,
    response: Response,
    language: Language,
    if_match: IfMatch = None,
) -> SegmentOut:
    """Correct a line. The recogniser's text and its word times are kept."""
    given = SegmentEdit(**wanted.model_dump(exclude_unset=True))
    segment, speaker = corrections.edit_segment(
        services, actor, meeting_id, segment_id, given, precondition_of(if_match)
    )
    response.headers["ETag"] = plain_etag(segment)
    return segment_out(segment, speaker, language)


@router.patch("/speakers/{speaker_id}", responses=_VERSIONED)
def rename_speaker(
    meeting_id: Edited,
    speaker_id: RowId,
    wanted: SpeakerEditIn,
    services: CurrentServices,
    actor: CurrentActor,
    response: Response,
    if_match: IfMatch = None,
) -> SpeakerOut:
    """Name a speaker. Action items that the speaker owns get the new name."""
    speaker = corrections.rename_speaker(
        services, actor, meeting_id, speaker_id, wanted.name, precondition_of(if_match)
    )
    response.headers["ETag"] = plain_etag(speaker)
    return speaker_out(speaker)
