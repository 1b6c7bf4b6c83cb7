"""Downloads of transcripts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from cantomeet.access import Action
from cantomeet.exports import Form, export, holds_words
from cantomeet.queries.meetings import for_export
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.downloads import disposition, in_pieces

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.get("/{meeting_id}/transcript", response_class=Response, responses={200: {"content": {"*/*": {}}}})
def transcript(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    form: Annotated[Form, Query(alias="format")] = "txt",
    view: Annotated[
        Literal["spoken", "written"], Query(description="written: in written Chinese, labelled as such.")
    ] = "spoken",
) -> Response:
    """The transcript as a download, with labels in the reader's language. md and docx contain the summary too."""
    found = for_export(services, actor, meeting_id, words=holds_words(form), written=view == "written")
    made = export(form, found.meeting, found.spoken, found.summary, language, found.written)
    headers = {"Content-Disposition": disposition("attachment", made.filename), "Vary": "Accept-Language"}
    return StreamingResponse(in_pieces(made.pieces), headers=headers, media_type=made.media_type)
