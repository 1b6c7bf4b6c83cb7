"""The JSON of the routes' responses. Instants are in UTC, durations and positions in seconds."""

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
    """The parameters of the text, times in seconds. Omitted if there are none."""


class SegmentOut(BaseModel):
    id: str
    start: float
    end: float
    speaker: str | None
    """The name that a person gave, or else the recogniser's label."""
    text: str
    """The text that is shown. For an unclear line it is a placeholder that says so."""
    unclear: bool
    """Whether the recogniser could not understand the line. A correction clears it."""
    speaker_id: str | None
    edited: bool
    """Whether a person corrected the line."""
    version: int
    """For the If-Match of an edit."""


class SegmentPageOut(BaseModel):
    segments: list[SegmentOut]
    """In spoken order."""
    next: str | None
    """The `after` of the next page: the id of this page's last line. null if no line follows."""


class SpeakerOut(BaseModel):
    id: str
    label: str
    """The recogniser's label."""
    name: str | None
    """The name that a person gave, or null."""
    version: int


class EvidenceOut(BaseModel):
    segment_id: str
    quote: str
    start: float
    end: float
    check: Literal["exact", "folded", "unverified"]
    was: Literal["exact", "folded"] | None = None
    """The value of `check` before a correction of the line removed the quote."""
    proposed: bool = False
    """Whether our own code proposed this line, as the most similar one, because the item came without evidence.

    Its `check` is always "unverified", and it never makes the item verified. Offer it for listening.
    """


class ItemOut(BaseModel):
    id: str
    text: str
    evidence: list[EvidenceOut]
    text_other: str | None
    """The text in the second language of a bilingual summary."""
    verified: bool
    """Whether at least one quote of its evidence was found in the transcript."""
    edited: bool
    """Whether a person corrected it."""
    original_text: str | None
    """The summarizer's text, if a person has corrected it."""
    stale: bool
    """Whether a line or speaker of its evidence was edited after the item was written."""
    version: int
    """For the If-Match of an edit."""


class ChapterOut(ItemOut):
    start: float | None
    end: float | None


class ActionItemOut(ItemOut):
    owner: str | None
    due_text: str | None
    """The due date as spoken."""
    due_date: date | None
    done: bool


class NoteOut(ItemOut):
    section: str | None
    """The title of the template's section that contains it."""


class EditedItemOut(ActionItemOut):
    """One item of any kind."""

    kind: str
    section: str | None
    start: float | None
    end: float | None


class SectionOut(BaseModel):
    kind: str
    """The kind of its items: overview, chapter, decision, action_item, question, risk, quote or note."""
    title: str


class UsageOut(BaseModel):
    """The language-model usage of a summary, over all tries."""

    requests: int
    tokens_in: int
    tokens_out: int
    repeats: int
    """Requests sent twice because it is unknown whether the first was answered and paid for."""
    reused: int
    """Answers reused from a failed try instead of being paid for again."""
    cost: float | None
    """In the currency of the price settings. null without prices."""
    estimated: bool
    """Whether some token counts are estimates, because the endpoint did not report them."""


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
    """Whether there are more items than one response holds."""


class SummaryHead(BaseModel):
    """A version of the summary without its items."""

    version: int
    shown: bool
    method: Literal["llm", "extractive", "none"]
    language: str
    """"zh-Hant-HK", "en", or both joined by a plus sign. `text_other` is in the second one."""
    template: str
    template_name: str
    """In the reader's language, as of when the summary was written."""
    sections: list[SectionOut]
    """Headings in the template's order, in the summary's language."""
    title: str | None
    title_other: str | None
    summarizer: str | None
    usage: UsageOut | None
    """null if no language model was used."""
    coverage: CoverageOut | None
    warnings: list[WarningOut]
    created_at: datetime


class SummaryVersionsOut(BaseModel):
    items: list[SummaryHead]
    """Newest first."""
    usage: UsageOut | None
    """The total of all versions. null if no language model was used. A failed try counts for the version that a later
    try completed, and for none until then."""


class SummaryOut(SummaryHead):
    overview: list[ItemOut]
    chapters: list[ChapterOut]
    decisions: list[ItemOut]
    action_items: list[ActionItemOut]
    questions: list[ItemOut]
    risks: list[ItemOut]
    quotes: list[ItemOut]
    notes: list[NoteOut]
    """Items of the template's own sections."""


class MeetingHead(BaseModel):
    """A meeting without its transcript and summary."""

    id: str
    title: str
    description: str
    meeting_date: date | None
    status: MeetingStatus
    stage: Stage
    progress: int | None
    """0 to 100 within the status. null if unknown."""
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
    """Whether the next summary waits until a person has named the speakers."""
    waiting_for: Literal["names"] | None
    """"names": the meeting waits for POST /api/meetings/{id}/summarize."""
    transcriber: str | None
    summarizer: str | None
    warnings: list[WarningOut]


class WrittenLineOut(BaseModel):
    segment_id: str
    state: Literal["written", "as_spoken", "out_of_date"]
    """"as_spoken": there is no valid rewriting; "out_of_date": the line was corrected after it was rewritten."""
    text: str | None
    """In written Chinese, or null."""


class WrittenHead(BaseModel):
    """The written-Chinese view: a machine's rewriting of each line. It never replaces the spoken text."""

    state: Literal["working", "done", "failed"]
    progress: int | None
    label: str
    """A notice that names the view and its model, in the reader's language. Show it with the view."""
    reason: str | None
    """Why it failed, in the reader's language."""
    error_code: str | None
    """The error of the last try, also if it is retried automatically."""
    usage: UsageOut | None
    """The language-model usage of the newest round."""


class WrittenOut(WrittenHead):
    lines: list[WrittenLineOut]
    """One for each segment, in order."""
    counts: dict[str, int]
    """The number of lines in each state."""


class MeetingOut(MeetingHead):
    """`segments` and `speakers`, `summary` and `written` are present only if requested."""

    segments: list[SegmentOut] = []
    speakers: list[SpeakerOut] = []
    summary: SummaryOut | None = None
    written: WrittenOut | None = None
    """null if no view was requested for the meeting."""


class MatchOut(BaseModel):
    """The first transcript line in which `q` is found."""

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


class HitOut(BaseModel):
    meeting_id: str
    meeting_title: str
    source: Literal["title", "description", "item", "line"]
    segment_id: str | None
    """null unless it is a line."""
    item_id: str | None
    """null unless it is an item of the shown summary."""
    speaker: str | None
    """Name, or else label, of who says a line."""
    start: float | None
    """null if the text has no time."""
    text: str
    """All of the title, description, item or line."""
    marks: list[tuple[int, int]]
    """Where in `text` it was found, in Unicode code points: the first, and the one behind the last."""


class SearchOut(BaseModel):
    hits: list[HitOut]
    total: int
    """The number of hits, counted up to 1,000."""
    counted_all: bool
    """false if there are more hits than `total`."""
    complete: bool
    """false while some changes are not in the index yet, so hits may be missing."""
    next_cursor: str | None
    """null on the last page."""


class TemplateOut(BaseModel):
    id: str
    name: str
    """In the reader's language."""
    instructions: str
    sections: list[SectionOut]
    ships: bool
    """Whether it is built in. Such a template cannot be changed or deleted."""
    version: int | None
    """Send it with a change. null for a built-in one."""


class TemplatesOut(BaseModel):
    items: list[TemplateOut]
    """The built-in ones first."""


class DeletedOut(BaseModel):
    id: str


class HealthOut(BaseModel):
    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "busy", "read_only", "down"]
    """Whether a row could be written. "busy": the database was locked for too long."""
    redis: Literal["ok", "read_only", "down"]
    storage: Literal["ok", "full", "read_only"]
    """Whether a recording could be stored. "full": less than the reserve is free."""
    workers: int | None
    """Number of running workers, each thread that waits for a language model counted. null: Redis does not answer."""
    oldest_due_seconds: float | None
    """How long the longest-waiting meeting has been due. null if the database does not answer."""
