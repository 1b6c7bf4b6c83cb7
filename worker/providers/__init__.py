"""Interfaces that transcribers and summarizers implement, and the values they exchange.

There are two kinds of transcriber because a short step differs. A `RemoteTranscriber` receives the recording once
and is polled later. A `LocalTranscriber` recognises one piece at a time. Adapters raise only
`cantomeet.errors.TransientError`, `PermanentError` or what their callbacks raise (`LeaseLost`).
All times are seconds from the start of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from cantomeet.glossary import VocabularyTerm
from cantomeet.templates import GENERAL, Template


@dataclass(frozen=True)
class Word:
    text: str
    start: float
    end: float
    confidence: float | None = None
    """From 0 to 1, or None where the recogniser gives none."""


@dataclass(frozen=True)
class RecognisedSegment:
    start: float
    end: float
    original_text: str
    """The recogniser's own text."""
    text: str
    """The text that people see: in Hong Kong's characters, with spaces between Chinese and English corrected."""
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    """The recogniser's label ("S1"), or None where it does not separate speakers."""
    unclear: bool = False
    """True where somebody spoke but the recogniser's text makes no sense; `text` is then empty."""


@dataclass(frozen=True)
class RecognisedPiece:
    """The transcript of one piece: all speech that starts between the requested start and `end`."""

    end: float
    segments: tuple[RecognisedSegment, ...]


class LocalTranscriber(Protocol):
    name: str
    """The name that people see and that is stored with the meeting, e.g. "whisper base"."""
    warnings: tuple[str, ...]
    """Codes of `cantomeet.i18n.warnings` that every transcript from it carries."""

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> RecognisedPiece:
        """Recognise one piece of `audio` (16 kHz mono 16-bit WAV) from `start`; its `end` is at most `duration`.

        Calls `on_progress(seconds from the start of the recording)` often. An exception from it, such as a lost
        lease, ends the work at once.
        """
        ...


class RemoteState(StrEnum):
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class SubmitOptions:
    language: str
    submit_key: str
    """Stored before the job is submitted and sent with it, so that the job can be found again after a crash."""
    filename: str
    vocabulary: tuple[VocabularyTerm, ...] = ()


@dataclass(frozen=True)
class RemoteTranscript:
    segments: tuple[RecognisedSegment, ...]
    warnings: tuple[str, ...] = ()
    took: float | None = None
    """Seconds between the job's acceptance and its transcript, by the provider's clock."""


class RemoteTranscriber(Protocol):
    name: str

    def submit(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        """Stream the recording to the provider and return its job id.

        Calls `on_progress(0..1)` as bytes are sent.
        """
        ...

    def takes(self, recording: Path) -> bool:
        """Tell whether the provider accepts the file as it is; if not, it must be converted to Opus in Ogg first."""
        ...

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        """Return the id of the job that was submitted with this key, or None.

        `age` returns the greatest age that the job can have; without it the search has no limit. A search can take
        several requests. Before each further request it reports to `on_page` how far back it has searched, by the
        provider's clock. Pass that time as `before` to continue a search that failed.
        """
        ...

    def check(self, job_id: str) -> RemoteState: ...

    def fetch(self, job_id: str) -> bytes:
        """Return the provider's raw answer; the caller stores it before parsing it."""
        ...

    def parse(self, raw: bytes) -> RemoteTranscript: ...

    def delete(self, job_id: str) -> None:
        """Delete the provider's job, running or not. A job that no longer exists is no error."""
        ...


# ---- summaries ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TranscriptLine:
    """One segment as a summarizer sees it."""

    id: str
    start: float
    end: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True)
class Usage:
    """How much a summary used a language model, counted over all attempts that its `ChunkCache` remembers."""

    requests: int = 0
    """Requests sent, whether or not they succeeded."""
    tokens_in: int = 0
    tokens_out: int = 0
    repeats: int = 0
    """Requests sent again because it is unknown whether the first was answered and paid for."""
    reused: int = 0
    """Answers taken from the cache instead of being paid for again."""
    cost: float | None = None
    """Amount in the currency of the price settings; None without prices."""
    estimated: bool = False
    """True where the endpoint reported no token counts for some requests, so they were counted here."""


@dataclass(frozen=True)
class Coverage:
    """How many of the transcript's segments the summarizer read."""

    covered: int
    total: int


class ChunkCache(Protocol):
    """Stores the paid answers of one meeting's summary.

    `put` is called right before each request and right after its answer, so that a crash between two requests costs
    nothing. It commits before it returns, replaces the key's earlier value, and may raise `LeaseLost`.
    """

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str, usage: Usage) -> None:
        """Store `value`, and add `usage`, the use since the last `put` of any key, to the meeting's total."""
        ...


@dataclass(frozen=True)
class SummaryRequest:
    lines: Sequence[TranscriptLine]
    language: str
    """The summary's language: "zh-Hant-HK", "en", or "zh-Hant-HK+en" for both (`SummaryLine.text_other`)."""
    meeting_date: date | None = None
    """The day from which relative dates in the transcript are resolved."""
    title: str = ""
    template: Template = GENERAL
    cache: ChunkCache | None = None
    """None where no answer is kept after this call."""
    may_ask: Callable[[], bool] = lambda: True
    """Called before each request to a language model. On False `Unfinished` is raised. It may raise `LeaseLost`."""


Check = Literal["exact", "folded", "unverified"]
ItemKind = Literal["overview", "chapter", "decision", "action_item", "question", "risk", "quote", "note"]


@dataclass(frozen=True)
class Evidence:
    segment_id: str
    quote: str
    start: float
    end: float
    check: Check


@dataclass(frozen=True)
class SummaryLine:
    """One item of a summary.

    Only action items have `owner`, `due_text` and `due_date`. Only chapters have `start` and `end`. Only notes have
    `section`, the title of the template's section that they belong to.
    """

    kind: ItemKind
    text: str
    evidence: tuple[Evidence, ...] = ()
    owner: str | None = None
    due_text: str | None = None
    due_date: date | None = None
    start: float | None = None
    end: float | None = None
    text_other: str | None = None
    """The text in the second language of a bilingual summary; it has the same evidence."""
    section: str | None = None
    proposed: Evidence | None = None
    """For an item without evidence, the most similar line of the transcript. It is never a proof."""

    @property
    def verified(self) -> bool:
        """False for an item that pages list separately, as 未核實."""
        return any(proof.check != "unverified" for proof in self.evidence)


@dataclass(frozen=True)
class Citations:
    """The number of quotes that a language model gave as evidence, and how many of them the transcript contains."""

    given: int
    proven: int


@dataclass(frozen=True)
class SummaryDraft:
    method: Literal["llm", "extractive", "none"]
    language: str
    items: tuple[SummaryLine, ...] = field(default=())
    title: str | None = None
    warnings: tuple[str, ...] = ()
    usage: Usage | None = None
    """None where no language model was asked."""
    coverage: Coverage | None = None
    title_other: str | None = None
    citations: Citations | None = None
    """None where no language model was asked. An item keeps unproven quotes only where it has no proven one."""


class Unfinished(Exception):
    """Raised where the request's `may_ask` returned False.

    Answers so far are in the request's cache, so the same request continues from there.
    """

    def __init__(self, usage: Usage) -> None:
        super().__init__(f"{usage.requests} requests so far")
        self.usage = usage
        """The use so far, over all attempts."""


@dataclass(frozen=True)
class RewrittenLines:
    """A transcript in written Chinese, aligned line by line."""

    texts: Mapping[str, str]
    """The rewritten text by segment id. A line without an entry keeps its spoken text."""
    usage: Usage


class Rewriter(Protocol):
    name: str

    def rewrite(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> RewrittenLines:
        """Rewrite the request's lines in written Chinese (書面語); its language and template are ignored.

        Raises the errors of `Summarizer.summarize`.
        """
        ...


class Summarizer(Protocol):
    name: str

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """Summarize the request; calls `on_progress(0..1)` between steps.

        Raises `TransientError`, `PermanentError` or `Unfinished`.
        """
        ...
