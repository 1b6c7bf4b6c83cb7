"""What the pipeline asks of those who turn sound into text and text into a summary.

Two kinds of transcriber, because they differ in what a short step is: a `RemoteTranscriber` is given the recording
once and asked later; a `LocalTranscriber` recognises one piece at a time. Adapters raise only
`cantomeet.errors.TransientError`, `PermanentError` or what the callbacks they were given raise (`LeaseLost`).
All times are seconds from the start of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from cantomeet.templates import GENERAL, Template


@dataclass(frozen=True)
class Word:
    text: str
    start: float
    end: float
    confidence: float | None = None
    """0-1, or None where the recogniser gives none."""


@dataclass(frozen=True)
class RecognisedSegment:
    start: float
    end: float
    original_text: str
    """As the recogniser wrote it."""
    text: str
    """As shown: Hong Kong's characters, Cantonese and English spaced right."""
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    """The recogniser's label ("S1"), or None where it does not tell speakers apart."""
    unclear: bool = False
    """It was heard and not understood: what the recogniser wrote makes no sense, and `text` is empty."""


@dataclass(frozen=True)
class Piece:
    """What came of one piece: all speech that starts in [asked start, `end`)."""

    end: float
    segments: tuple[RecognisedSegment, ...]


class LocalTranscriber(Protocol):
    name: str
    """Shown to people and stored with the meeting, e.g. "whisper base"."""
    warnings: tuple[str, ...]
    """Codes of `cantomeet.i18n.warnings` that its transcripts carry."""

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> Piece:
        """Recognise one piece of `audio` (16 kHz mono 16-bit WAV) from `start`; `Piece.end` is at most `duration`.

        Calls `on_progress(seconds from the start of the recording)` often; an exception from it (the lease was
        lost) ends the work at once.
        """
        ...


class RemoteState(StrEnum):
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class SubmitOptions:
    language: str
    submit_key: str
    """Stored before submitting and sent along, so that the job can be found again after a crash."""
    filename: str
    vocabulary: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RemoteTranscript:
    segments: tuple[RecognisedSegment, ...]
    warnings: tuple[str, ...] = ()
    took: float | None = None
    """Seconds from the job's acceptance to its transcript, by the provider's clock."""


class RemoteTranscriber(Protocol):
    name: str

    def submit(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        """Send the recording (streamed); the provider's job id. `on_progress(0..1)` is called as bytes leave."""
        ...

    def takes(self, recording: Path) -> bool:
        """False where the recording must be brought into Opus in Ogg before it is sent."""
        ...

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        """The id of a job that was submitted with this key, or None.

        `age` says how long ago at most it was submitted, when asked; None: however long ago. A search that takes
        several requests tells `on_page` how far back it has come, by the provider's clock, before each further one;
        one that failed goes on from there with `before`.
        """
        ...

    def check(self, job_id: str) -> RemoteState: ...

    def fetch(self, job_id: str) -> bytes:
        """The provider's raw answer, to be stored before it is parsed."""
        ...

    def parse(self, raw: bytes) -> RemoteTranscript: ...

    def delete(self, job_id: str) -> None:
        """Delete the provider's copy, running or not; one that is gone already is no error."""
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
    """What a summary took of a language model, counted over all attempts that its `ChunkCache` remembers."""

    requests: int = 0
    """Sent, whatever came of them."""
    tokens_in: int = 0
    tokens_out: int = 0
    repeats: int = 0
    """Requests sent a second time because nobody knows whether the first was answered (and paid for)."""
    reused: int = 0
    """Answers taken from the cache instead of being paid for again."""
    cost: float | None = None
    """In the currency of the price settings; None without prices."""
    estimated: bool = False
    """Some tokens were counted here, because the endpoint did not say."""


@dataclass(frozen=True)
class Coverage:
    """How many of the transcript's segments the summarizer read."""

    covered: int
    total: int


class ChunkCache(Protocol):
    """Where a summary's paid answers are kept, one meeting's apart from another's.

    `put` is called right before each request and right after its answer, so that a crash between two requests costs
    nothing; it commits before it returns, replaces what the key had, and may raise `LeaseLost`.
    """

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str, usage: Usage) -> None:
        """`usage`: what was spent since the last `put` of any key; to be added up, never to be replaced."""
        ...


@dataclass(frozen=True)
class SummaryRequest:
    lines: Sequence[TranscriptLine]
    language: str
    """Of the summary: "zh-Hant-HK", "en", or "zh-Hant-HK+en" for both side by side (`SummaryLine.text_other`)."""
    meeting_date: date | None = None
    """Relative dates in the transcript are resolved from it."""
    title: str = ""
    template: Template = GENERAL
    cache: ChunkCache | None = None
    """None: nothing outlives this call."""
    may_ask: Callable[[], bool] = lambda: True
    """Asked before each request to a language model; False: `Unfinished` is raised instead. May raise `LeaseLost`."""


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
    """One item of a summary; `owner`, `due_text`, `due_date` only for action items, `start`, `end` for chapters.

    `section` only for notes: the title of the template's section that they belong to.
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
    """The same in the second language of a summary in two; the evidence is the same too."""
    section: str | None = None
    proposed: Evidence | None = None
    """Of an item without evidence: the line that our own code found likest to it. No proof, whatever it says."""

    @property
    def verified(self) -> bool:
        """False: to be listed apart, as 未核實."""
        return any(proof.check != "unverified" for proof in self.evidence)


@dataclass(frozen=True)
class Citations:
    """Quotes that a language model gave as evidence, and how many of them were found in the transcript."""

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
    """None where no language model was asked. An item keeps unproven quotes only where it has no others."""


class Unfinished(Exception):
    """The request's `may_ask` said no. What was answered is in its cache: the same request again goes on from there."""

    def __init__(self, usage: Usage) -> None:
        super().__init__(f"{usage.requests} requests so far")
        self.usage = usage
        """So far, over all attempts."""


@dataclass(frozen=True)
class RewrittenLines:
    """A transcript in written Chinese, aligned line by line."""

    texts: Mapping[str, str]
    """By segment id. A line that is not here stays as it was spoken."""
    usage: Usage


class Rewriter(Protocol):
    name: str

    def rewrite(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> RewrittenLines:
        """The request's lines in written Chinese (書面語), whatever its language and template. Raises as
        `Summarizer.summarize`.
        """
        ...


class Summarizer(Protocol):
    name: str

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """Calls `on_progress(0..1)` between its own steps. Raises `TransientError`, `PermanentError`, `Unfinished`."""
        ...
