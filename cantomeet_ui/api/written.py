"""The written-Chinese view of a transcript."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from cantomeet.access import Action
from cantomeet.service.meetings import ask_for_written
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.projection import written_head_of
from cantomeet_ui.api.schemas import WrittenHead

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.post("/{meeting_id}/written", status_code=202)
def rewrite(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.RETRY))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> WrittenHead:
    """Start to rewrite the transcript in written Chinese (書面語) with the language model.

    If there is a view already, only lines that are missing or were corrected since are rewritten. 409 without a
    language model or a transcript.
    """
    return written_head_of(ask_for_written(services, actor, meeting_id), language)
