"""What a person says about a recording when handing it in; both doors check it here, and both put it in the store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cantomeet.access import LOCAL_OWNER
from cantomeet.errors import InvalidRequest, KeyReused
from cantomeet.models import Meeting
from cantomeet.settings import Settings
from cantomeet.storage import Stored
from cantomeet.store import NewMeeting
from cantomeet.templates import checked_language
from cantomeet.wording import LONGEST_TITLE, checked_description, checked_title, visible
from cantomeet_ui.api.deps import Deps

_LONGEST_TEMPLATE_ID = 64

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_DEFAULTS = {"priority": "default", "language": "yue", "name_speakers_first": "false"}
_FIELDS = frozenset(
    {"title", "description", "meeting_date", "summary_language", "template", *_DEFAULTS},
)
_UNNAMED = {"en": "Recording", "zh-Hant-HK": "錄音"}


@dataclass(frozen=True)
class Intake:
    """Everything but the bytes."""

    filename: str
    title: str
    description: str
    meeting_date: date | None
    priority: str
    language: str
    summary_language: str
    template: str
    name_speakers_first: bool


def read_intake(fields: Mapping[str, str], filename: str, settings: Settings) -> Intake:
    """The checked fields `title`, `description`, `meeting_date`, `priority`, `language`, `summary_language`,
    `template`, `name_speakers_first`. Raises `InvalidRequest` naming the field.

    Whether the template exists is `require_template`'s to check, before the bytes come: it may be gone after.
    """
    filename = shown_name(filename)
    title = visible(fields.get("title", "")) or _EXTENSION.sub("", filename) or filename or _UNNAMED[settings.language]
    return Intake(
        filename=filename,
        title=checked_title(title),
        description=checked_description(_visible_lines(fields.get("description", ""))),
        meeting_date=_date(fields.get("meeting_date", "")),
        priority=_priority(fields.get("priority") or _DEFAULTS["priority"]),
        language=_language(fields.get("language") or _DEFAULTS["language"], "language"),
        summary_language=checked_language(fields.get("summary_language") or settings.summary_language),
        template=_template(fields.get("template") or settings.template),
        name_speakers_first=_switch(
            fields.get("name_speakers_first") or _DEFAULTS["name_speakers_first"], "name_speakers_first"
        ),
    )


def fingerprint_of(fields: Mapping[str, str], filename: str, sha256: str) -> str:
    """Of all that was sent: the recording's bytes, its name and the fields that `read_intake` reads.

    What the settings fill in is left out: they may change before the sender tries again.
    """
    said = {**_DEFAULTS, **{name: fields[name].strip() for name in sorted(_FIELDS & fields.keys()) if fields[name]}}
    everything = json.dumps([said, shown_name(filename), sha256], sort_keys=True)
    return hashlib.sha256(everything.encode()).hexdigest()


def require_template(deps: Deps, fields: Mapping[str, str]) -> None:
    """Raises `InvalidRequest` for a template that was asked for and that there is not."""
    wanted = fields.get("template")
    if wanted and deps.store.template(wanted) is None:
        raise InvalidRequest("no such template", field="template")


def shown_name(name: str) -> str:
    """A file name as it can be shown: its last part, without control characters, shortened before its extension."""
    name = visible(re.split(r"[/\\]", name)[-1])
    if len(name) <= LONGEST_TITLE:
        return name
    found = _EXTENSION.search(name)
    extension = found.group() if found else ""
    return f"{name[: LONGEST_TITLE - 1 - len(extension)]}…{extension}"


def keep_meeting(
    deps: Deps,
    stored: Stored,
    intake: Intake,
    *,
    idempotency_key: str | None = None,
    fingerprint: str | None = None,
    upload_id: str | None = None,
) -> Meeting:
    """The meeting of a stored recording; the earlier one where the key or the upload was seen before.

    Raises `KeyReused`, without the recording, where the key came with another `fingerprint` before.

    Where the database fails the recording stays: nobody knows then whether the row was written, and a recording
    without a row is swept a day later.
    """
    new = NewMeeting(
        recording_key=stored.key,
        recording_bytes=stored.bytes,
        recording_sha256=stored.sha256,
        media_format=stored.probe.format,
        duration_seconds=stored.probe.duration_seconds,
        owner_id=LOCAL_OWNER.id,
        idempotency_key=idempotency_key,
        upload_fingerprint=fingerprint,
        upload_id=upload_id,
        **vars(intake),
    )
    try:
        meeting, is_new = deps.store.create(new)
    except KeyReused:
        deps.recordings.delete(stored.key)
        raise
    if not is_new and meeting.recording_key != stored.key:
        deps.recordings.delete(stored.key)
    return meeting


def _visible_lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.splitlines())


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InvalidRequest("a date as 2026-11-23", field="meeting_date") from error


def _priority(text: str) -> str:
    if text not in ("default", "high"):
        raise InvalidRequest('"default" or "high"', field="priority")
    return text


def _template(text: str) -> str:
    if len(text) > _LONGEST_TEMPLATE_ID or not text.isprintable():
        raise InvalidRequest("the id of a template", field="template")
    return text


def _switch(text: str, field: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidRequest("true or false", field=field)
    return text == "true"


def _language(text: str, field: str) -> str:
    if len(text) > 16 or not _LANGUAGE.fullmatch(text):
        raise InvalidRequest("a language tag such as yue, en or zh-Hant-HK", field=field)
    return text
