"""The JSON that the routes answer with, as OpenAPI shows it. Times in seconds, instants UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from cantomeet.lifecycle import MeetingStatus, Stage


class WarningOut(BaseModel):
    code: str
    text: str
    """In the reader's language."""
    details: dict[str, object] = Field(default_factory=dict, exclude_if=lambda details: not details)
    """What the text names, in seconds; left out where there is nothing to name."""


class SegmentOut(BaseModel):
    id: str
    start: float
    end: float
    speaker: str | None
    """The name that somebody gave, else the recogniser's label."""
    text: str
    """As shown: of a line that was not understood, words that say so."""
    unclear: bool
    """The recogniser heard it and did not understand it; a correction makes it an ordinary line."""
    speaker_id: str | None
    edited: bool
    """A person corrected it."""
    version: int
    """For the If-Match of an edit."""


class SegmentPageOut(BaseModel):
    segments: list[SegmentOut]
    """In the order in which they were spoken."""
    next: str | None
    """The `after` of the next page: the id of this one's last line; null where no line follows."""


class SpeakerOut(BaseModel):
    id: str
    label: str
    """The recogniser's."""
    name: str | None
    """A person's, once somebody gave it."""
    version: int


class EvidenceOut(BaseModel):
    segment_id: str
    quote: str
    start: float
    end: float
    check: Literal["exact", "folded", "unverified"]
    was: Literal["exact", "folded"] | None = None
    """What `check` was before somebody corrected the line and the quote stood in it no more."""
    proposed: bool = False
    """Nobody cited this line: the item came without evidence, and our own code found this line likest to it.

    Its `check` is always "unverified", and it never makes the item verified. Offer it to be listened to.
    """


class ItemOut(BaseModel):
    id: str
    text: str
    evidence: list[EvidenceOut]
    text_other: str | None
    """In the second language of a summary in two."""
    verified: bool
    """At least one place in the transcript bears it out."""
    edited: bool
    """A person corrected it."""
    original_text: str | None
    """As it was written, where a person has corrected the text."""
    stale: bool
    """A line or speaker of its evidence was edited after it was written."""
    version: int
    """For the If-Match of an edit."""


class ChapterOut(ItemOut):
    start: float | None
    end: float | None


class ActionItemOut(ItemOut):
    owner: str | None
    due_text: str | None
    """As spoken."""
    due_date: date | None
    done: bool


class NoteOut(ItemOut):
    section: str | None
    """Title of the template's section that it belongs to."""


class EditedItemOut(ActionItemOut):
    """One item by itself."""

    kind: str
    section: str | None
    start: float | None
    end: float | None


class SectionOut(BaseModel):
    kind: str
    """Of its items: overview, chapter, decision, action_item, question, risk, quote or note."""
    title: str


class UsageOut(BaseModel):
    """What a summary took of a language model, over all its tries."""

    requests: int
    tokens_in: int
    tokens_out: int
    repeats: int
    """Requests sent twice because nobody knows whether the first was answered and paid for."""
    reused: int
    """Answers that were not paid for again."""
    cost: float | None
    """In the currency of the price settings; null without prices."""
    estimated: bool
    """Some tokens were counted here, because the endpoint did not say."""


class CoverageOut(BaseModel):
    """How many of the transcript's lines were read."""

    covered: int
    total: int


class ListedActionOut(EditedItemOut):
    meeting_id: str
    meeting_title: str
    meeting_date: date | None


class ListedActionsOut(BaseModel):
    items: list[ListedActionOut]
    more: bool
    """There are more than one answer holds."""


class SummaryHead(BaseModel):
    """A version of the summary without its items."""

    version: int
    shown: bool
    method: Literal["llm", "extractive", "none"]
    language: str
    """"zh-Hant-HK", "en", or both with a plus; `text_other` is in the second."""
    template: str
    template_name: str
    """In the reader's language, as it was when the summary was written."""
    sections: list[SectionOut]
    """Headings in the template's order, in the summary's language."""
    title: str | None
    title_other: str | None
    summarizer: str | None
    usage: UsageOut | None
    """null where no language model was asked."""
    coverage: CoverageOut | None
    warnings: list[WarningOut]
    created_at: datetime


class SummaryVersionsOut(BaseModel):
    items: list[SummaryHead]
    """Newest first."""
    usage: UsageOut | None
    """Of all versions together; null where no language model was asked for any. Tries that failed are in the version
    that came of them, or in none yet."""


class SummaryOut(SummaryHead):
    overview: list[ItemOut]
    chapters: list[ChapterOut]
    decisions: list[ItemOut]
    action_items: list[ActionItemOut]
    questions: list[ItemOut]
    risks: list[ItemOut]
    quotes: list[ItemOut]
    notes: list[NoteOut]
    """Of a template's own sections."""


class MeetingHead(BaseModel):
    """A meeting without its transcript and summary."""

    id: str
    title: str
    description: str
    meeting_date: date | None
    status: MeetingStatus
    stage: Stage
    progress: int | None
    """0-100 within the status; null when unknown."""
    status_reason: str | None
    """In the reader's language."""
    error_code: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    duration_seconds: float | None
    language: str
    summary_language: str
    template: str
    name_speakers_first: bool
    """The next summary waits until somebody says that the speakers are named."""
    waiting_for: Literal["names"] | None
    """"names": nothing is done until POST /api/meetings/{id}/summarize."""
    transcriber: str | None
    summarizer: str | None
    warnings: list[WarningOut]


class WrittenLineOut(BaseModel):
    segment_id: str
    state: Literal["written", "as_spoken", "out_of_date"]
    """"as_spoken": it was not rewritten, or not soundly; "out_of_date": the line was corrected since."""
    text: str | None
    """In written Chinese; null where there is none."""


class WrittenHead(BaseModel):
    """The written-Chinese view: rewritten by a machine line by line, beside what was spoken, never instead of it."""

    state: Literal["working", "done", "failed"]
    progress: int | None
    label: str
    """What it is and by whom, in the reader's language; to be shown with it."""
    reason: str | None
    """Why it failed, in the reader's language."""
    error_code: str | None
    """Also of a try that is made again by itself."""
    usage: UsageOut | None
    """Of the language model, in the newest round."""


class WrittenOut(WrittenHead):
    lines: list[WrittenLineOut]
    """One for each segment, in order."""
    counts: dict[str, int]
    """Of the lines in each state."""


class MeetingOut(MeetingHead):
    """`segments` (and with them `speakers`), `summary` and `written` are there only where asked for."""

    segments: list[SegmentOut] = []
    speakers: list[SpeakerOut] = []
    summary: SummaryOut | None = None
    written: WrittenOut | None = None
    """null where nobody has asked for it to be made."""


class MatchOut(BaseModel):
    """The first line of the transcript in which `q` was found."""

    segment_id: str
    start: float
    text: str


class ListedMeetingOut(MeetingHead):
    open_action_items: int
    match: MatchOut | None


class MeetingPageOut(BaseModel):
    items: list[ListedMeetingOut]
    next_cursor: str | None
    """null on the last page."""


class TemplateOut(BaseModel):
    id: str
    name: str
    """In the reader's language."""
    instructions: str
    sections: list[SectionOut]
    ships: bool
    """Cannot be changed or deleted."""
    version: int | None
    """To be sent with a change; null for one that ships."""


class TemplatesOut(BaseModel):
    items: list[TemplateOut]
    """Those that ship first."""


class DeletedOut(BaseModel):
    id: str


class HealthOut(BaseModel):
    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "busy", "read_only", "down"]
    """Whether a row could be written: "busy" where the database was held for too long."""
    redis: Literal["ok", "read_only", "down"]
    storage: Literal["ok", "full", "read_only"]
    """Whether a recording could be taken: "full" where less is free than is always left free."""
    workers: int | None
    """null where Redis cannot be asked."""
    oldest_due_seconds: float | None
    """How long the meeting that has waited longest has been due; null where the database cannot be asked."""
