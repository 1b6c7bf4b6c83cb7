"""Converts database rows to the schemas of `cantomeet_ui.api.schemas`. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, TypeVar, get_args

from cantomeet.actions import FoundAction
from cantomeet.errors import ErrorCode
from cantomeet.listing import ListedMeeting
from cantomeet.models import Meeting, Segment, Speaker, Summary, SummaryItem, SummaryTemplate, WrittenView
from cantomeet.queries.meetings import Lines
from cantomeet.quotes import is_proven
from cantomeet.reasons import reason_text, warning_text, written_label
from cantomeet.sections import verified_first
from cantomeet.store import LineState, SummaryWithItems, Transcript, WrittenTranscript
from cantomeet.stored_json import Proof, StoredSection, WarningDetails
from cantomeet.templates import SHIPPED, Template
from cantomeet.unclear import shown_text
from cantomeet_ui.api.schemas import (
    ActionItemOut,
    ChapterOut,
    EditedItemOut,
    EvidenceOut,
    ItemOut,
    ListedActionOut,
    ListedMeetingOut,
    MatchOut,
    MeetingHead,
    MeetingOut,
    NoteOut,
    SectionOut,
    SegmentOut,
    SpeakerOut,
    SummaryHead,
    SummaryOut,
    TemplateOut,
    WarningOut,
    WrittenHead,
    WrittenLineOut,
    WrittenOut,
)

Out = TypeVar("Out")
_AT_ONCE = 250
"""Lines that become JSON together, some 64 KiB."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KNOWN_CODES = frozenset(ErrorCode)


class ShownLine(Protocol):
    """What a response has of a segment, which needs not be all of it."""

    @property
    def id(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def speaker_id(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def unclear(self) -> bool: ...
    @property
    def edited(self) -> bool: ...
    @property
    def version(self) -> int: ...


def head_of(meeting: Meeting, language: str) -> MeetingHead:
    """A meeting without its transcript and summary. Reason and warnings are in `language`."""
    return MeetingHead(**_head(meeting, language))


def _head(meeting: Meeting, language: str) -> dict[str, Any]:
    same = ("id", "title", "description", "meeting_date", "status", "stage", "progress", "error_code", "version")
    also = ("created_at", "updated_at", "duration_seconds", "language")
    wishes = ("summary_language", "template", "name_speakers_first")
    columns = vars(meeting)
    return {
        **{name: columns[name] for name in (*same, *also, *wishes)},
        "status_reason": _reason(meeting, language),
        "transcriber": meeting.transcriber_name or None,
        "summarizer": meeting.summarizer_name or None,
        "warnings": _warnings(meeting.warnings, language, meeting.warning_details),
        "waiting_for": "names" if meeting.waits_for_names else None,
    }


def meeting_out(
    meeting: Meeting,
    language: str,
    transcript: Transcript | None,
    summary: list[SummaryWithItems | None],
    written: list[WrittenOut | None],
) -> MeetingOut:
    """The meeting with the requested parts. A `transcript` of None, or an empty list, omits the part's keys."""
    out = MeetingOut(**_head(meeting, language))
    if transcript is not None:
        out.segments = segments_of(transcript.segments, transcript.speakers, language)
        out.speakers = [speaker_out(speaker) for speaker in speakers_in_order(transcript)]
    if summary:
        out.summary = _summary_or_none(meeting, summary[0], language)
    if written:
        out.written = written[0]
    return out


def meeting_in_pieces(
    meeting: Meeting, language: str, transcript: Lines, summary: list[SummaryWithItems | None]
) -> Iterator[bytes]:
    """The JSON of `meeting_out` in chunks. Its lines are read while they are sent."""
    whole = meeting_out(meeting, language, Transcript([], dict(transcript.speakers)), summary, [])
    body = whole.model_dump(mode="json", exclude_unset=True)
    separator = b"{"
    for name, value in body.items():
        yield separator + _json(name) + b":"
        if name == "segments":
            yield from _lines_in_pieces(transcript, language)
        else:
            yield _json(value)
        separator = b","
    yield b"}"


def _lines_in_pieces(transcript: Lines, language: str) -> Iterator[bytes]:
    names = _speaker_names(transcript.speakers)
    separator, segments = b"[", iter(transcript.segments)
    while some := list(islice(segments, _AT_ONCE)):
        yield separator + _json([_line(segment, names, language) for segment in some])[1:-1]
        separator = b","
    yield b"[]" if separator == b"[" else b"]"


def _json(value: object) -> bytes:
    return _ENCODER.encode(value).encode()


def _summary_or_none(meeting: Meeting, found: SummaryWithItems | None, language: str) -> SummaryOut | None:
    if found is None:
        return None
    return summary_of(found, found.summary.version == (meeting.shown_summary or found.newest), language)


def written_head_of(view: WrittenView, language: str) -> WrittenHead:
    """The written view without its lines."""
    failed = view.state == "failed" and view.error_code in _KNOWN_CODES
    return WrittenHead(
        **{name: getattr(view, name) for name in ("state", "progress", "error_code", "usage")},
        label=written_label(view.name, language),
        reason=reason_text(str(view.error_code), view.error_params, language) if failed else None,
    )


def written_of(found: WrittenTranscript | None, transcript: Transcript, language: str) -> WrittenOut | None:
    """The written view, with a line for each segment of the transcript. None if there is no view."""
    if found is None:
        return None
    states = {segment.id: found.state_of(segment) for segment in transcript.segments}
    texts = {key: line.text for key, line in found.lines.items()}
    return WrittenOut(
        **vars(written_head_of(found.view, language)),
        lines=[WrittenLineOut(segment_id=key, state=state, text=texts.get(key)) for key, state in states.items()],
        counts={name: list(states.values()).count(name) for name in get_args(LineState)},
    )


def listed_of(listed: ListedMeeting, language: str) -> ListedMeetingOut:
    """A row of the list."""
    match = listed.match
    return ListedMeetingOut(
        **_head(listed.meeting, language),
        open_action_items=listed.open_actions,
        match=None if match is None else MatchOut(segment_id=match.segment_id, start=match.start, text=match.text),
    )


def segments_of(lines: Iterable[ShownLine], speakers: Mapping[str, Speaker], language: str) -> list[SegmentOut]:
    """The lines, each with its speaker's name, or else the label."""
    names = _speaker_names(speakers)
    return [SegmentOut.model_validate(_line(line, names, language)) for line in lines]


def segment_out(segment: Segment, speaker: Speaker | None, language: str) -> SegmentOut:
    """One line."""
    return segments_of([segment], {} if speaker is None else {speaker.id: speaker}, language)[0]


def _speaker_names(speakers: Mapping[str, Speaker]) -> dict[str | None, str]:
    return {key: speaker.name or speaker.label for key, speaker in speakers.items()}


def _line(line: ShownLine, names: Mapping[str | None, str], language: str) -> dict[str, object]:
    """The fields of `SegmentOut`, in its order. A long transcript makes no object of each line."""
    return {
        "id": line.id,
        "start": line.start,
        "end": line.end,
        "speaker": names.get(line.speaker_id),
        "text": shown_text(line, language),
        "unclear": line.unclear,
        "speaker_id": line.speaker_id,
        "edited": line.edited,
        "version": line.version,
    }


def speaker_out(speaker: Speaker) -> SpeakerOut:
    return SpeakerOut(id=speaker.id, label=speaker.label, name=speaker.name, version=speaker.version)


def speakers_in_order(transcript: Transcript) -> list[Speaker]:
    """The speakers in the order in which they first speak. Those without a line come last."""
    first = dict.fromkeys(s.speaker_id for s in transcript.segments if s.speaker_id in transcript.speakers)
    silent = [key for key in transcript.speakers if key not in first]
    return [transcript.speakers[key] for key in [*first, *silent] if key]


def summary_head_of(summary: Summary, shown: bool, language: str) -> SummaryHead:
    """A version of the summary without its items. `shown`: it is the one that pages show."""
    same = ("version", "method", "language", "template", "title", "title_other", "usage", "coverage", "created_at")
    known = SHIPPED.get(summary.template)
    return SummaryHead(
        **{name: getattr(summary, name) for name in same},
        shown=shown,
        template_name=known.name_in(language) if known else summary.template_name,
        sections=[_section(section, summary.language) for section in summary.sections],
        summarizer=summary.name or None,
        warnings=_warnings(summary.warnings, language),
    )


def _section(section: StoredSection, language: str) -> SectionOut:
    title = section.get("title_en") if language == "en" else section["title"]
    return SectionOut(kind=section["kind"], title=title or section["title"])


def template_of(template: Template | SummaryTemplate, language: str) -> TemplateOut:
    """A built-in template, or one that a person wrote."""
    if isinstance(template, SummaryTemplate):
        sections = [SectionOut(kind=section["kind"], title=section["title"]) for section in template.sections]
        same = {name: getattr(template, name) for name in ("id", "name", "instructions", "version")}
        return TemplateOut(**same, sections=sections, ships=False)
    return TemplateOut(
        id=template.id,
        name=template.name_in(language),
        instructions=template.instructions,
        sections=[SectionOut(kind=s.kind, title=s.title_in(language)) for s in template.sections],
        ships=True,
        version=None,
    )


def summary_of(found: SummaryWithItems, shown: bool, language: str) -> SummaryOut:
    """The summary with its items by kind. Within a kind, unverified items come last."""

    def items(kind: str, shape: Callable[[SummaryItem], Out]) -> list[Out]:
        return [shape(item) for item in verified_first(found.items) if item.kind == kind]

    return SummaryOut(
        **vars(summary_head_of(found.summary, shown, language)),
        overview=items("overview", _item_out),
        chapters=items("chapter", _chapter),
        decisions=items("decision", _item_out),
        action_items=items("action_item", _action_item),
        questions=items("question", _item_out),
        risks=items("risk", _item_out),
        quotes=items("quote", _item_out),
        notes=items("note", _note),
    )


def _warnings(
    codes: Sequence[str], language: str, details: Mapping[str, WarningDetails] | None = None
) -> list[WarningOut]:
    known = {code: (details or {}).get(code, {}) for code in codes}
    return [
        WarningOut(code=code, text=warning_text(code, language, known[code]), details={**known[code]}) for code in codes
    ]


def _reason(meeting: Meeting, language: str) -> str | None:
    if meeting.error_code in _KNOWN_CODES:
        return reason_text(meeting.error_code, meeting.error_params, language, audio_removed=meeting.audio_removed)
    # A newer version of this program wrote an unknown code: use the text that it stored.
    return meeting.status_reason


def item_out(item: SummaryItem) -> EditedItemOut:
    """One item of any kind."""
    return EditedItemOut(
        **vars(_action_item(item)), kind=item.kind, section=item.section, start=item.start, end=item.end
    )


def listed_action(found: FoundAction) -> ListedActionOut:
    """An action item with its meeting."""
    return ListedActionOut(
        **vars(item_out(found.item)),
        meeting_id=found.meeting_id,
        meeting_title=found.meeting_title,
        meeting_date=found.meeting_date,
    )


def _item_out(item: SummaryItem) -> ItemOut:
    same = ("id", "text", "text_other", "edited", "original_text", "stale", "version")
    return ItemOut(
        **{name: getattr(item, name) for name in same},
        evidence=_evidence(item.evidence),
        verified=is_proven(item.evidence),
    )


def _chapter(item: SummaryItem) -> ChapterOut:
    return ChapterOut(**vars(_item_out(item)), start=item.start, end=item.end)


def _note(item: SummaryItem) -> NoteOut:
    return NoteOut(**vars(_item_out(item)), section=item.section)


def _action_item(item: SummaryItem) -> ActionItemOut:
    return ActionItemOut(
        **vars(_item_out(item)), owner=item.owner, due_text=item.due_text, due_date=item.due_date, done=item.done
    )


def _evidence(proofs: Sequence[Proof]) -> list[EvidenceOut]:
    return [EvidenceOut.model_validate({"was": None, **proof}) for proof in proofs]
