"""The written-Chinese view of a transcript."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends

from cantomeet.access import Action
from cantomeet.models import Meeting
from cantomeet_ui import acting
from cantomeet_ui.api.deps import AllowedMeeting, Language, Provided
from cantomeet_ui.api.projection import written_head_of
from cantomeet_ui.api.schemas import WrittenHead

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.post("/{meeting_id}/written", status_code=202)
def rewrite(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.RETRY))],
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
) -> WrittenHead:
    """Have the transcript rewritten in written Chinese (書面語) by the language model, or only those lines that were
    corrected since or not rewritten. 409 without a language model, and before there is a transcript.
    """
    view = acting.ask_for_written(deps, meeting.id)
    after.add_task(acting.wake_written, deps, meeting.id)
    return written_head_of(view, language)
