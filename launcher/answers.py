"""What the API answers, as far as the command shows it."""

from __future__ import annotations

from typing import NotRequired

# Not from `typing`: before Python 3.12 Pydantic, which checks the answers, takes only this one.
from typing_extensions import TypedDict

from cantomeet.stored_json import Proof, StoredCoverage, StoredUsage


class Warned(TypedDict):
    text: str


class Section(TypedDict):
    kind: str
    title: str


class Item(TypedDict):
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


class Summary(TypedDict):
    method: str
    template: str
    sections: list[Section]
    usage: StoredUsage | None
    coverage: StoredCoverage | None
    overview: list[Item]
    chapters: list[Item]
    decisions: list[Item]
    action_items: list[Item]
    questions: list[Item]
    risks: list[Item]
    quotes: list[Item]
    notes: list[Item]


class Meeting(TypedDict):
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
    warnings: list[Warned]
    summary: NotRequired[Summary | None]


class Page(TypedDict):
    items: list[Meeting]
    next_cursor: str | None


class Uploaded(TypedDict):
    id: str
    status: str
    url: str
