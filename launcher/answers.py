"""What the API answers, as far as the command shows it."""

from __future__ import annotations

from typing import NotRequired

# Not from `typing`: before Python 3.12 Pydantic, which checks the answers, takes only this one.
from typing_extensions import TypedDict

from cantomeet.stored_json import Proof, StoredCoverage, StoredUsage


class WarningAnswer(TypedDict):
    text: str


class SectionAnswer(TypedDict):
    kind: str
    title: str


class SummaryItemAnswer(TypedDict):
    text: str
    text_other: str | None
    evidence: list[Proof]
    verified: bool
    stale: bool
    section: NotRequired[str | None]
    owner: NotRequired[str | None]
    due_text: NotRequired[str | None]
    due_date: NotRequired[str | None]
    done: NotRequired[bool]
    start: NotRequired[float | None]


class SummaryAnswer(TypedDict):
    method: str
    template: str
    sections: list[SectionAnswer]
    usage: StoredUsage | None
    coverage: StoredCoverage | None
    overview: list[SummaryItemAnswer]
    chapters: list[SummaryItemAnswer]
    decisions: list[SummaryItemAnswer]
    action_items: list[SummaryItemAnswer]
    questions: list[SummaryItemAnswer]
    risks: list[SummaryItemAnswer]
    quotes: list[SummaryItemAnswer]
    notes: list[SummaryItemAnswer]


class MeetingAnswer(TypedDict):
    id: str
    title: str
    meeting_date: str | None
    created_at: str
    duration_seconds: float | None
    status: str
    progress: int | None
    status_reason: str | None
    error_code: str | None
    waiting_for: str | None
    transcriber: str | None
    summarizer: str | None
    warnings: list[WarningAnswer]
    summary: NotRequired[SummaryAnswer | None]


class PageAnswer(TypedDict):
    items: list[MeetingAnswer]
    next_cursor: str | None


class UploadAnswer(TypedDict):
    id: str
    status: str
    url: str
