"""Validates the fields that are sent with a recording, for both upload endpoints."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date

from cantomeet.errors import InvalidRequest
from cantomeet.service.uploads import Intake
from cantomeet.settings import Settings
from cantomeet.templates import checked_language
from cantomeet.wording import LONGEST_TITLE, checked_description, checked_title, visible

_LONGEST_TEMPLATE_ID = 64

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_DEFAULTS = {"priority": "default", "language": "yue", "name_speakers_first": "false"}
_FIELDS = frozenset(
    {"title", "description", "meeting_date", "summary_language", "template", *_DEFAULTS},
)
_UNNAMED = {"en": "Recording", "zh-Hant-HK": "錄音"}


def read_intake(fields: Mapping[str, str], filename: str, settings: Settings) -> Intake:
    """Validate the fields `title`, `description`, `meeting_date`, `priority`, `language`, `summary_language`,
    `template` and `name_speakers_first`. Raises `InvalidRequest`, which names the field.

    `cantomeet.service.uploads.require_template` checks that the template exists. It is called before the recording is
    received, because the template may be deleted meanwhile.
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
    """A hash of everything that was sent: the recording's hash, its name, and the fields that `read_intake` reads.

    Defaults from the settings are excluded, because they may change before the sender tries again.
    """
    said = {**_DEFAULTS, **{name: fields[name].strip() for name in sorted(_FIELDS & fields.keys()) if fields[name]}}
    everything = json.dumps([said, shown_name(filename), sha256], sort_keys=True)
    return hashlib.sha256(everything.encode()).hexdigest()


def shown_name(name: str) -> str:
    """A file name for display: its last path part without control characters, shortened before its extension."""
    name = visible(re.split(r"[/\\]", name)[-1])
    if len(name) <= LONGEST_TITLE:
        return name
    found = _EXTENSION.search(name)
    extension = found.group() if found else ""
    return f"{name[: LONGEST_TITLE - 1 - len(extension)]}…{extension}"


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
