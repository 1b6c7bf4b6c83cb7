"""The content of every export: a meeting's lines and summary, with translated labels."""

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
"""Most times in the recording that are given for an item."""
_HEADINGS: dict[str, tuple[str, str]] = {
    "overview": ("概要", "Overview"),
    "chapter": ("章節", "Chapters"),
    "decision": ("決議", "Decisions"),
    "action_item": ("跟進事項", "Action items"),
    "question": ("待決問題", "Open questions"),
    "risk": ("風險", "Risks"),
    "quote": ("原話", "Quotes"),
}
"""Headings of kinds for which the summary's template has none."""


@dataclass(frozen=True)
class ExportLine:
    """One segment; `speaker` is a name, or else the recogniser's label, or else None."""

    segment: Segment
    speaker: str | None
    written: str | None = None
    """The text in written Chinese, in the written view."""
    mark: str = ""
    """Marks, in the written view, a line that is as it was spoken."""
    language: str = "zh"
    """The reader's language."""

    @property
    def text(self) -> str:
        """The text on one line."""
        return self.mark + " ".join((self.written or shown_text(self.segment, self.language)).split())


class Spoken(Protocol):
    """A transcript, whole or read in pages."""

    @property
    def segments(self) -> Collection[Segment] | PagedSegments: ...

    @property
    def speakers(self) -> Mapping[str, Speaker]: ...


class ExportLines:
    """All lines in order, each created when it is read."""

    def __init__(self, transcript: Spoken, written: WrittenTranscript | None, *, english: bool) -> None:
        self._transcript, self._written, self._english = transcript, written, english

    def __bool__(self) -> bool:
        return len(self._transcript.segments) > 0

    def __iter__(self) -> Iterator[ExportLine]:
        return (_export_line(self._transcript, s, self._written, self._english) for s in self._transcript.segments)


@dataclass(frozen=True)
class Minutes:
    meeting: Meeting
    lines: ExportLines
    summary: SummaryWithItems | None
    sections: Sequence[SummarySection]
    """The summary's verified sections; empty without a summary."""
    unverified: Sequence[SummaryItem]
    complete: bool
    """False while the transcript is being made."""
    english: bool
    view_note: str = ""
    """Describes the written view; empty if the lines are as they were spoken."""

    def label(self, name: str) -> str:
        return _LABELS[name][self.english]

    def facts(self) -> list[str]:
        """Return date and duration, as far as known."""
        known = []
        if self.meeting.meeting_date is not None:
            known.append(f"{self.label('date')}{self.label('colon')}{self.meeting.meeting_date.isoformat()}")
        if self.meeting.duration_seconds is not None:
            known.append(f"{self.label('duration')}{self.label('colon')}{clock(self.meeting.duration_seconds)}")
        return known

    def notes(self) -> list[str]:
        """Return what a reader must know first."""
        view = [self.view_note, self.label("as_spoken_note")] if self.view_note else []
        if not self.complete:
            return [*view, self.label("partial_note")]
        return view if self.lines else [self.label("no_speech")]

    def about_summary(self) -> list[str]:
        """Return one line about the summary's method and coverage, then one line for each warning."""
        if self.summary is None:
            return []
        summary = self.summary.summary
        parts = [self.label(summary.method).format(name=summary.name or "LLM")] if summary.method != "none" else []
        if summary.coverage:
            parts.append(self.label("covers").format(**summary.coverage))
        language = "en" if self.english else "zh"
        return [self.label("separator").join(parts), *(warning_text(code, language) for code in summary.warnings)]

    def line_with_speaker(self, line: ExportLine) -> str:
        """Return a line with its speaker before it."""
        return f"{line.speaker}{self.label('colon')}{line.text}" if line.speaker else line.text

    def item_texts(self, item: SummaryItem) -> list[str]:
        """Return an item with its owner, due date, state and places in the recording.

        A bilingual item's other language follows as a second text.
        """
        written_in = "" if self.summary is None else self.summary.summary.language
        first, other = in_reading_order(item, written_in, "en" if self.english else "zh")
        details = "".join(f" ({detail})" for detail in self._details(item))
        return [_one_line(first) + details, *([_one_line(other)] if other else [])]

    def _details(self, item: SummaryItem) -> list[str]:
        colon = self.label("colon")
        due = " ".join(part for part in (item.due_text, item.due_date and item.due_date.isoformat()) if part)
        parts = [f"{self.label(name)}{colon}{value}" for name, value in (("owner", item.owner), ("due", due)) if value]
        details = [self.label("separator").join(parts)] if parts else []
        if item.done:
            details.append(self.label("done"))
        if item.stale:
            details.append(self.label("stale"))
        return [*details, *_proof_times(item), *self._proposed_place(item)]

    def _proposed_place(self, item: SummaryItem) -> list[str]:
        """Return the place that an unproven item may come from."""
        start = proposed_start(item.evidence)
        prefix = f"{self.label('unverified')}{self.label('separator')}{self.label('offered')} "
        return [] if start is None else [prefix + clock(start)]


def minutes_of(
    meeting: Meeting,
    transcript: Spoken,
    summary: SummaryWithItems | None,
    language: str,
    written: WrittenTranscript | None = None,
) -> Minutes:
    """Collect the export's content; with `written`, rewritten lines are in written Chinese."""
    english = language.startswith("en")
    return Minutes(
        meeting=meeting,
        lines=ExportLines(transcript, written, english=english),
        summary=summary,
        sections=[] if summary is None else verified_sections(summary, language, lambda item: _heading(item, english)),
        unverified=[] if summary is None else unverified_items(summary),
        complete=meeting.stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or meeting.shown_revision != meeting.revision,
        english=english,
        view_note="" if written is None else written_label(written.view.name, language),
    )


def _export_line(transcript: Spoken, segment: Segment, written: WrittenTranscript | None, english: bool) -> ExportLine:
    speaker = _speaker(transcript, segment)
    language = "en" if english else "zh"
    if written is None:
        return ExportLine(segment, speaker, language=language)
    if written.state_of(segment) == "written":
        return ExportLine(segment, speaker, written.lines[segment.id].text)
    return ExportLine(segment, speaker, mark=_LABELS["as_spoken"][english], language=language)


def _proof_times(item: SummaryItem) -> list[str]:
    """Return the times of the lines that prove the item, or the start of a chapter."""
    starts = {float(proof["start"]) for proof in item.evidence if proof["check"] in PROVEN}
    if item.kind == "chapter" and item.start is not None:
        starts = {item.start}
    times = list(dict.fromkeys(map(clock, sorted(starts))))[:MOST_PLACES]
    return [", ".join(times)] if times else []


def clock(seconds: float) -> str:
    """Return e.g. "1:02:03", always with hours, so that lines are aligned."""
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
