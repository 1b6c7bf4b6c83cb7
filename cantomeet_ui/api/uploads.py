"""The two doors for recordings: one multipart POST, and resumable uploads (`cantomeet_ui.api.tus`)."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest
from cantomeet.models import Meeting
from cantomeet.recordings import RecordingWriter
from cantomeet.templates import SUMMARY_LANGUAGES
from cantomeet_ui.api import tus
from cantomeet_ui.api.deps import Allowed, Deps, Provided
from cantomeet_ui.api.intake import keep_meeting, read_intake, require_template
from cantomeet_ui.api.multipart import MAX_OVERHEAD_BYTES, MultipartUpload
from cantomeet_ui.api.receiving import content_length, finishing, pieces, waking

_LONGEST_KEY = 255

uploads_router = APIRouter(tags=["uploads"])
uploads_router.include_router(tus.router)

_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "title": {"type": "string", "description": "The file's name where left out."},
        "description": {"type": "string"},
        "meeting_date": {"type": "string", "format": "date"},
        "priority": {"type": "string", "enum": ["default", "high"], "default": "default"},
        "language": {"type": "string", "default": "yue", "description": "Spoken."},
        "summary_language": {
            "type": "string",
            "enum": list(SUMMARY_LANGUAGES),
            "description": "The installation's CANTOMEET_SUMMARY_LANGUAGE where left out.",
        },
        "template": {
            "type": "string",
            "description": "Id of the summary's template, of GET /api/templates; CANTOMEET_TEMPLATE where left out.",
        },
        "name_speakers_first": {
            "type": "string",
            "enum": ["true", "false"],
            "default": "false",
            "description": "The summary waits until POST /api/meetings/{id}/summarise.",
        },
    },
}


@uploads_router.post(
    "/meetings/upload",
    status_code=202,
    dependencies=[Depends(Allowed(Action.UPLOAD))],
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def upload_meeting(request: Request, deps: Provided) -> Response:
    """Take a recording; the answer comes as soon as it is safe on disk and in the database.

    An `Idempotency-Key` that was seen before is answered with the first meeting.
    """
    key = _idempotency_key(request)
    earlier = await asyncio.to_thread(deps.store.find_by_idempotency_key, key)
    if earlier is not None:
        return _accepted(request, earlier)
    deps.recordings.require_size((content_length(request) or 0) - MAX_OVERHEAD_BYTES)
    meeting = await _receive(request, deps, key)
    answer = _accepted(request, meeting)
    answer.background = waking(deps, meeting)
    return answer


async def _receive(request: Request, deps: Deps, key: str | None) -> Meeting:
    writer = await asyncio.to_thread(deps.recordings.receive)
    try:
        upload = MultipartUpload(request.headers.get("content-type", ""), writer)
        async for piece in pieces(request):
            await asyncio.to_thread(upload.feed, piece)
        return await finishing(_finish, deps, upload, writer, key)
    finally:
        # In a thread: it waits for a write that a cancelled request has left behind.
        await asyncio.shield(asyncio.to_thread(writer.abort))


def _finish(deps: Deps, upload: MultipartUpload, writer: RecordingWriter, key: str | None) -> Meeting:
    intake = read_intake(upload.fields, upload.end(), deps.settings)
    require_template(deps, upload.fields)
    return keep_meeting(deps, writer.finish(), intake, idempotency_key=key)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > _LONGEST_KEY or not key.isascii() or not (key.isprintable() or not key):
        raise InvalidRequest(f"at most {_LONGEST_KEY} visible ASCII characters", field="Idempotency-Key")
    return key or None


def _accepted(request: Request, meeting: Meeting) -> JSONResponse:
    body = {"id": meeting.id, "status": meeting.status, "url": f"{request.base_url}meetings/{meeting.id}"}
    return JSONResponse(body, 202, headers={"Location": f"/api/meetings/{meeting.id}"})
