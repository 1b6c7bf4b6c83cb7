"""The written-Chinese view of a transcript."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from cantomeet.access import Action
from cantomeet.service.meetings import ask_for_written
from cantomeet_ui.api.dependencies import AllowedMeeting, Asker, Language, Provided
from cantomeet_ui.api.projection import written_head_of
from cantomeet_ui.api.schemas import WrittenHead

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.post("/{meeting_id}/written", status_code=202)
def rewrite(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.RETRY))],
    services: Provided,
    actor: Asker,
    language: Language,
) -> WrittenHead:
    """Have the transcript rewritten in written Chinese (書面語) by the language model, or only those lines that were
    corrected since or not rewritten. 409 without a language model, and before there is a transcript.
    """
    return written_head_of(ask_for_written(services, actor, meeting_id), language)
