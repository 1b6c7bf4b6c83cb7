"""Types of the store's arguments and results, besides the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Required, TypedDict

from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Segment, Speaker, Summary, SummaryItem
from cantomeet.stored_json import Proof, StoredCoverage, StoredUsage, StoredWord, WarningDetails
from cantomeet.submission import Submission
from cantomeet.templates import GENERAL, Template


@dataclass(frozen=True)
class NewMeeting:
    """A meeting whose recording was stored."""

    recording_key: str
    recording_bytes: int
    recording_sha256: str
    media_format: str
    filename: str
    title: str
    duration_seconds: float | None = None
    description: str = ""
    meeting_date: date | None = None
    language: str = "yue"
    summary_language: str = "zh-Hant-HK"
    template: str = "general"
    name_speakers_first: bool = False
    priority: str = "default"
    owner_id: str | None = None
    idempotency_key: str | None = None
    upload_fingerprint: str | None = None
    """A hash of everything that was sent with the key."""
    upload_id: str | None = None


class MeetingChanges(TypedDict, total=False):
    """The columns of a meeting that people may change; missing ones stay unchanged. The last three are for the next
    summary.
    """

    title: str
    description: str
    meeting_date: date | None
    template: str
    summary_language: str
    name_speakers_first: bool


class StepColumns(TypedDict, total=False):
    """The columns of a meeting that a step saves besides its outcome; missing ones stay unchanged.

    `cantomeet.models.Meeting` explains each.
    """

    status: MeetingStatus
    stage: Stage
    progress: int | None
    duration_seconds: float
    has_playback_copy: bool
    warnings: list[str]
    warning_details: dict[str, WarningDetails]
    transcriber: str
    transcriber_name: str
    recognised_seconds: float
    submission: Submission | None
    provider_job_id: str


@dataclass(frozen=True)
class NewSegment:
    """A recognised line; `start` and `end` are in seconds."""

    start: float
    end: float
    original_text: str
    text: str
    words: list[StoredWord]
    speaker: str | None = None
    """The recogniser's label."""
    unclear: bool = False


class NewItem(TypedDict, total=False):
    """A line of a summary; `cantomeet.models.SummaryItem` explains each column."""

    kind: Required[str]
    text: Required[str]
    evidence: Required[list[Proof]]
    text_other: str | None
    section: str | None
    owner: str | None
    due_text: str | None
    due_date: date | None
    start: float | None
    end: float | None


@dataclass(frozen=True)
class NewSummary:
    method: str
    language: str
    items: Sequence[NewItem]
    template: Template = GENERAL
    title: str | None = None
    title_other: str | None = None
    name: str = ""
    usage: StoredUsage | None = None
    coverage: StoredCoverage | None = None
    warnings: tuple[str, ...] = ()
    read: Transcript | None = None
    """The transcript that it was made from: items that rest on lines or speakers changed since then are stale from the
    start.
    """
    meeting_date: date | None = None
    """With `read`: the meeting date from which its due days were counted."""


@dataclass(frozen=True)
class NewAttempt:
    """One try of one step, for the timeline."""

    step: str
    started_at: datetime
    detail: str = ""


@dataclass(frozen=True)
class Transcript:
    """The shown revision: segments in order, and the speakers they name."""

    segments: list[Segment]
    speakers: dict[str, Speaker]


@dataclass(frozen=True)
class SummaryWithItems:
    summary: Summary
    items: list[SummaryItem]
    newest: int = 1
    """The newest version of the meeting's summaries."""
