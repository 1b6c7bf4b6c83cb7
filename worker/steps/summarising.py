"""The saved transcript into a summary."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from cantomeet.models import Meeting
from cantomeet.store import MeetingStore, NewSummary, Transcript, Try
from cantomeet.templates import GENERAL, Template
from worker.lease import Lease
from worker.providers import SummaryDraft, SummaryLine, SummaryRequest, TranscriptLine, Usage
from worker.toolbox import Toolbox


def summarise(tools: Toolbox, lease: Lease, tried: Try) -> Meeting:
    """Write the summary and complete the meeting."""
    meeting = lease.meeting
    template = tools.store.template(meeting.template)
    request = SummaryRequest(
        lines=_lines(tools.store.transcript(meeting.id)),
        language=meeting.summary_language,
        meeting_date=meeting.meeting_date,
        title=meeting.title,
        template=template or GENERAL,
        cache=_PaidAnswers(tools.store, meeting),
    )
    draft = tools.summarizer.summarize(request, lease.show)
    summary = _new_summary(draft, tools.summarizer.name, template or GENERAL)
    if template is None:
        summary = replace(summary, warnings=(*summary.warnings, "template_gone"))
    return tools.store.finish_summary(meeting.id, meeting.run, summary, tried=tried)


class _PaidAnswers:
    """The meeting's `ChunkCache`: an answer is committed before the next one is asked for.

    A person who has the meeting summarised again wants other answers, so each round has its own.
    """

    def __init__(self, store: MeetingStore, meeting: Meeting) -> None:
        self._store, self._meeting = store, meeting

    def get(self, key: str) -> str | None:
        return self._store.paid_answer(self._meeting.id, self._in_round(key))

    def put(self, key: str, value: str, usage: Usage) -> None:
        self._store.save_paid_answer(self._meeting.id, self._meeting.run, self._in_round(key), value)

    def _in_round(self, key: str) -> str:
        return f"{self._meeting.summary_round}.{key}"


def _lines(transcript: Transcript) -> list[TranscriptLine]:
    def speaker(speaker_id: str | None) -> str | None:
        found = transcript.speakers.get(speaker_id) if speaker_id else None
        return (found.name or found.label) if found else None

    return [TranscriptLine(s.id, s.start, s.end, s.text, speaker(s.speaker_id)) for s in transcript.segments]


def _new_summary(draft: SummaryDraft, name: str, template: Template) -> NewSummary:
    warnings = draft.warnings if draft.method != "none" else (*draft.warnings, "no_speech")
    return NewSummary(
        method=draft.method,
        language=draft.language,
        items=[_item(line) for line in draft.items],
        template=template,
        title=draft.title,
        title_other=draft.title_other,
        name="" if draft.method == "none" else name,
        usage=None if draft.usage is None else asdict(draft.usage),
        coverage=None if draft.coverage is None else asdict(draft.coverage),
        warnings=warnings,
    )


def _item(line: SummaryLine) -> dict[str, Any]:
    return {**vars(line), "evidence": [vars(proof) for proof in line.evidence]}
