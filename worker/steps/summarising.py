"""The saved transcript into a summary."""

from __future__ import annotations

from typing import Any

from cantomeet.models import Meeting
from cantomeet.store import NewSummary, Transcript, Try
from worker.lease import Lease
from worker.providers import SummaryDraft, SummaryLine, SummaryRequest, TranscriptLine
from worker.toolbox import Toolbox


def summarise(tools: Toolbox, lease: Lease, tried: Try) -> Meeting:
    """Write the summary and complete the meeting."""
    meeting = lease.meeting
    request = SummaryRequest(
        lines=_lines(tools.store.transcript(meeting.id)),
        language=meeting.summary_language,
        meeting_date=meeting.meeting_date,
        title=meeting.title,
    )
    draft = tools.summarizer.summarize(request, lease.show)
    return tools.store.finish_summary(meeting.id, meeting.run, _new_summary(draft, tools.summarizer.name), tried=tried)


def _lines(transcript: Transcript) -> list[TranscriptLine]:
    def speaker(speaker_id: str | None) -> str | None:
        found = transcript.speakers.get(speaker_id) if speaker_id else None
        return (found.name or found.label) if found else None

    return [TranscriptLine(s.id, s.start, s.end, s.text, speaker(s.speaker_id)) for s in transcript.segments]


def _new_summary(draft: SummaryDraft, name: str) -> NewSummary:
    warnings = draft.warnings if draft.method != "none" else (*draft.warnings, "no_speech")
    return NewSummary(
        method=draft.method,
        language=draft.language,
        items=[_item(line) for line in draft.items],
        title=draft.title,
        name="" if draft.method == "none" else name,
        warnings=warnings,
    )


def _item(line: SummaryLine) -> dict[str, Any]:
    return {**vars(line), "evidence": [vars(proof) for proof in line.evidence]}
