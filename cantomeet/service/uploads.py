"""Commands that turn an uploaded recording into a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cantomeet.access import Action, Actor, require
from cantomeet.errors import InvalidRequest, KeyReused
from cantomeet.models import Meeting
from cantomeet.service.changing import changing
from cantomeet.service.services import Services
from cantomeet.storage import Stored
from cantomeet.store import NewMeeting


@dataclass(frozen=True)
class Intake:
    """The fields of an upload: everything except the bytes."""

    filename: str
    title: str
    description: str
    meeting_date: date | None
    priority: str
    language: str
    summary_language: str
    template: str
    name_speakers_first: bool


def create_meeting(
    services: Services,
    actor: Actor,
    stored: Stored,
    intake: Intake,
    *,
    idempotency_key: str | None = None,
    fingerprint: str | None = None,
    upload_id: str | None = None,
) -> Meeting:
    """Create the meeting of a stored recording, or return the earlier one with this key or upload id.

    Raises `NotAllowed`, and `KeyReused` if the key was used with another `fingerprint`; then the recording is deleted.

    If the database fails the recording is kept, because it is unknown whether the row was written. A recording without
    a row is swept a day later.
    """
    new = NewMeeting(
        recording_key=stored.key,
        recording_bytes=stored.bytes,
        recording_sha256=stored.sha256,
        media_format=stored.probe.format,
        duration_seconds=stored.probe.duration_seconds,
        owner_id=actor.id,
        idempotency_key=idempotency_key,
        upload_fingerprint=fingerprint,
        upload_id=upload_id,
        **vars(intake),
    )
    try:
        with changing(services, actor, Action.UPLOAD) as change:
            meeting, is_new = change.tx.meetings.create(new)
            change.wake(meeting)
    except KeyReused:
        services.recordings.delete(stored.key)
        raise
    if not is_new and meeting.recording_key != stored.key:
        services.recordings.delete(stored.key)
    return meeting


def meeting_of_upload(services: Services, actor: Actor, upload_id: str) -> Meeting | None:
    """The meeting of a finished upload, or None if it is unfinished or unknown. Raises `NotAllowed`.

    The meeting is enqueued again: the process that inserted it may have died before that.
    """
    with changing(services, actor, Action.UPLOAD) as change:
        meeting = change.tx.meetings.find_by_upload(upload_id)
        return None if meeting is None else change.wake(meeting)


def require_template(services: Services, actor: Actor, template_id: str | None) -> None:
    """Raises `NotAllowed`, and `InvalidRequest` if the requested template does not exist."""
    require(actor, Action.UPLOAD)
    if template_id and services.store.templates.find(template_id) is None:
        raise InvalidRequest("no such template", field="template")
