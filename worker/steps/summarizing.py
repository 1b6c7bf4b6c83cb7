"""Summarizes the saved transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cantomeet.models import Meeting, Segment
from cantomeet.store import NewAttempt, NewItem, NewSummary, Transcript
from cantomeet.stored_json import Proof, StoredCoverage
from cantomeet.templates import GENERAL, SHIPPED, Template
from worker.lease import MeetingLease
from worker.providers import (
    Coverage,
    Evidence,
    SummaryDraft,
    SummaryLine,
    SummaryRequest,
    TranscriptLine,
    Unfinished,
)
from worker.providers.nonsense import loops_in, units
from worker.steps.paid_answers import PaidAnswers, stored_usage
from worker.toolbox import Toolbox

_HAN = re.compile(r"[\u3400-\u9fff]")


def summarize(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting:
    """Write the summary and complete the meeting. A long summary takes several steps."""
    meeting = lease.meeting
    template = tools.store.templates.find(meeting.template)
    paid = PaidAnswers(tools.store, lease, str(meeting.summary_round))
    transcript = tools.store.transcripts.shown(meeting.id)
    request = SummaryRequest(
        lines=_lines(transcript),
        language=meeting.summary_language,
        meeting_date=meeting.meeting_date,
        title=meeting.title,
        template=template or GENERAL,
        cache=paid,
        may_ask=paid.may_ask,
    )
    try:
        draft = tools.summarizer.summarize(request, lease.show)
    except Unfinished as so_far:
        return _continue_later(tools, paid, so_far, meeting, tried)
    if draft.usage is not None:
        draft = replace(draft, usage=paid.settled(draft.usage))
    draft = replace(draft, warnings=(*draft.warnings, *_shortfalls(draft, template, meeting.summary_language)))
    summary = replace(
        _new_summary(draft, tools.summarizer.name, template or GENERAL),
        read=transcript,
        meeting_date=meeting.meeting_date,
    )
    return tools.store.pipeline.finish_summary(meeting.id, meeting.job.run, summary, tried=tried)


def _shortfalls(draft: SummaryDraft, template: Template | None, language: str) -> Iterator[str]:
    """Warnings about requests that the summary could not meet."""
    if template is None:
        yield "template_gone"
    elif draft.method == "extractive" and template.id not in SHIPPED and (template.instructions or template.notes):
        yield "template_needs_llm"
    if draft.method == "extractive" and _differs_from_language(draft.items, language):
        yield "not_translated"


def _differs_from_language(extracts: Sequence[SummaryLine], language: str) -> bool:
    """Whether extracts, which quote the transcript, are in another language than `language`.

    Cantonese often contains English words, so only a majority of extracts without any Chinese counts.
    """
    in_chinese = [bool(_HAN.search(extract.text)) for extract in extracts]
    if "+" in language:
        return bool(extracts)
    return any(in_chinese) if language == "en" else 2 * sum(in_chinese) < len(in_chinese)


def _continue_later(
    tools: Toolbox, paid: PaidAnswers, so_far: Unfinished, meeting: Meeting, tried: NewAttempt
) -> Meeting:
    """Save the answers so far. The next step is due now."""
    paid.pause(so_far.usage)
    tried = NewAttempt(
        tried.step, tried.started_at, f"{paid.answered} answers, {so_far.usage.requests} requests so far"
    )
    return tools.store.pipeline.commit_step(meeting.id, meeting.job.run, tried=tried)


def _lines(transcript: Transcript) -> list[TranscriptLine]:
    def speaker(speaker_id: str | None) -> str | None:
        found = transcript.speakers.get(speaker_id) if speaker_id else None
        return (found.name or found.label) if found else None

    understood = [segment for segment in transcript.segments if _is_understood(segment)]
    return [TranscriptLine(s.id, s.start, s.end, s.text, speaker(s.speaker_id)) for s in understood]


def _is_understood(segment: Segment) -> bool:
    """Whether a segment is worth summarizing: not unclear, and no repetition loop unless a person edited it.

    Providers and earlier releases do not mark loops as unclear.
    """
    return not segment.unclear and (segment.edited or not loops_in(units(segment.text)))


def _new_summary(draft: SummaryDraft, name: str, template: Template) -> NewSummary:
    warnings = draft.warnings if draft.method != "none" else (*draft.warnings, "no_speech")
    return NewSummary(
        method=draft.method,
        language=draft.language,
        items=[_new_item(line) for line in draft.items],
        template=template,
        title=draft.title,
        title_other=draft.title_other,
        name="" if draft.method == "none" else name,
        usage=None if draft.usage is None else stored_usage(draft.usage),
        coverage=None if draft.coverage is None else _coverage(draft.coverage),
        warnings=warnings,
    )


def _coverage(coverage: Coverage) -> StoredCoverage:
    return StoredCoverage(covered=coverage.covered, total=coverage.total)


def _new_item(line: SummaryLine) -> NewItem:
    return {
        "kind": line.kind,
        "text": line.text,
        "text_other": line.text_other,
        "section": line.section,
        "evidence": [*map(_proof, line.evidence), *_proposed_evidence(line)],
        "owner": line.owner,
        "due_text": line.due_text,
        "due_date": line.due_date,
        "start": line.start,
        "end": line.end,
    }


def _proposed_evidence(line: SummaryLine) -> list[Proof]:
    """The evidence that the model proposed for an unverified line, marked as unverified."""
    if line.proposed is None or line.verified:
        return []
    return [{**_proof(line.proposed), "check": "unverified", "proposed": True}]


def _proof(found: Evidence) -> Proof:
    return Proof(segment_id=found.segment_id, quote=found.quote, start=found.start, end=found.end, check=found.check)
