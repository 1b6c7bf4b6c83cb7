"""Versions in ETag, If-None-Match and If-Match. A meeting's tag also names the language."""

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
    """The ETag of a row whose JSON is the same in every language."""
    return f'"{row.version}"'


def etag_of(meeting: Meeting, language: str) -> str:
    """The ETag of a meeting. It depends on the language, because reasons and warnings do."""
    return f'"{meeting.version}.{language}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether the client already has this response (weak comparison, as RFC 9110 requires for GET)."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def precondition_of(if_match: str | None) -> Precondition:
    """A check that the stored version is one of those in If-Match. `*` matches any.

    When called, it raises `Refused` (428) without an If-Match, because such an edit could silently overwrite another;
    `InvalidRequest` for a malformed tag; `VersionConflict` if no version matches.
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
