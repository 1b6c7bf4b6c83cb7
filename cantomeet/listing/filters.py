"""The filter of a list of meetings, and its parser for query parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, TypeVar, get_args

from cantomeet.errors import ErrorCode, InvalidRequest
from cantomeet.lifecycle import MeetingStatus
from cantomeet.storable import is_storable

Sort = Literal["created_at", "-created_at", "meeting_date", "-meeting_date", "title", "-title"]
SORTS: tuple[Sort, ...] = get_args(Sort)
MAX_LIMIT = 100
MAX_QUERY = 200
"""Limit on the characters of the search text."""

TRANSCRIBERS = ("speechmatics", "whisper")
_AGE = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_YEARS = range(1900, 2200)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Member = TypeVar("Member", bound=StrEnum)


@dataclass(frozen=True)
class FailureCause:
    """A cause that one remedy fixes for all meetings. References and messages are left out: they differ by meeting."""

    code: str
    """An `ErrorCode`, or a code of a newer version."""
    provider: str = ""
    setting: str = ""
    """Parameters of the reason; empty if it has none."""
    sent: bool = False
    """The recording had been sent, and so paid for, when the meeting was stopped."""


@dataclass(frozen=True)
class MeetingFilter:
    """Which meetings to list, and in which order. Raises `InvalidRequest` that names a wrong parameter."""

    statuses: frozenset[MeetingStatus] = frozenset()
    """Empty for all statuses."""
    q: str = ""
    """Text in the title, description, transcript or shown summary, as `cantomeet.cantonese.searching` finds it."""
    date_from: date | None = None
    date_to: date | None = None
    """Inclusive days of the meeting. A meeting without a date counts by the day of its upload in Hong Kong."""
    error_code: ErrorCode | None = None
    cause: FailureCause | None = None
    """Meetings that failed for this cause."""
    stuck_for: timedelta | None = None
    """Meetings that have been overdue and unchanged for this long.

    Leased meetings and those that wait for a person are not stuck, and none is while the queue is paused.
    """
    waiting_for: Literal["names"] | None = None
    """Meetings that wait until a person has named the speakers."""
    transcriber: str | None = None
    """One of `TRANSCRIBERS`."""
    next_transcriber: str = ""
    """The transcriber of new meetings; a meeting that has none yet counts as one of its."""
    older_than: timedelta | None = None
    """Meetings uploaded at least this long ago."""
    sort: Sort = "-created_at"
    limit: int = 50
    cursor: str | None = None
    owner_id: str | None = None
    """The owner of the meetings. None is the local owner."""

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise InvalidRequest(f"one of {', '.join(SORTS)}", field="sort")
        if self.waiting_for not in (None, "names"):
            raise InvalidRequest("names", field="waiting_for")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidRequest(f"between 1 and {MAX_LIMIT}", field="limit")
        if len(self.q) > MAX_QUERY or not is_storable(self.q):
            raise InvalidRequest(f"at most {MAX_QUERY} characters of text", field="q")
        if self.cause is not None and not all(is_storable(str(part)) for part in vars(self.cause).values()):
            raise InvalidRequest("a cause of failures", field="cause")
        for field, day in (("from", self.date_from), ("to", self.date_to)):
            if day is not None and day.year not in _YEARS:
                raise InvalidRequest(f"a year from {_YEARS[0]} to {_YEARS[-1]}", field=field)
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise InvalidRequest("not before `from`", field="to")


def parse_filter(params: Mapping[str, str | None], *, limit: int = 50, next_transcriber: str = "") -> MeetingFilter:
    """Parse the query parameters `status` (comma-separated), `q`, `from`, `to`, `error_code`, `waiting_for`,
    `transcriber`, `age` ("30m", "12h", "7d": uploaded at least that long ago), `sort`, `limit` and `cursor`.

    An empty parameter counts as omitted. The argument `limit` is the default of the parameter. Raises
    `InvalidRequest`, which names the parameter.
    """
    given = {name: value.strip() for name, value in params.items() if value is not None and value.strip()}
    statuses = [name.strip() for name in given.get("status", "").split(",") if name.strip()]
    return MeetingFilter(
        statuses=frozenset(_member(MeetingStatus, name, "status") for name in statuses),
        q=given.get("q", ""),
        date_from=_date(given, "from"),
        date_to=_date(given, "to"),
        error_code=_member(ErrorCode, given["error_code"], "error_code") if "error_code" in given else None,
        waiting_for=given.get("waiting_for"),  # type: ignore[arg-type]  # checked by the filter itself
        transcriber=_one_of(TRANSCRIBERS, given["transcriber"], "transcriber") if "transcriber" in given else None,
        next_transcriber=next_transcriber,
        older_than=_age(given["age"]) if "age" in given else None,
        sort=given.get("sort", "-created_at"),  # type: ignore[arg-type]  # checked by the filter itself
        limit=_integer(given["limit"], "limit") if "limit" in given else limit,
        cursor=given.get("cursor"),
    )


def _member(kind: type[Member], name: str, field: str) -> Member:
    try:
        return kind(name)
    except ValueError:
        raise InvalidRequest(f"one of {', '.join(kind)}", field=field) from None


def _one_of(choices: tuple[str, ...], name: str, field: str) -> str:
    if name not in choices:
        raise InvalidRequest(f"one of {', '.join(choices)}", field=field)
    return name


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise InvalidRequest("a time as 30m, 12h or 7d", field="age")
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})


def _date(given: Mapping[str, str], field: str) -> date | None:
    text = given.get(field)
    if text is None:
        return None
    try:
        # `fromisoformat` alone would also take "20261123" and "2026-W48-1".
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("a date as YYYY-MM-DD", field=field) from None


def _integer(text: str, field: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise InvalidRequest("a whole number", field=field)
    return int(text)
