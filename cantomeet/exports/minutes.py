"""The content of every export: a meeting's lines and summary, with translated labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cantomeet.i18n import ZH, has_text, text
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting, Segment, Speaker, Summary, SummaryItem
from cantomeet.quotes import PROVEN, proposed_start
from cantomeet.reasons import warning_text, written_label
from cantomeet.sections import SummarySection, in_reading_order, unverified_items, verified_sections
from cantomeet.store import SummaryWithItems, WrittenTranscript
from cantomeet.store.paging import Paged
from cantomeet.unclear import shown_text

MOST_PLACES = 3
"""Most times in the recording that are given for an item."""


@dataclass(frozen=True)
class ExportLine:
    """One segment; `speaker` is a name, or else the recogniser's label, or else None."""

    segment: Segment
    speaker: str | None
    written: str | None = None
    """The text in written Chinese, in the written view."""
    mark: str = ""
    """Marks, in the written view, a line that is as it was spoken."""
    language: str = ZH
    """The reader's language."""

    @property
    def text(self) -> str:
        """The text on one line."""
        return self.mark + " ".join((self.written or shown_text(self.segment, self.language)).split())


class Spoken(Protocol):
    """A transcript, whole or read in pages."""

    @property
    def segments(self) -> Collection[Segment] | Paged[Segment]: ...

    @property
    def speakers(self) -> Mapping[str, Speaker]: ...


class ExportLines:
    """All lines in order, each created when it is read."""

    def __init__(self, transcript: Spoken, written: WrittenTranscript | None, language: str) -> None:
        self._transcript, self._written, self._language = transcript, written, language

    def __bool__(self) -> bool:
        return len(self._transcript.segments) > 0

    def __iter__(self) -> Iterator[ExportLine]:
        return (_export_line(self._transcript, s, self._written, self._language) for s in self._transcript.segments)


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
    language: str
    """The reader's language."""
    view_note: str = ""
    """Describes the written view; empty if the lines are as they were spoken."""

    def label(self, key: str) -> str:
        return text(self.language, key)

    def facts(self) -> list[str]:
        """Return date and duration, as far as known."""
        known = []
        if self.meeting.meeting_date is not None:
            known.append(
                f"{self.label('export.date')}{self.label('export.colon')}{self.meeting.meeting_date.isoformat()}"
            )
        if self.meeting.duration_seconds is not None:
            known.append(
                f"{self.label('export.duration')}{self.label('export.colon')}{clock(self.meeting.duration_seconds)}"
            )
        return known

    def notes(self) -> list[str]:
        """Return what a reader must know first."""
        view = [self.view_note, self.label("export.as_spoken_note")] if self.view_note else []
        if not self.complete:
            return [*view, self.label("export.partial_note")]
        return view if self.lines else [self.label("transcript.silent")]

    def about_summary(self) -> list[str]:
        """Return one line about the summary's method and coverage, then one line for each warning."""
        if self.summary is None:
            return []
        summary = self.summary.summary
        told = [self._method(summary)] if summary.method != "none" else []
        if summary.coverage:
            told.append(text(self.language, "summary.covers", **summary.coverage))
        return [
            self.label("export.separator").join(told),
            *(warning_text(code, self.language) for code in summary.warnings),
        ]

    def _method(self, summary: Summary) -> str:
        if summary.method == "llm":
            return text(self.language, "summary.llm", name=summary.name or "LLM")
        return self.label("summary.extractive")

    def line_with_speaker(self, line: ExportLine) -> str:
        """Return a line with its speaker before it."""
        return f"{line.speaker}{self.label('export.colon')}{line.text}" if line.speaker else line.text

    def item_texts(self, item: SummaryItem) -> list[str]:
        """Return an item with its owner, due date, state and places in the recording.

        A bilingual item's other language follows as a second text.
        """
        written_in = "" if self.summary is None else self.summary.summary.language
        first, other = in_reading_order(item, written_in, self.language)
        details = "".join(f" ({detail})" for detail in self._details(item))
        return [_one_line(first) + details, *([_one_line(other)] if other else [])]

    def _details(self, item: SummaryItem) -> list[str]:
        colon = self.label("export.colon")
        due = " ".join(part for part in (item.due_text, item.due_date and item.due_date.isoformat()) if part)
        known = ("export.owner", item.owner), ("export.due", due)
        told = [f"{self.label(key)}{colon}{value}" for key, value in known if value]
        details = [self.label("export.separator").join(told)] if told else []
        if item.done:
            details.append(self.label("export.done"))
        if item.stale:
            details.append(self.label("export.stale"))
        return [*details, *_proof_times(item), *self._proposed_place(item)]

    def _proposed_place(self, item: SummaryItem) -> list[str]:
        """Return the place that an unproven item may come from."""
        start = proposed_start(item.evidence)
        told = f"{self.label('export.unverified')}{self.label('export.separator')}{self.label('export.offered')} "
        return [] if start is None else [told + clock(start)]


def minutes_of(
    meeting: Meeting,
    transcript: Spoken,
    summary: SummaryWithItems | None,
    language: str,
    written: WrittenTranscript | None = None,
) -> Minutes:
    """Collect the export's content; with `written`, rewritten lines are in written Chinese."""
    return Minutes(
        meeting=meeting,
        lines=ExportLines(transcript, written, language),
        summary=summary,
        sections=[] if summary is None else verified_sections(summary, language, lambda item: _heading(item, language)),
        unverified=[] if summary is None else unverified_items(summary),
        complete=meeting.stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or meeting.shown_revision != meeting.revision,
        language=language,
        view_note="" if written is None else written_label(written.view.name, language),
    )


def _export_line(transcript: Spoken, segment: Segment, written: WrittenTranscript | None, language: str) -> ExportLine:
    speaker = _speaker(transcript, segment)
    if written is None:
        return ExportLine(segment, speaker, language=language)
    if written.state_of(segment) == "written":
        return ExportLine(segment, speaker, written.lines[segment.id].text)
    return ExportLine(segment, speaker, mark=text(language, "export.as_spoken"), language=language)


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


def _heading(item: SummaryItem, language: str) -> str:
    """For a kind that the summary's template has no heading for."""
    key = f"export.heading.{item.kind}"
    return text(language, key) if has_text(key) else item.section or item.kind


def _one_line(words: str) -> str:
    return " ".join(words.split())
