"""The recording, as a browser can play it and jump in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from cantomeet.access import Action
from cantomeet.errors import ErrorCode
from cantomeet.exports import file_stem
from cantomeet.media import CONTENT_TYPES, PLAYBACK_CONTENT_TYPE
from cantomeet.models import Meeting
from cantomeet.queries.meetings import one_meeting
from cantomeet.recordings import Recordings
from cantomeet_ui.api.dependencies import AllowedMeeting, Asker, Provided
from cantomeet_ui.api.downloads import disposition
from cantomeet_ui.api.problems import Refused

router = APIRouter(prefix="/api/meetings", tags=["meetings"])

PLAYBACK = "playback"
"""Suffix of the copy that the worker makes of what browsers cannot play (`worker.steps.preparation`)."""


@router.head("/{meeting_id}/audio", include_in_schema=False)
@router.get(
    "/{meeting_id}/audio",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/*": {}}},
        206: {"description": "The asked Range."},
        404: {"description": "No such meeting, or its file is missing."},
        410: {"description": "The recording's retention is over."},
    },
)
def audio(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))], services: Provided, actor: Asker
) -> FileResponse:
    """The recording, or the copy made for browsers where they cannot play it; with HTTP Range."""
    meeting = one_meeting(services, actor, meeting_id)
    if meeting.audio_removed:
        raise Refused(410, ErrorCode.RECORDING_REMOVED)
    path, content_type, ending = _playable(services.recordings, meeting)
    if not path.is_file():
        raise Refused(404, ErrorCode.RECORDING_MISSING)
    headers = {"Content-Disposition": disposition("inline", f"{file_stem(meeting.title)}.{ending}")}
    return FileResponse(path, media_type=content_type, headers=headers)


def _playable(recordings: Recordings, meeting: Meeting) -> tuple[Path, str, str]:
    copy = recordings.work_path(meeting.recording_key, PLAYBACK)
    if meeting.has_playback_copy and copy.is_file():
        return copy, PLAYBACK_CONTENT_TYPE, PLAYBACK_CONTENT_TYPE.partition("/")[2]
    content_type = CONTENT_TYPES.get(meeting.media_format, "application/octet-stream")
    return recordings.path(meeting.recording_key), content_type, meeting.media_format or "bin"
