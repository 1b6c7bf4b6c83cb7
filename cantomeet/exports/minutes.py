"""What every form of export writes: the meeting's lines and its summary, with labels in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting, Segment, Speaker, SummaryItem
from cantomeet.quotes import PROVEN, proposed_start
from cantomeet.reasons import warning_text, written_label
from cantomeet.sections import SummarySection, in_reading_order, unverified_items, verified_sections
from cantomeet.store import SummaryWithItems, WrittenTranscript
from cantomeet.store.paging import PagedSegments
from cantomeet.unclear import shown_text

_LABELS: dict[str, tuple[str, str]] = {
    "partial": ("未完成", "incomplete"),
    "partial_note": ("轉錄仍未完成，以下只是其中一部分。", "The transcript is not complete yet; this is a part of it."),
    "no_speech": ("錄音內沒有聽到說話。", "No speech was heard in the recording."),
    "summary": ("摘要", "Summary"),
    "transcript": ("逐字稿", "Transcript"),
    "extractive": ("逐字摘錄", "Extracted word for word"),
    "llm": ("由 {name} 撰寫", "Written by {name}"),
    "covers": ("涵蓋 {total} 句中的 {covered} 句", "covers {covered} of {total} lines"),
    "date": ("日期", "Date"),
    "duration": ("長度", "Duration"),
    "owner": ("負責", "Owner"),
    "due": ("限期", "Due"),
    "done": ("已完成", "done"),
    "unverified": ("未核實", "unverified"),
    "unverified_note": (
        "在逐字稿找不到對應的原句，請自行核對。",
        "No matching words were found in the transcript; check these yourself.",
    ),
    "offered": ("可能出自", "perhaps from"),
    "stale": ("引用的逐字稿其後改過，請再核對", "the lines it rests on were changed since: check it"),
    "written": ("書面語改寫", "written Chinese, rewritten"),
    "as_spoken": ("〔原話〕", "[as spoken] "),
    "as_spoken_note": (
        "標有〔原話〕的句子未能改寫，或改寫後曾經更正，照原話列出。",
        "Lines marked [as spoken] were not rewritten, or were corrected since.",
    ),
    "colon": ("：", ": "),
    "separator": ("；", "; "),
}
MOST_PLACES = 3
"""Of an item that are told; the first ones."""
_HEADINGS: dict[str, tuple[str, str]] = {
    "overview": ("概要", "Overview"),
    "chapter": ("章節", "Chapters"),
    "decision": ("決議", "Decisions"),
    "action_item": ("跟進事項", "Action items"),
    "question": ("待決問題", "Open questions"),
    "risk": ("風險", "Risks"),
    "quote": ("原話", "Quotes"),
}
"""Of kinds that the summary's template has no heading for."""


@dataclass(frozen=True)
class Line:
    """One segment; `speaker` is a name, else the recogniser's label, else None."""

    segment: Segment
    speaker: str | None
    written: str | None = None
    """In written Chinese, in the written view."""
    mark: str = ""
    """Says, in the written view, that this line is as it was spoken."""
    language: str = "zh"
    """The reader's."""

    @property
    def text(self) -> str:
        """In one line."""
        return self.mark + " ".join((self.written or shown_text(self.segment, self.language)).split())


class Spoken(Protocol):
    """A transcript, whole or read in pages."""

    @property
    def segments(self) -> Collection[Segment] | PagedSegments: ...

    @property
    def speakers(self) -> Mapping[str, Speaker]: ...


class Lines:
    """All lines in order, each made when it is its turn."""

    def __init__(self, transcript: Spoken, written: WrittenTranscript | None, *, english: bool) -> None:
        self._transcript, self._written, self._english = transcript, written, english

    def __bool__(self) -> bool:
        return len(self._transcript.segments) > 0

    def __iter__(self) -> Iterator[Line]:
        return (_line(self._transcript, s, self._written, self._english) for s in self._transcript.segments)


@dataclass(frozen=True)
class Minutes:
    meeting: Meeting
    lines: Lines
    summary: SummaryWithItems | None
    sections: Sequence[SummarySection]
    """Of the summary, what is verified; none where there is no summary."""
    unverified: Sequence[SummaryItem]
    complete: bool
    """False while the transcript is being made."""
    english: bool
    view_note: str = ""
    """What the written view is; empty where the lines are those that were spoken."""

    def label(self, name: str) -> str:
        return _LABELS[name][self.english]

    def facts(self) -> list[str]:
        """Date and duration, as far as known."""
        known = []
        if self.meeting.meeting_date is not None:
            known.append(f"{self.label('date')}{self.label('colon')}{self.meeting.meeting_date.isoformat()}")
        if self.meeting.duration_seconds is not None:
            known.append(f"{self.label('duration')}{self.label('colon')}{clock(self.meeting.duration_seconds)}")
        return known

    def notes(self) -> list[str]:
        """What a reader must know before reading on."""
        view = [self.view_note, self.label("as_spoken_note")] if self.view_note else []
        if not self.complete:
            return [*view, self.label("partial_note")]
        return view if self.lines else [self.label("no_speech")]

    def about_summary(self) -> list[str]:
        """How it was written and what of the transcript it covers; then, a line each, what it could not be."""
        if self.summary is None:
            return []
        summary = self.summary.summary
        told = [self.label(summary.method).format(name=summary.name or "LLM")] if summary.method != "none" else []
        if summary.coverage:
            told.append(self.label("covers").format(**summary.coverage))
        language = "en" if self.english else "zh"
        return [self.label("separator").join(told), *(warning_text(code, language) for code in summary.warnings)]

    def said(self, line: Line) -> str:
        """A line with its speaker before it."""
        return f"{line.speaker}{self.label('colon')}{line.text}" if line.speaker else line.text

    def item_texts(self, item: SummaryItem) -> list[str]:
        """An item with its owner, due date, state and places in the recording; where it is in two languages, the other
        one after it.
        """
        written_in = "" if self.summary is None else self.summary.summary.language
        first, other = in_reading_order(item, written_in, "en" if self.english else "zh")
        details = "".join(f" ({detail})" for detail in self._details(item))
        return [_one_line(first) + details, *([_one_line(other)] if other else [])]

    def _details(self, item: SummaryItem) -> list[str]:
        colon = self.label("colon")
        due = " ".join(part for part in (item.due_text, item.due_date and item.due_date.isoformat()) if part)
        told = [f"{self.label(name)}{colon}{value}" for name, value in (("owner", item.owner), ("due", due)) if value]
        details = [self.label("separator").join(told)] if told else []
        if item.done:
            details.append(self.label("done"))
        if item.stale:
            details.append(self.label("stale"))
        return [*details, *_places(item), *self._offered(item)]

    def _offered(self, item: SummaryItem) -> list[str]:
        """Where an item that nothing proves may come from."""
        start = proposed_start(item.evidence)
        told = f"{self.label('unverified')}{self.label('separator')}{self.label('offered')} "
        return [] if start is None else [told + clock(start)]


def minutes_of(
    meeting: Meeting,
    transcript: Spoken,
    summary: SummaryWithItems | None,
    language: str,
    written: WrittenTranscript | None = None,
) -> Minutes:
    """All that is written, gathered; with `written`, lines are in written Chinese where they have been rewritten."""
    english = language.startswith("en")
    return Minutes(
        meeting=meeting,
        lines=Lines(transcript, written, english=english),
        summary=summary,
        sections=[] if summary is None else verified_sections(summary, language, lambda item: _heading(item, english)),
        unverified=[] if summary is None else unverified_items(summary),
        complete=meeting.stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or meeting.shown_revision != meeting.revision,
        english=english,
        view_note="" if written is None else written_label(written.view.name, language),
    )


def _line(transcript: Spoken, segment: Segment, written: WrittenTranscript | None, english: bool) -> Line:
    speaker = _speaker(transcript, segment)
    language = "en" if english else "zh"
    if written is None:
        return Line(segment, speaker, language=language)
    if written.state_of(segment) == "written":
        return Line(segment, speaker, written.lines[segment.id].text)
    return Line(segment, speaker, mark=_LABELS["as_spoken"][english], language=language)


def _places(item: SummaryItem) -> list[str]:
    """When the lines that prove it were spoken; a chapter, from when on."""
    starts = {float(proof["start"]) for proof in item.evidence if proof["check"] in PROVEN}
    if item.kind == "chapter" and item.start is not None:
        starts = {item.start}
    times = list(dict.fromkeys(map(clock, sorted(starts))))[:MOST_PLACES]
    return [", ".join(times)] if times else []


def clock(seconds: float) -> str:
    """1:02:03, always with hours, so that lines stand under each other."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _speaker(transcript: Spoken, segment: Segment) -> str | None:
    speaker = transcript.speakers.get(segment.speaker_id or "")
    return (speaker.name or speaker.label) if speaker else None


def _heading(item: SummaryItem, english: bool) -> str:
    known = _HEADINGS.get(item.kind)
    return known[english] if known else item.section or item.kind


def _one_line(text: str) -> str:
    return " ".join(text.split())
