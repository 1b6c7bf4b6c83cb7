"""Transcripts to take away."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from cantomeet.access import Action
from cantomeet.errors import Conflict
from cantomeet.exports import Form, export, holds_words
from cantomeet.models import Meeting
from cantomeet_ui.api.deps import AllowedMeeting, Language, Provided
from cantomeet_ui.api.downloads import disposition, in_pieces

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.get("/{meeting_id}/transcript", response_class=Response, responses={200: {"content": {"*/*": {}}}})
def transcript(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.READ))],
    deps: Provided,
    language: Language,
    form: Annotated[Form, Query(alias="format")] = "txt",
    view: Annotated[
        Literal["spoken", "written"], Query(description="written: in written Chinese, labelled.")
    ] = "spoken",
) -> Response:
    """The transcript as a download, its labels in the reader's language; md and docx with the summary."""
    written = deps.store.written(meeting.id) if view == "written" else None
    if view == "written" and (written is None or not written.lines):
        raise Conflict("the written view has not been made")
    spoken = deps.store.paged_transcript(meeting.id, words=holds_words(form))
    made = export(form, meeting, spoken, deps.store.summary(meeting.id), language, written)
    headers = {"Content-Disposition": disposition("attachment", made.filename), "Vary": "Accept-Language"}
    return StreamingResponse(in_pieces(made.pieces), headers=headers, media_type=made.media_type)
