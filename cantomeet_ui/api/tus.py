"""Resumable uploads: tus 1.0 (https://tus.io/protocols/resumable-upload), core with creation and termination.

An upload's bytes are stored under its id, which is also the recording's key. The PATCH with the last byte finishes the
upload, or a later HEAD if the server died in between. The meeting has the upload's id in a unique column, so finishing
twice makes one meeting. The header `CantoMeet-Meeting-Id` has the meeting's id.
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
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices, language_of
from cantomeet_ui.api.intake import read_intake
from cantomeet_ui.api.problems import Refused, problem_response
from cantomeet_ui.api.receiving import content_length, pieces, run_in_finisher
from cantomeet_ui.api.tus_metadata import read_metadata

UPLOADS = "/api/uploads/"
MEETING_ID = "CantoMeet-Meeting-Id"
ERROR_CODE = "CantoMeet-Error-Code"
"""Sent in every refusal, because a response to HEAD has no body for it."""
VERSION = "1.0.0"
BYTES = "application/offset+octet-stream"

_CANCEL_SECONDS = 2.0
"""How long a cancellation waits for the upload's request to end. The client has just closed its connection."""
_POLL_SECONDS = 0.2
"""Seconds between checks of whether it has ended."""


class TusRoute(APIRoute):
    """Sends the protocol's version in every response and requires it in every request except OPTIONS."""

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
async def describe(services: CurrentServices) -> Response:
    """The protocol extensions and the size limit of this endpoint."""
    headers = {"Tus-Extension": "creation,creation-with-upload,termination"}
    return Response(None, 204, {**headers, "Tus-Max-Size": str(services.recordings.max_bytes)})


@router.post("/", status_code=201)
async def create_upload(request: Request, services: CurrentServices, actor: CurrentActor) -> Response:
    """Create an upload of `Upload-Length` bytes. `Upload-Metadata` has `filename` and the fields of the upload form."""
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
async def look_at_upload(upload_id: str, services: CurrentServices, actor: CurrentActor) -> Response:
    """The offset of an upload. An upload that has all its bytes is finished here."""
    try:
        return await run_in_finisher(_finish_or_report, services, actor, upload_id)
    except (DBAPIError, PoolTimeout) as error:
        # tus-js-client starts a new upload from zero on any status other than 2xx and 423.
        raise UploadBusy("the database does not answer") from error


@router.patch("/{upload_id}", status_code=204)
async def append_to_upload(
    upload_id: str, request: Request, services: CurrentServices, actor: CurrentActor
) -> Response:
    """Append bytes at `Upload-Offset`. The last ones finish the upload."""
    if request.headers.get("content-type") != BYTES:
        raise Refused(415, ErrorCode.INVALID_REQUEST, field="Content-Type")
    return await _append(request, services, actor, upload_id, _number(request, "Upload-Offset"))


@router.delete("/{upload_id}", status_code=204)
async def end_upload(upload_id: str, services: CurrentServices, actor: CurrentActor) -> Response:
    """Delete an unfinished upload and its bytes. A finished one is a meeting and has to be deleted as such."""
    deadline = time.monotonic() + _CANCEL_SECONDS
    while True:
        try:
            await asyncio.to_thread(_terminate, services, actor, upload_id)
            return Response(None, 204)
        except UploadBusy:
            if time.monotonic() >= deadline:
                raise
        # Wait here, not in a thread: few threads are left for writing uploads.
        await asyncio.sleep(_POLL_SECONDS)


def _finish_or_report(services: Services, actor: Actor, upload_id: str) -> Response:
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
    """Lock the unfinished upload, or return the meeting that it became. Raises `NotFound`, `UploadBusy`.

    The order matters: an upload is deleted after its meeting was inserted. In the other order, an upload that is
    finished between the two reads would not be found, and its sender would start again from zero.
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
        return _append_to_finished(request, lock, offset)
    try:
        received = _require_next_offset(services, lock.upload, offset, content_length(request) or 0)
        if received < lock.upload.length:
            received, meeting = await _receive(request, services, actor, lock)
        else:
            meeting = await run_in_finisher(_finish, services, actor, lock, None)
    finally:
        lock.release()
    if meeting is None:
        return _progress(lock.upload, received, 204)
    return _finished(meeting, 204)


def _append_to_finished(request: Request, meeting: Meeting, offset: int) -> Response:
    """Answer a PATCH without bytes at the end of a finished upload. Raises `Conflict` for anything else."""
    if offset != meeting.recording_bytes or content_length(request):
        raise Conflict(f"the upload is whole, at byte {meeting.recording_bytes}")
    return _finished(meeting, 204)


def _require_next_offset(services: Services, upload: Upload, offset: int, size: int) -> int:
    received = services.recordings.received_bytes(upload.id)
    if offset != received:
        raise Conflict(f"the upload is at byte {received}")
    if received + size > upload.length:
        raise Refused(413, ErrorCode.INVALID_REQUEST, field="Upload-Length")
    return received


async def _receive(
    request: Request, services: Services, actor: Actor, lock: LockedUpload
) -> tuple[int, Meeting | None]:
    """Receive the body. Returns the number of bytes so far, and the meeting once all are there."""
    writer = await asyncio.to_thread(services.recordings.receive, lock.upload.id)
    try:
        async for piece in pieces(request):
            await asyncio.to_thread(_write, lock, writer, piece)
        if writer.size < lock.upload.length:
            return writer.size, None
        return writer.size, await run_in_finisher(_finish, services, actor, lock, writer)
    finally:
        # In a thread: it waits for a write that a cancelled request may have left running.
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
    """Make the meeting of an upload that has all its bytes. If it is no recording, deletes the upload and raises."""
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


def _terminate(services: Services, actor: Actor, upload_id: str) -> None:
    """Delete an unfinished upload. Raises `UploadBusy` while another request uses it, `Conflict` if it is finished."""
    lock = _lock_or_meeting(services, actor, upload_id)
    if isinstance(lock, Meeting):
        raise _already_a_meeting(actor, lock)
    with lock:
        # The process that inserted the meeting may have died before it deleted the upload.
        meeting = earlier_by_upload(services, actor, upload_id)
        if meeting is not None:
            raise _already_a_meeting(actor, meeting)
        services.recordings.delete(upload_id)
        lock.forget()


def _already_a_meeting(actor: Actor, meeting: Meeting) -> Conflict:
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
