"""What goes into the store and comes out of it, beside the rows themselves."""

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
    """What is known of a meeting when its recording has been stored."""

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
    """Of all that was sent with the key."""
    upload_id: str | None = None


class MeetingChanges(TypedDict, total=False):
    """What people may change of a meeting; what is left out stays. The last three are for the next summary."""

    title: str
    description: str
    meeting_date: date | None
    template: str
    summary_language: str
    name_speakers_first: bool


class StepColumns(TypedDict, total=False):
    """What a step saves of the meeting beside its outcome; what is left out stays. `cantomeet.models.Meeting` explains
    each.
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
    """A line as it was recognised; `start` and `end` in seconds."""

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
    """What it was written from: items that rest on lines or speakers changed since then are stale from the start."""
    meeting_date: date | None = None
    """With `read`: from which its due days were counted."""


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
