"""Serves the recording so that a browser can play it and seek in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from cantomeet.access import Action
from cantomeet.errors import ErrorCode
from cantomeet.exports import file_stem
from cantomeet.media import CONTENT_TYPES, PLAYBACK_CONTENT_TYPE
from cantomeet.models import Meeting
from cantomeet.queries.meetings import one_meeting
from cantomeet.storage import Copy, Storage
from cantomeet_ui.api.dependencies import AllowedMeeting, CurrentActor, CurrentServices
from cantomeet_ui.api.downloads import disposition
from cantomeet_ui.api.problems import Refused
from cantomeet_ui.api.ranges import ranged

router = APIRouter(prefix="/api/meetings", tags=["meetings"])


@router.head("/{meeting_id}/audio", include_in_schema=False)
@router.get(
    "/{meeting_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}},
        206: {"description": "The requested range."},
        404: {"description": "No such meeting, or its file is missing."},
        410: {"description": "The recording's retention is over."},
    },
)
def audio(
    request: Request,
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))],
    services: CurrentServices,
    actor: CurrentActor,
) -> Response:
    """The recording, or its playback copy if browsers cannot play it. Supports HTTP Range."""
    meeting = one_meeting(services, actor, meeting_id)
    if meeting.audio_removed:
        raise Refused(410, ErrorCode.RECORDING_REMOVED)
    copy = _playable_copy(services.recordings, meeting)
    size = services.recordings.size(meeting.recording_key, copy)
    if size is None:
        raise Refused(404, ErrorCode.RECORDING_MISSING)
    if copy is None:
        content_type = CONTENT_TYPES.get(meeting.media_format, "application/octet-stream")
        ending = meeting.media_format or "bin"
    else:
        content_type, ending = PLAYBACK_CONTENT_TYPE, PLAYBACK_CONTENT_TYPE.partition("/")[2]
    return ranged(
        request,
        size=size,
        # The bytes under a key never change.
        etag=f'"{meeting.recording_key}-{copy or "recording"}-{size}"',
        read=lambda start, stop: services.recordings.read(meeting.recording_key, start, stop, copy),
        content_type=content_type,
        headers={"Content-Disposition": disposition("inline", f"{file_stem(meeting.title)}.{ending}")},
    )


def _playable_copy(recordings: Storage, meeting: Meeting) -> Copy | None:
    """The playback copy if there is one, else None for the recording itself."""
    if not meeting.has_playback_copy:
        return None
    return None if recordings.size(meeting.recording_key, Copy.PLAYBACK) is None else Copy.PLAYBACK
