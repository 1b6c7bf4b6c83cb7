"""Resumable uploads: tus 1.0 (https://tus.io/protocols/resumable-upload), core with creation and termination.

An upload's bytes lie under its id, which is also the recording's key. It is finished by whoever comes first after
its last byte: the PATCH that brought it, or a HEAD after the server died in between. The meeting carries the upload's
id in a unique column, so that finishing twice makes one meeting; its id is in the header `CantoMeet-Meeting-Id`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cantomeet.access import Action, Actor, require
from cantomeet.errors import CantoMeetError, Conflict, ErrorCode, NotFound, RecordingRefused, StorageFull
from cantomeet.models import Meeting
from cantomeet.queries.uploads import earlier_by_upload
from cantomeet.service import Services
from cantomeet.service.uploads import Intake, create_meeting, meeting_of_upload, require_template
from cantomeet.storage import Incoming, LockedUpload, Upload, UploadBusy
from cantomeet_ui.api.dependencies import Allowed, Asker, Provided, language_of
from cantomeet_ui.api.intake import read_intake
from cantomeet_ui.api.problems import Refused, problem_response
from cantomeet_ui.api.receiving import content_length, finishing, pieces
from cantomeet_ui.api.tus_metadata import read_metadata

UPLOADS = "/api/uploads/"
MEETING_ID = "CantoMeet-Meeting-Id"
ERROR_CODE = "CantoMeet-Error-Code"
"""In every refusal, for an answer to HEAD has no body that could name it."""
VERSION = "1.0.0"
BYTES = "application/offset+octet-stream"

_PATIENCE_SECONDS = 2.0
"""For the end of a connection that the one who cancels has just closed himself."""
_LOOK_SECONDS = 0.2
"""Between two looks whether it has ended."""


class TusRoute(APIRoute):
    """Says the protocol's version in every answer and asks for it in every request but OPTIONS."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                _require_version(request)
                response = await answer(request)
            except CantoMeetError as error:
                response = problem_response(error, language_of(request, request.app.state.services))
                if request.method == "HEAD":
                    response = Response(None, response.status_code)
                response.headers[ERROR_CODE] = error.code.value
            response.headers.update({"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Cache-Control": "no-store"})
            return response

        return handle


def _require_version(request: Request) -> None:
    if request.method != "OPTIONS" and request.headers.get("tus-resumable") != VERSION:
        raise Refused(412, ErrorCode.INVALID_REQUEST, field="Tus-Resumable")


router = APIRouter(
    prefix=UPLOADS.rstrip("/"),
    route_class=TusRoute,
    dependencies=[Depends(Allowed(Action.UPLOAD))],
)


@router.options("/")
@router.options("/{upload_id}")
async def describe(services: Provided) -> Response:
    """What this endpoint can do."""
    headers = {"Tus-Extension": "creation,creation-with-upload,termination"}
    return Response(None, 204, {**headers, "Tus-Max-Size": str(services.recordings.max_bytes)})


@router.post("/", status_code=201)
async def create_upload(request: Request, services: Provided, actor: Asker) -> Response:
    """A new upload, of `Upload-Length` bytes; `Upload-Metadata` names `filename` and what the form would hold."""
    length = _length(request)
    metadata = read_metadata(request.headers.get("upload-metadata", ""))
    _intake(services, metadata)
    await asyncio.to_thread(require_template, services, actor, metadata.get("template"))
    upload = await asyncio.to_thread(services.recordings.create_upload, length, metadata)
    if request.headers.get("content-type") == BYTES:
        response = await _append(request, services, actor, upload.id, 0)
        response.status_code = 201
    else:
        response = _progress(upload, 0, 201)
    response.headers["Location"] = UPLOADS + upload.id
    return response


@router.head("/{upload_id}")
async def look_at_upload(upload_id: str, services: Provided, actor: Asker) -> Response:
    """How far the upload has come. One that has all its bytes is finished here."""
    try:
        return await finishing(_look, services, actor, upload_id)
    except (DBAPIError, PoolTimeout) as error:
        # tus-js-client starts a new upload from zero on any other answer than 2xx and 423.
        raise UploadBusy("the database does not answer") from error


@router.patch("/{upload_id}", status_code=204)
async def append_to_upload(upload_id: str, request: Request, services: Provided, actor: Asker) -> Response:
    """More bytes, from `Upload-Offset` on; the last ones finish the upload."""
    if request.headers.get("content-type") != BYTES:
        raise Refused(415, ErrorCode.INVALID_REQUEST, field="Content-Type")
    return await _append(request, services, actor, upload_id, _number(request, "Upload-Offset"))


@router.delete("/{upload_id}", status_code=204)
async def end_upload(upload_id: str, services: Provided, actor: Asker) -> Response:
    """Forget an unfinished upload and its bytes; a finished one is a meeting and is deleted as such."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await asyncio.to_thread(_end, services, actor, upload_id)
            return Response(None, 204)
        except UploadBusy:
            if time.monotonic() >= deadline:
                raise
        # Here, and not in a thread: those that write uploads are few.
        await asyncio.sleep(_LOOK_SECONDS)


def _look(services: Services, actor: Actor, upload_id: str) -> Response:
    lock = _lock_or_meeting(services, actor, upload_id)
    if isinstance(lock, Meeting):
        return _finished(lock, 200)
    with lock:
        received = services.recordings.received_bytes(upload_id)
        if received < lock.upload.length:
            return _progress(lock.upload, received, 200)
        meeting = _finish(services, actor, lock, None)
    return _finished(meeting, 200)


def _lock_or_meeting(services: Services, actor: Actor, upload_id: str) -> LockedUpload | Meeting:
    """The unfinished upload, or what it has become. Raises `NotFound`, `UploadBusy`.

    The order matters: an upload is forgotten after its meeting was inserted. Looked for the other way round, one that
    is finished between the two looks would be neither, and its sender would begin again from zero.
    """
    try:
        return services.recordings.lock_upload(upload_id)
    except NotFound:
        meeting = earlier_by_upload(services, actor, upload_id)
        if meeting is None:
            raise
        return meeting


async def _append(request: Request, services: Services, actor: Actor, upload_id: str, offset: int) -> Response:
    lock = await asyncio.to_thread(_lock_or_meeting, services, actor, upload_id)
    if isinstance(lock, Meeting):
        return _append_nothing(request, lock, offset)
    try:
        received = _require_to_follow(services, lock.upload, offset, content_length(request) or 0)
        if received < lock.upload.length:
            received, meeting = await _receive(request, services, actor, lock)
        else:
            meeting = await finishing(_finish, services, actor, lock, None)
    finally:
        lock.release()
    if meeting is None:
        return _progress(lock.upload, received, 204)
    return _finished(meeting, 204)


def _append_nothing(request: Request, meeting: Meeting, offset: int) -> Response:
    """An upload that has become a meeting takes no more bytes; a client that asks how far it is learns the rest."""
    if offset != meeting.recording_bytes or content_length(request):
        raise Conflict(f"the upload is whole, at byte {meeting.recording_bytes}")
    return _finished(meeting, 204)


def _require_to_follow(services: Services, upload: Upload, offset: int, size: int) -> int:
    received = services.recordings.received_bytes(upload.id)
    if offset != received:
        raise Conflict(f"the upload is at byte {received}")
    if received + size > upload.length:
        raise Refused(413, ErrorCode.INVALID_REQUEST, field="Upload-Length")
    return received


async def _receive(
    request: Request, services: Services, actor: Actor, lock: LockedUpload
) -> tuple[int, Meeting | None]:
    """How many bytes are there now, and the meeting if they are all."""
    writer = await asyncio.to_thread(services.recordings.receive, lock.upload.id)
    try:
        async for piece in pieces(request):
            await asyncio.to_thread(_write, lock, writer, piece)
        if writer.size < lock.upload.length:
            return writer.size, None
        return writer.size, await finishing(_finish, services, actor, lock, writer)
    finally:
        # In a thread: it waits for a write that a cancelled request has left behind.
        await asyncio.shield(asyncio.to_thread(writer.leave))


def _write(lock: LockedUpload, writer: Incoming, piece: bytearray) -> None:
    if writer.size + len(piece) > lock.upload.length:
        raise Refused(413, ErrorCode.INVALID_REQUEST, field="Upload-Length")
    try:
        writer.write(piece)
    except (RecordingRefused, StorageFull):
        writer.abort()
        lock.forget()
        raise


def _finish(services: Services, actor: Actor, lock: LockedUpload, writer: Incoming | None) -> Meeting:
    """The meeting of an upload that has all its bytes; what is no recording is forgotten, with its bytes."""
    upload = lock.upload
    meeting = meeting_of_upload(services, actor, upload.id)
    if meeting is not None:
        lock.forget()
        return meeting
    try:
        if services.recordings.size(upload.id) is not None:
            stored = services.recordings.stored(upload.id)
        else:
            stored = (writer or services.recordings.receive(upload.id)).finish()
    except (RecordingRefused, StorageFull):
        lock.forget()
        raise
    meeting = create_meeting(services, actor, stored, _intake(services, upload.metadata), upload_id=upload.id)
    lock.forget()
    return meeting


def _end(services: Services, actor: Actor, upload_id: str) -> None:
    """Raises `UploadBusy` while another request has it."""
    lock = _lock_or_meeting(services, actor, upload_id)
    if isinstance(lock, Meeting):
        raise _become(actor, lock)
    with lock:
        # Who inserted the meeting may have died before it forgot the upload.
        meeting = earlier_by_upload(services, actor, upload_id)
        if meeting is not None:
            raise _become(actor, meeting)
        services.recordings.delete(upload_id)
        lock.forget()


def _become(actor: Actor, meeting: Meeting) -> Conflict:
    require(actor, Action.DELETE, meeting)
    return Conflict("the upload has become a meeting")


def _intake(services: Services, metadata: dict[str, str]) -> Intake:
    filename = metadata.get("filename") or metadata.get("name", "")
    return read_intake(metadata, filename, services.settings)


def _progress(upload: Upload, offset: int, status: int) -> Response:
    return Response(None, status, {"Upload-Offset": str(offset), "Upload-Length": str(upload.length)})


def _finished(meeting: Meeting, status: int) -> Response:
    size = str(meeting.recording_bytes)
    headers = {"Upload-Offset": size, "Upload-Length": size, MEETING_ID: meeting.id}
    return Response(None, status, headers)


def _length(request: Request) -> int:
    length = _number(request, "Upload-Length")
    if length == 0:
        raise RecordingRefused("no bytes", code=ErrorCode.EMPTY_UPLOAD)
    return length


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(400, ErrorCode.INVALID_REQUEST, field=header)
    return int(text)
