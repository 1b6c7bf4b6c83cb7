"""The upload endpoints: one multipart POST, and resumable uploads (`cantomeet_ui.api.tus`)."""

from __future__ import annotations

import asyncio
import hashlib

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from cantomeet.access import Action, Actor
from cantomeet.errors import InvalidRequest
from cantomeet.models import Meeting
from cantomeet.queries.uploads import earlier_by_key
from cantomeet.service import Services
from cantomeet.service.uploads import create_meeting, require_template
from cantomeet.storage import Incoming, Storage
from cantomeet.store.upload_keys import require_same_upload
from cantomeet.templates import SUMMARY_LANGUAGES
from cantomeet_ui.api import tus
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices
from cantomeet_ui.api.intake import fingerprint_of, read_intake
from cantomeet_ui.api.multipart import MAX_OVERHEAD_BYTES, MultipartUpload
from cantomeet_ui.api.receiving import content_length, pieces, run_in_finisher

_LONGEST_KEY = 255

uploads_router = APIRouter(tags=["uploads"])
uploads_router.include_router(tus.router)

_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "title": {"type": "string", "description": "Default: the file's name."},
        "description": {"type": "string"},
        "meeting_date": {"type": "string", "format": "date"},
        "priority": {"type": "string", "enum": ["default", "high"], "default": "default"},
        "language": {"type": "string", "default": "yue", "description": "The spoken language."},
        "summary_language": {
            "type": "string",
            "enum": list(SUMMARY_LANGUAGES),
            "description": "Default: the setting CANTOMEET_SUMMARY_LANGUAGE.",
        },
        "template": {
            "type": "string",
            "description": "Id of a template of GET /api/templates. Default: the setting CANTOMEET_TEMPLATE.",
        },
        "name_speakers_first": {
            "type": "string",
            "enum": ["true", "false"],
            "default": "false",
            "description": "The summary waits until POST /api/meetings/{id}/summarize.",
        },
    },
}


@uploads_router.post(
    "/meetings/upload",
    status_code=202,
    dependencies=[Depends(Allowed(Action.UPLOAD))],
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def upload_meeting(request: Request, services: CurrentServices, actor: CurrentActor) -> Response:
    """Upload a recording. The response is sent once it is safe on disk and in the database.

    A repeated `Idempotency-Key` with the same recording and fields returns the first meeting. With other content it is
    refused (409, `key_reused`).
    """
    key = _idempotency_key(request)
    services.recordings.require_size((content_length(request) or 0) - MAX_OVERHEAD_BYTES)
    earlier = await asyncio.to_thread(earlier_by_key, services, actor, key)
    if earlier is not None:
        if earlier.upload_fingerprint is not None:
            require_same_upload(earlier, await _fingerprint(request, services))
        return _accepted(request, earlier)
    return _accepted(request, await _receive(request, services, actor, key))


async def _receive(request: Request, services: Services, actor: Actor, key: str | None) -> Meeting:
    writer = await asyncio.to_thread(services.recordings.receive)
    try:
        upload = MultipartUpload(request.headers.get("content-type", ""), writer)
        async for piece in pieces(request):
            await asyncio.to_thread(upload.feed, piece)
        return await run_in_finisher(_finish, services, actor, upload, writer, key)
    finally:
        # In a thread: it waits for a write that a cancelled request may have left running.
        await asyncio.shield(asyncio.to_thread(writer.abort))


async def _fingerprint(request: Request, services: Services) -> str:
    """The fingerprint of a body whose key was seen before. The body is read and hashed, but not stored."""
    hasher = _HashingWriter(services.recordings)
    upload = MultipartUpload(request.headers.get("content-type", ""), hasher)
    async for piece in pieces(request):
        await asyncio.to_thread(upload.feed, piece)
    return fingerprint_of(upload.fields, upload.end(), hasher.sha256.hexdigest())


class _HashingWriter:
    """A writer that only hashes the recording."""

    def __init__(self, recordings: Storage) -> None:
        self.sha256 = hashlib.sha256()
        self._recordings, self._size = recordings, 0

    def write(self, data: memoryview) -> None:
        self._size += len(data)
        self._recordings.require_size(self._size)
        self.sha256.update(data)


def _finish(services: Services, actor: Actor, upload: MultipartUpload, writer: Incoming, key: str | None) -> Meeting:
    filename = upload.end()
    intake = read_intake(upload.fields, filename, services.settings)
    require_template(services, actor, upload.fields.get("template"))
    stored = writer.finish()
    fingerprint = fingerprint_of(upload.fields, filename, stored.sha256) if key else None
    return create_meeting(services, actor, stored, intake, idempotency_key=key, fingerprint=fingerprint)


def _idempotency_key(request: Request) -> str | None:
    """The request's key, or None. Raises `InvalidRequest` for an empty, repeated, long or non-ASCII key."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = keys[0].strip()
    if len(keys) > 1 or not 0 < len(key) <= _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise InvalidRequest(f"one, of 1 to {_LONGEST_KEY} visible ASCII characters", field="Idempotency-Key")
    return key


def _accepted(request: Request, meeting: Meeting) -> JSONResponse:
    body = {"id": meeting.id, "status": meeting.status, "url": f"{request.base_url}meetings/{meeting.id}"}
    return JSONResponse(body, 202, headers={"Location": f"/api/meetings/{meeting.id}"})
