"""Versions in ETag, If-None-Match and If-Match: the version of what is edited, and in a meeting's the language."""

from __future__ import annotations

import re
from typing import Protocol

from cantomeet.errors import ErrorCode, InvalidRequest, VersionConflict
from cantomeet.models import Meeting
from cantomeet.service.edits import Precondition
from cantomeet_ui.api.problems import Refused

_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:\.[A-Za-z-]{1,20})?"?')


class Versioned(Protocol):
    version: int


def plain_etag(row: Versioned) -> str:
    """Of what reads the same in every language."""
    return f'"{row.version}"'


def etag_of(meeting: Meeting, language: str) -> str:
    """Another one for each language, because reasons and warnings are written in it."""
    return f'"{meeting.version}.{language}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """True where the asker already has this answer (weak comparison, as RFC 9110 wants it for GET)."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def precondition_of(if_match: str | None) -> Precondition:
    """The edit was made against one of these versions; `*` is any.

    Raises, when it is asked, `Refused` (428) without an If-Match: an edit that says nothing of its version would
    silently undo another's; `InvalidRequest` for what is no version of ours; `VersionConflict` for an older one.
    """

    def check(stored: int) -> None:
        if if_match is None or not if_match.strip():
            raise Refused(428, ErrorCode.VERSION_MISSING)
        if if_match.strip() == "*":
            return
        found = [_TAG.fullmatch(tag.strip()) for tag in if_match.split(",")]
        if not all(found):
            raise InvalidRequest("the ETag that GET answered, or *", field="If-Match")
        if stored not in [int(tag.group(1)) for tag in found if tag]:
            raise VersionConflict("it was changed meanwhile")

    return check
